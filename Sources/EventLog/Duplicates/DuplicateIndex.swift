public import UsageModel

/// Which seq logged the event with a fingerprint: one table per UTC date of the events' time.
///
/// Recent dates lie in memory, 17 to 26 bytes an entry; older ones, as far as a
/// checkpoint has them, in its files. A hit is a candidate, to be confirmed against
/// the logged event: 48 of the fingerprint's 64 bits are kept. Deterministic: no seed, no dependence on
/// the order of dates. For one thread, and not copyable, since passing it on would count references to all that it holds.
public struct DuplicateIndex: ~Copyable, Sendable {
    /// In no order that matters: a sender may spread its events over every date since the year 1, and
    /// a new date must not move the others.
    private var tables: [DayTable] = []
    /// Where each date's table is. For looking up alone: its order is never seen.
    private var places: [Day: Int] = [:]
    /// The table used last: events come in order of time, more or less.
    private var recent = 0
    /// What the checkpoint holds.
    private var runs: DuplicateRuns
    /// What no checkpoint holds; nil as long as none holds anything: then it is all of `tables`.
    private var unsaved: UnsavedDuplicates?
    /// Tables that leave memory with the checkpoint under way.
    private var leaving: [DayTable] = []

    /// - Parameter runs: what a checkpoint holds.
    public init(runs: DuplicateRuns = .none) {
        self.runs = runs
        unsaved = runs.isEmpty ? nil : UnsavedDuplicates()
    }

    /// Enters an event. `seq` must lie in 1 ..< 2^48, far beyond what a machine can log. Entering the same
    /// twice makes two candidates. Amortised O(1).
    public mutating func insert(fingerprint: UInt64, day: Day, seq: UInt64) {
        precondition(seq > 0 && seq <= FingerprintTable.greatestSeq, "impossible seq")
        let index = position(of: day) ?? add(day)
        recent = index
        tables[index].table.insert(fingerprint, seq)
        unsaved?.append(.init(fingerprint: fingerprint, seq: seq, day: day.number))
    }

    /// Seqs that may carry `fingerprint` on `day`, ascending if they were entered so; as a rule none, and nothing is
    /// allocated then.
    ///
    /// Throws when the checkpoint's files turn out to be damaged there.
    @inline(__always)
    public func candidates(fingerprint: UInt64, day: Day) throws(EventLogError) -> [UInt64] {
        let position = position(of: day)
        if let position, tables[position].isWhole {
            var isThere = false
            tables[position].table.forEachCandidate(fingerprint) { _ in
                isThere = true
                return false
            }
            if !isThere { return [] }
        }
        return try allCandidates(fingerprint: fingerprint, day: day, at: position)
    }

    @inline(never)
    private func allCandidates(fingerprint: UInt64, day: Day, at position: Int?) throws(EventLogError) -> [UInt64] {
        var found: [UInt64] = []
        func add(_ table: DayTable) {
            table.table.forEachCandidate(fingerprint) { seq in
                found.append(seq)
                return true
            }
        }
        if let position {
            add(tables[position])
            if tables[position].isWhole { return found }
        }
        for table in leaving where table.day == day { add(table) }
        try runs.findCandidates(fingerprint: fingerprint, day: day, into: &found)
        // What came since a restart is in memory and, once saved, in the files.
        return found.count > 1 ? Array(Set(found)).sorted() : found
    }

    /// The line of memory that `candidates` and `insert` will touch first, and as a rule alone, to be asked for ahead; nil
    /// when nothing is known of `day`. Not to be read.
    @inline(__always)
    public func place(of fingerprint: UInt64, day: Day) -> UnsafeRawPointer? {
        position(of: day).map { tables[$0].table.place(of: fingerprint) }
    }

    /// Entries in memory.
    public var count: Int { tables.reduce(0) { $0 + $1.table.count } }

    /// Memory of the tables.
    public var byteCount: Int { tables.reduce(0) { $0 + $1.table.byteCount } }

    // MARK: Checkpoints

    /// Hands out what the checkpoint that begins must hold, and chooses which dates leave memory with it: the oldest, until
    /// the others fit into `budgetBytes`. O(dates).
    public mutating func beginSaving(budgetBytes: Int) -> UnsavedDuplicates {
        var taken = unsaved ?? UnsavedDuplicates()
        if unsaved == nil {
            for index in tables.indices { taken.wholeTables[tables[index].day.number] = tables[index].table.shared() }
        }
        unsaved = UnsavedDuplicates()
        var total = byteCount
        for day in tables.map(\.day).sorted() where total > budgetBytes {
            guard let index = position(of: day) else { continue }
            total -= tables[index].table.byteCount
            leaving.append(tables[index])
            remove(at: index)
        }
        return taken
    }

    /// The checkpoint is durable and `runs` are all that it holds. Returns what that makes superfluous.
    public mutating func endSaving(_ runs: DuplicateRuns) -> SupersededDuplicates {
        let superseded = SupersededDuplicates(runs: self.runs, tables: leaving.map(\.table))
        self.runs = runs
        leaving = []
        return superseded
    }

    /// Files were merged: `runs` hold what the ones before held.
    public mutating func useMerged(_ runs: DuplicateRuns) -> SupersededDuplicates {
        let superseded = SupersededDuplicates(runs: self.runs, tables: [])
        self.runs = runs
        return superseded
    }

    /// The checkpoint was given up; what it was to hold is for the next.
    public mutating func abandonSaving(_ taken: UnsavedDuplicates) {
        var all = taken
        if let unsaved { all.append(contentsOf: unsaved) }
        unsaved = all
    }

    // MARK: Tables

    private struct DayTable: Sendable {
        var day: Day
        var table = DayFingerprints()
        /// The checkpoint holds nothing of the date that is not in here.
        var isWhole: Bool
    }

    @inline(__always)
    private func position(of day: Day) -> Int? {
        if recent < tables.count, tables[recent].day == day { return recent }
        return places[day]
    }

    private mutating func add(_ day: Day) -> Int {
        let index = tables.count
        let isWhole = !runs.holds(day) && !leaving.contains { $0.day == day }
        tables.append(DayTable(day: day, isWhole: isWhole))
        places[day] = index
        return index
    }

    private mutating func remove(at index: Int) {
        places[tables[index].day] = nil
        let last = tables.removeLast()
        if index < tables.count {
            tables[index] = last
            places[last.day] = index
        }
        recent = 0
    }
}

/// What a durable checkpoint has taken over. Giving its memory back takes tens of milliseconds, so that is nothing for
/// the writer's thread.
public struct SupersededDuplicates: Sendable {
    private let runs: DuplicateRuns
    private let tables: [DayFingerprints]

    init(runs: DuplicateRuns, tables: [DayFingerprints]) {
        self.runs = runs
        self.tables = tables
    }
}
