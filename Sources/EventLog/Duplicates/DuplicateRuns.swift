import UsageModel

/// The duplicates that the checkpoint's files hold, newest file first.
public struct DuplicateRuns: Sendable {
    private let runs: [DuplicateRun]

    init(_ runs: [DuplicateRun]) { self.runs = runs }

    public static let none = DuplicateRuns([])

    var isEmpty: Bool { runs.isEmpty }

    func holds(_ day: Day) -> Bool { runs.contains { $0.holds(day) } }

    /// Adds the seqs that may carry `fingerprint` on `day`. O(files).
    func findCandidates(fingerprint: UInt64, day: Day, into found: inout [UInt64]) throws(EventLogError) {
        for run in runs { try run.findCandidates(fingerprint: fingerprint, day: day, into: &found) }
    }

    func checkAll() throws(EventLogError) { for run in runs { try run.checkAll() } }
}

/// Events with an id that came since the last checkpoint began, as they came.
public struct UnsavedDuplicates: Sendable {
    struct Entry: BitwiseCopyable {
        var fingerprint: UInt64
        var seq: UInt64
        var day: Int32
    }

    var entries: [Entry] = []
    /// Whole tables besides: after a replay of the whole log all that is in memory is unsaved, and need not be listed
    /// once more.
    var wholeTables: [Int32: FingerprintTable] = [:]

    public init() {}

    /// One table a date, in order of date. O(entries).
    func tables() -> [(day: Day, table: FingerprintTable)] {
        // Neighbours are nearly always of one date.
        var counts: [Int32: Int] = [:]
        forEachStretch { day, range in counts[day, default: 0] += range.count }
        var tables = wholeTables
        for (day, count) in counts where tables[day] == nil { tables[day] = FingerprintTable(capacity: count) }
        forEachStretch { day, range in
            guard var table = tables.removeValue(forKey: day) else { return }
            for index in range {
                if index + Self.entriesAhead < range.upperBound {
                    table.prefetch(entries[index + Self.entriesAhead].fingerprint)
                }
                table.insert(entries[index].fingerprint, entries[index].seq)
            }
            tables[day] = table
        }
        return tables.sorted { $0.key < $1.key }.map { (Day(number: $0.key), $0.value) }
    }

    /// Entries that come in no order are a miss of the processor's cache each, unless asked for ahead.
    private static let entriesAhead = 16

    private func forEachStretch(_ body: (Int32, Range<Int>) -> Void) {
        var start = 0
        while start < entries.count {
            let day = entries[start].day
            var end = start + 1
            while end < entries.count, entries[end].day == day { end += 1 }
            body(day, start..<end)
            start = end
        }
    }
}
