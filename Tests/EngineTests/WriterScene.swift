import EventLog
import Portraits
import Rules
import TestSupport
import Testing
import UsageModel
import WireFormat

@testable import Engine

/// A writer on a directory of its own, driven turn by turn under a clock that the test sets.
final class WriterScene {
    /// 2026-03-01T00:00:00Z.
    static let start = Timestamp(milliseconds: 1_772_323_200_000)
    static let hour: Int64 = 3_600_000

    final class Clock: @unchecked Sendable {
        /// Read by the writer on the test's own thread.
        var now = WriterScene.start
    }

    private struct NoSink: SessionSink {
        func deliver(_ replies: SessionReplies) {}
        func batchAvailable() {}
    }

    struct Event {
        var company: String
        var user = "ada"
        var source: String?
        var at: Timestamp
    }

    let clock = Clock()
    private(set) var writer: Writer
    private let directory = TemporaryDirectory()
    private var configuration: EngineConfiguration
    private var session: Session

    init(rules: String, heartbeats: [String: Int64], clock mode: ClockMode = .wall) throws {
        var settings = Settings()
        settings.clock = mode
        settings.heartbeats = heartbeats
        let clock = clock
        configuration = EngineConfiguration(
            stateDirectory: directory.path, settings: settings,
            loadRules: { RulesSource(fileName: "scene.yaml", text: rules) }, zoneData: { _ in nil },
            wallClock: { clock.now }, bootClock: { clock.now.milliseconds }, report: { _, _ in })
        (writer, session) = try Self.open(configuration)
    }

    private static func open(_ configuration: EngineConfiguration) throws -> (Writer, Session) {
        let mailbox = Mailbox()
        let pool = BatchPool(count: 4)
        let writer = try Writer.recover(configuration, mailbox: mailbox, pool: pool, publication: Publication())
        let session = Session(peer: Peer(name: "test"), sink: NoSink(), pool: pool, mailbox: mailbox)
        return (writer, session)
    }

    /// As after SIGTERM and a start, with other heartbeats where the test wants them.
    func restart(heartbeats: [String: Int64]? = nil) throws {
        writer.log.close()
        if let heartbeats { configuration.settings.heartbeats = heartbeats }
        (writer, session) = try Self.open(configuration)
    }

    /// One turn of the writer: nothing but the passing of time when there are no events.
    func turn(_ events: [Event] = [], at now: Timestamp) throws {
        clock.now = now
        guard !events.isEmpty else { return try writer.turn([]) }
        try send(events.map(Self.line).joined())
    }

    func send(_ lines: String) throws {
        var batch = try #require(session.takeBatch())
        var decoder = LineDecoder()
        var bytes = Array(lines.utf8)
        bytes.withUnsafeMutableBytes {
            _ = decoder.decode(UnsafeRawBufferPointer($0), into: &batch, atEnd: true, maximumLines: 100_000)
        }
        try writer.turn([Submission(session: session, batch: batch, last: false)])
    }

    private static func line(_ event: Event) -> String {
        let source = event.source.map { ",\"source\":\"\($0)\"" } ?? ""
        return "{\"company\":\"\(event.company)\",\"user\":\"\(event.user)\",\"task\":\"t\","
            + "\"time\":\"\(event.at.rfc3339)\"\(source)}\n"
    }

    /// Every flag that was raised, in order.
    var flags: [Flag] {
        let book = writer.desk.book
        return (0..<UInt64(book.flagCount)).compactMap { book.flag(FlagID(number: $0 + 1)) }
    }

    func flags(ofRule rule: String) -> [Flag] { flags.filter { $0.rule == rule } }

    func name(_ flag: Flag) -> String { writer.names.name(flag.company) }

    /// How many companies wait for their events.
    var heldCount: Int { writer.heldCompanies.count }

    func ask(_ question: Question) throws -> JSON { try writer.answer(question) }
}

extension WriterScene {
    /// So many hours after the start.
    static func at(_ hours: Double) -> Timestamp { start + Int64(hours * Double(hour)) }
}
