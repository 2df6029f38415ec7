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

    /// In chunks, since an array that grows moves all that it holds, a hundred megabytes at once.
    private var chunks: [[Entry]] = []
    /// The last of them, which entries are added to.
    private var chunk: [Entry] = []
    /// Whole tables besides: after a replay of the whole log all that is in memory is unsaved, and need not be listed
    /// once more.
    var wholeTables: [Int32: DayFingerprints] = [:]

    /// Some 400 KB.
    private static let chunkCount = 16_384

    public init() {}

    @inline(__always)
    mutating func append(_ entry: Entry) {
        if chunk.count == chunk.capacity { beginChunk() }
        chunk.append(entry)
    }

    @inline(never)
    private mutating func beginChunk() {
        endChunk()
        chunk.reserveCapacity(Self.chunkCount)
    }

    private mutating func endChunk() {
        if !chunk.isEmpty { chunks.append(chunk) }
        chunk = []
    }

    /// Adds the entries that came behind these.
    mutating func append(contentsOf later: UnsavedDuplicates) {
        endChunk()
        chunks += later.chunks
        chunk = later.chunk
    }

    /// One table a date, in order of date. O(entries).
    func tables() -> [(day: Day, table: DayFingerprints)] {
        var tables = wholeTables
        var counts: [Int32: Int] = [:]
        forEachStretch { day, entries in counts[day, default: 0] += entries.count }
        // A sender may give each of its events a date of its own.
        var listed: [Int32: ListedFingerprints] = [:]
        for (day, count) in counts where tables[day] == nil {
            if count >= ListedFingerprints.leastCount {
                listed[day] = ListedFingerprints()
            } else {
                tables[day] = DayFingerprints()
            }
        }
        forEachStretch { day, entries in
            // Taken out, so that adding to one does not copy it.
            if var list = listed.removeValue(forKey: day) {
                for entry in entries { list.append(entry.fingerprint, entry.seq) }
                listed[day] = list
            } else if var table = tables.removeValue(forKey: day) {
                for entry in entries { table.insert(entry.fingerprint, entry.seq) }
                tables[day] = table
            }
        }
        for (day, list) in listed { tables[day] = DayFingerprints(list) }
        return tables.sorted { $0.key < $1.key }.map { (Day(number: $0.key), $0.value) }
    }

    /// Neighbours are nearly always of one date.
    private func forEachStretch(_ body: (Int32, ArraySlice<Entry>) -> Void) {
        for chunk in chunks + [chunk] {
            var start = 0
            while start < chunk.count {
                let day = chunk[start].day
                var end = start + 1
                while end < chunk.count, chunk[end].day == day { end += 1 }
                body(day, chunk[start..<end])
                start = end
            }
        }
    }
}
