public import UsageModel

/// Which seq logged the event with a fingerprint: one table per UTC date of the events' time.
///
/// 12 bytes an entry and at most 16 with the free slots. A hit is a candidate, to be confirmed against
/// the logged event: 48 of the fingerprint's 64 bits are kept. Deterministic: no seed, no dependence on
/// the order of dates. Each table lies in order of fingerprint, so an old date can be written out
/// as a sorted run in one pass. For one thread.
public struct DuplicateIndex: Sendable {
    /// In no order that matters: a sender may spread its events over every date since the year 1, and
    /// a new date must not move the others.
    private var tables: [DayTable] = []
    /// Where each date's table is. For looking up alone: its order is never seen.
    private var places: [Day: Int] = [:]
    /// The table used last: events come in order of time, more or less.
    private var recent = 0

    public init() {}

    /// Enters an event. `seq` must lie in 1 ..< 2^48, far beyond what a machine can log. Entering the same
    /// twice makes two candidates. Amortised O(1).
    public mutating func insert(fingerprint: UInt64, day: Day, seq: UInt64) {
        precondition(seq > 0 && seq <= FingerprintTable.greatestSeq, "impossible seq")
        let index = position(of: day) ?? add(day)
        recent = index
        tables[index].table.insert(fingerprint, seq)
    }

    /// Seqs that may carry `fingerprint` on `day`, ascending; as a rule none, and nothing is allocated then.
    public func candidates(fingerprint: UInt64, day: Day) -> [UInt64] {
        position(of: day).map { tables[$0].table.candidates(fingerprint) } ?? []
    }

    public var count: Int { tables.reduce(0) { $0 + $1.table.count } }

    /// Memory of the tables.
    public var byteCount: Int { tables.reduce(0) { $0 + $1.table.byteCount } }

    /// The dates that have entries, ascending.
    public var days: [Day] { tables.map(\.day).sorted() }

    /// Entries of one date.
    public func count(of day: Day) -> Int {
        position(of: day).map { tables[$0].table.count } ?? 0
    }

    /// Calls `body` with the entries of `day` in order of fingerprint (its upper 48 bits) and seq.
    public func forEach(of day: Day, _ body: (_ fingerprint: UInt64, _ seq: UInt64) -> Void) {
        if let index = position(of: day) { tables[index].table.forEach(body) }
    }

    /// Forgets a date.
    public mutating func remove(day: Day) {
        guard let index = position(of: day) else { return }
        places[day] = nil
        let last = tables.removeLast()
        if last.day != day {
            tables[index] = last
            places[last.day] = index
        }
        recent = 0
    }

    private struct DayTable: Sendable {
        var day: Day
        var table: FingerprintTable
    }

    private func position(of day: Day) -> Int? {
        if recent < tables.count, tables[recent].day == day { return recent }
        return places[day]
    }

    private mutating func add(_ day: Day) -> Int {
        let index = tables.count
        tables.append(DayTable(day: day, table: FingerprintTable()))
        places[day] = index
        return index
    }
}
