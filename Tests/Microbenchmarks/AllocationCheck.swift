import Simulation
import UsageModel

/// That an event allocates nothing on its way from bytes to ack (decode, settle, look for duplicates, apply, look at
/// its company, encode, commit, answer), and a block only what LMDB and zstd need.
///
/// Tables, rows and buffers allocate when they grow, in ever larger steps. So companies, users, tasks and the day are
/// known from events before. Ids are new, and their tables grow one after the other, a few in some thousand events: that
/// is the one thing that is let pass.
enum AllocationCheck {
    private static let eventsBefore = 300_000
    private static let events = 10_000
    private static let eventsPerBlock = 1_000

    /// LMDB's lists of changed pages and the run of pages that a block goes to, and now and then zstd's work space for
    /// a larger plane: between two and four a block.
    private static let greatestPerBlockOfLibraries = 6
    private static let libraries = ["liblmdb", "libzstd"]

    /// Tables of duplicates hold 16,384 entries and more, and take two allocations to grow and four to be split.
    private static let greatestOfGrowth = 16
    /// `DuplicateIndex.insert`, as the program names it.
    private static let growth = "$s8EventLog14DuplicateIndexV6insert"

    /// What was found too many, in words for whoever has to mend it; empty when all is well.
    static func complaints() async throws -> [String] {
        let noon = Timestamp(rfc3339: "2026-03-02T12:00:00Z")!
        let path = try IngestPath(at: noon)
        var shape = BenchLoad.Shape()
        shape.lateShare = 0
        shape.events = eventsBefore
        path.ingest(BenchLoad(shape, end: noon), eventsPerBlock: eventsBefore)
        shape.events = events
        var complaints: [String] = []
        for form in BenchForm.allCases {
            shape.form = form
            // The first warms up what is kept from block to block.
            let counts = (0..<2).map { _ in
                // The first of the events before once more, under other ids.
                shape.idSeed = (shape.idSeed ?? shape.seed) + 1
                return count(path, BenchLoad(shape, end: noon))
            }
            complaints += self.complaints(about: counts[1], in: form)
        }
        await path.stop()
        return complaints
    }

    private static func count(_ path: IngestPath, _ load: BenchLoad) -> AllocationCount {
        let before = path.durableSeq
        let count = AllocationCount.of { path.ingest(load, eventsPerBlock: eventsPerBlock) }
        let records = path.durableSeq - before
        precondition(records == events, "\(events) events made \(records) records: choose some that raise no flag")
        return count
    }

    private static func complaints(about count: AllocationCount, in form: BenchForm) -> [String] {
        let ofLibraries = libraries.reduce(0) { $0 + count.count(from: $1) }
        let ofGrowth = count.count(beneath: growth)
        let ours = count.total - ofLibraries - min(ofGrowth, greatestOfGrowth)
        let blocks = events / eventsPerBlock
        print(
            "\(events) events as \(form.rawValue), \(blocks) blocks: \(ours) allocations, \(ofLibraries) of LMDB "
                + "and zstd, \(ofGrowth) by growing tables of duplicates")
        var complaints: [String] = []
        if ours > 0 {
            complaints.append("\(ours) allocations, where there must be none:\n\(count.stacks(notFrom: libraries))")
        }
        if ofLibraries > blocks * greatestPerBlockOfLibraries {
            complaints.append(
                "\(ofLibraries) allocations of LMDB and zstd in \(blocks) blocks, at most "
                    + "\(greatestPerBlockOfLibraries) a block are known:\n\(count.stacks())")
        }
        return complaints
    }
}
