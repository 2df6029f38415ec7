import EventLog
import Portraits
import Rules
import RulesFile
import Simulation
import TestSupport
import UsageModel
import WireFormat

/// What parts of the hot path cost, as tables in Markdown. Everything is made up, and the same every time.
enum Benchmarks {
    private static let noon = Timestamp(rfc3339: "2026-03-02T12:00:00Z")!
    /// As many as a block may hold.
    private static let eventCount = 65_536

    static func run() async throws {
        print("Parts, one thread:\n\n\(Measurement.tableHead)")
        for form in BenchForm.allCases { try decode(form) }
        try applyAndLook()
        let blockByteCount = try blocks()
        print("\nA block of \(eventCount) events with UUIDs has \(blockByteCount) bytes.")
        print("\nThe whole way, fsync included, without sockets:\n\n\(Measurement.tableHead)")
        for form in BenchForm.allCases { try await wholeWay(form) }
    }

    private static func load(
        _ form: BenchForm = .line, events: Int = eventCount, idSeed: UInt64? = nil, end: Timestamp = noon
    ) -> BenchLoad {
        var shape = BenchLoad.Shape()
        shape.form = form
        shape.events = events
        shape.lateShare = 0
        shape.idSeed = idSeed
        return BenchLoad(shape, end: end)
    }

    private static func measure(
        _ name: String, operations: Int, prepare: () throws -> Void = {}, _ round: () throws -> Void
    ) throws {
        print(try Measurement(name, operations: operations, prepare: prepare, round).tableRow)
    }

    private static func decode(_ form: BenchForm) throws {
        let load = load(form)
        // What a listener reads at once.
        let pieces = load.pieces(ofAtMost: 256 << 10)
        var decoder = LineDecoder()
        var batch = LineBatch()
        try measure("decode \(form.words)", operations: eventCount) {
            load.bytes.withUnsafeBytes { bytes in
                for piece in pieces {
                    batch.removeAll()
                    _ = decoder.decode(bytes.slice(piece), into: &batch, atEnd: true, maximumLines: eventCount)
                }
            }
        }
    }

    private static func applyAndLook() throws {
        let names = NameTable()
        let town = try Town(names: names, events: load().records(names: names), at: noon)
        let events = town.events.records
        let companies = Set(events.map(\.company)).sorted { $0.number < $1.number }
        try measure("apply an event of a known user", operations: eventCount) { town.apply(events) }
        try measure("look at a company after events, default rules", operations: companies.count) {
            town.apply(events)
        } _: {
            try town.look(at: companies)
        }
        var newUsers = 0
        var firstEvents = events
        try measure("apply the first event of a user", operations: eventCount) {
            for index in firstEvents.indices {
                newUsers += 1
                let user = names.intern("new\(newUsers)", as: UserID.self)
                firstEvents[index].user = user
                firstEvents[index].sentUser = user
            }
        } _: {
            town.apply(firstEvents)
        }
    }

    /// Returns the size of a block.
    private static func blocks() throws -> Int {
        let directory = TemporaryDirectory()
        let names = NameTable()
        let log = try EventLog.open(directory: directory.path, names: names)
        defer { log.close() }
        let events = load().records(names: names)
        let encoder = BlockEncoder()
        let body = ByteBuffer()
        try measure("encode an event into a block", operations: eventCount) {
            body.removeAll()
            encoder.encode(events, into: body)
        }
        let blockCount = 4
        for _ in 0..<blockCount {
            _ = try log.append(events, context: BlockContext(logTime: noon, evaluatedThrough: 0, evaluatedNow: noon))
        }
        let reader = log.reader()
        try measure("decode an event of a block, as a replay reads it", operations: eventCount * blockCount) {
            try reader.scan(from: 1) { _ in true }
        }
        return body.count
    }

    private static func wholeWay(_ form: BenchForm) async throws {
        let path = try IngestPath(at: noon)
        path.ingest(load(events: 300_000), eventsPerBlock: eventCount)
        var next = load(form)
        var idSeed: UInt64 = 1
        try measure("\(form.words), from bytes to ack", operations: eventCount) {
            idSeed += 1
            path.pass(BenchLoad.spanMilliseconds)
            next = load(form, idSeed: idSeed, end: path.now)
        } _: {
            // As many as wait, under load, when a commit ends.
            path.ingest(next, eventsPerBlock: 8_192)
        }
        await path.stop()
    }
}

extension BenchForm {
    fileprivate var words: String {
        switch self {
        case .json: "a track call of Segment's"
        case .line: "a point of line protocol"
        }
    }
}

extension BenchLoad {
    /// Ranges of bytes that end with a line.
    fileprivate func pieces(ofAtMost byteCount: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = 0
        var end = 0
        for lineEnd in ends {
            if lineEnd - start > byteCount {
                pieces.append(start..<end)
                start = end
            }
            end = lineEnd
        }
        pieces.append(start..<end)
        return pieces
    }
}
