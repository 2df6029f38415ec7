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
    /// Whole tables besides: after a replay of the whole log all that is in memory is unsaved, and need not be listed
    /// once more.
    var wholeTables: [Int32: DayFingerprints] = [:]

    /// Some 400 KB.
    private static let chunkCount = 16_384

    public init() {}

    @inline(__always)
    mutating func append(_ entry: Entry) {
        if chunks.last.map({ $0.count == Self.chunkCount }) ?? true { beginChunk() }
        chunks[chunks.count - 1].append(entry)
    }

    @inline(never)
    private mutating func beginChunk() {
        var chunk: [Entry] = []
        chunk.reserveCapacity(Self.chunkCount)
        chunks.append(chunk)
    }

    /// Adds the entries that came behind these.
    mutating func append(contentsOf later: UnsavedDuplicates) {
        for chunk in later.chunks { for entry in chunk { append(entry) } }
    }

    /// One table a date, in order of date. O(entries).
    func tables() -> [(day: Day, table: DayFingerprints)] {
        var tables = wholeTables
        var listed: [Int32: ListedFingerprints] = [:]
        for chunk in chunks {
            Self.forEachStretch(of: chunk) { day, range in
                if var table = tables.removeValue(forKey: day) {
                    for index in range { table.insert(chunk[index].fingerprint, chunk[index].seq) }
                    tables[day] = table
                } else {
                    var list = listed.removeValue(forKey: day) ?? ListedFingerprints()
                    for index in range { list.append(chunk[index].fingerprint, chunk[index].seq) }
                    listed[day] = list
                }
            }
        }
        for (day, list) in listed { tables[day] = DayFingerprints(list) }
        return tables.sorted { $0.key < $1.key }.map { (Day(number: $0.key), $0.value) }
    }

    /// Neighbours are nearly always of one date.
    private static func forEachStretch(of entries: [Entry], _ body: (Int32, Range<Int>) -> Void) {
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
