import Foundation
import Portraits
import Rules
import Synchronization
import TestSupport
import Testing
import UsageModel
import WireFormat

@testable import Engine
@testable import EventLog

/// A writer on a directory of its own, driven turn by turn under a clock that the test sets.
final class WriterScene {
    /// 2026-03-01T00:00:00Z.
    static let start = Timestamp(milliseconds: 1_772_323_200_000)
    static let hour: Int64 = 3_600_000

    final class Clock: @unchecked Sendable {
        /// Read by the writer on the test's own thread.
        var now = WriterScene.start
    }

    private struct Sink: SessionSink {
        let acked: Acked

        func deliver(_ replies: SessionReplies) { acked.lines.store(replies.acked, ordering: .sequentiallyConsistent) }
        func batchAvailable() {}
    }

    private final class Acked: Sendable {
        let lines = Atomic<UInt64>(0)
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
    private let mailbox = MailboxHolder()
    private let acked = Acked()
    /// Lines of this session that the sender was told of.
    var ackedLines: UInt64 { acked.lines.load(ordering: .sequentiallyConsistent) }
    /// What the writer has told operators.
    var reports: [String] { said.lines }
    private let said = Said()
    private let savedLog = TemporaryDirectory()

    /// Jobs that other threads post wait here for `runJobs`.
    private final class MailboxHolder { var mailbox = Mailbox() }

    private final class Said: @unchecked Sendable {
        /// Written by the writer on the test's own thread.
        var lines: [String] = []
    }

    init(rules: String, heartbeats: [String: Int64], clock mode: ClockMode = .wall) throws {
        var settings = Settings()
        settings.clock = mode
        settings.heartbeats = heartbeats
        let clock = clock
        configuration = EngineConfiguration(
            stateDirectory: directory.path, settings: settings,
            loadRules: { RulesSource(fileName: "scene.yaml", text: rules) }, zoneData: { _ in nil },
            wallClock: { clock.now }, bootClock: { clock.now.milliseconds }, report: { [said] in said.lines.append($1) }
        )
        configuration.checkpoints.records = .max / 2
        (writer, session) = try Self.open(configuration, mailbox, acked)
    }

    private static func open(
        _ configuration: EngineConfiguration, _ holder: MailboxHolder, _ acked: Acked
    ) throws -> (Writer, Session) {
        let mailbox = Mailbox()
        holder.mailbox = mailbox
        let pool = BatchPool(count: 4, lineLimit: 1_000)
        let writer = try Writer.recover(configuration, mailbox: mailbox, pool: pool, publication: Publication())
        let session = Session(peer: Peer(name: "test"), sink: Sink(acked: acked), pool: pool, mailbox: mailbox)
        return (writer, session)
    }

    /// As after SIGTERM and a start, with other heartbeats where the test wants them.
    func restart(heartbeats: [String: Int64]? = nil) throws {
        writer.checkpointer?.thread.stop()
        writer.close()
        if let heartbeats { configuration.settings.heartbeats = heartbeats }
        (writer, session) = try Self.open(configuration, mailbox, acked)
    }

    var limits: EngineLimits { configuration.limits }

    // MARK: Checkpoints

    var checkpoints: CheckpointOptions {
        get { configuration.checkpoints }
        set { configuration.checkpoints = newValue }
    }

    /// Of the checkpoint, but for duplicates; the newest first.
    var checkpointFiles: [CheckpointFile] { writer.checkpointer?.thread.store.files ?? [] }

    /// Called where the writer shows that it lives, from the next start on.
    func showLiveness(_ show: @escaping @Sendable () -> Void) {
        configuration.liveness = .init(intervalMilliseconds: 1_000, show: show)
    }

    var rules: String {
        get { "" }
        set { configuration.loadRules = { RulesSource(fileName: "scene.yaml", text: newValue) } }
    }

    /// How many records the last start took from the log.
    var replayedCount: UInt64 { writer.log.lastSeq - (writer.checkpointer?.savedSeq ?? 0) }

    /// Makes one and returns when it is durable.
    func checkpoint() async throws {
        var result: Result<UInt64, EventLogError>?
        writer.makeCheckpoint { result = $0 }
        while result == nil {
            runJobs(waitingAtMost: 10)
            try writer.tendCheckpoint()
        }
        _ = try result?.get()
    }

    /// Begins one, which goes on with the turns.
    func beginCheckpoint() throws { writer.makeCheckpoint { _ in } }

    func keepLog() throws { try Self.copy(directory.path + "/log", to: savedLog.path + "/log") }

    func putLogBack() throws {
        writer.checkpointer?.thread.stop()
        writer.close()
        try FileManager.default.removeItem(atPath: directory.path + "/log")
        try FileManager.default.removeItem(atPath: directory.path + "/tail")
        try Self.copy(savedLog.path + "/log", to: directory.path + "/log")
    }

    private static func copy(_ path: String, to target: String) throws {
        try FileManager.default.copyItem(atPath: path, toPath: target)
    }

    func flipBit(ofCheckpointAt offset: Int) throws { try flipBit { _ in offset } }

    func flipBit(ofCheckpointAt text: String) throws {
        try flipBit { try #require($0.range(of: Data(text.utf8))).lowerBound }
    }

    /// Of the oldest file.
    private func flipBit(ofCheckpointAt offset: (Data) throws -> Int) throws {
        let folder = directory.path + "/state"
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).sorted().first)
        let url = URL(fileURLWithPath: folder + "/" + name)
        var data = try Data(contentsOf: url)
        data[try offset(data)] ^= 1
        try data.write(to: url)
    }

    /// Of the header of the block that ends with `seq`, wherever the log has it.
    func flipBit(ofBlockEndingAt seq: UInt64) throws {
        let folder = directory.path + "/log"
        for segment in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let url = URL(fileURLWithPath: folder + "/" + segment + "/data.mdb")
            var data = try Data(contentsOf: url)
            var from = data.startIndex
            while let found = data.range(of: Data("TNRBLOCK".utf8), in: from..<data.endIndex) {
                let (first, count) = data[found.lowerBound...].withUnsafeBytes {
                    (
                        $0.loadUnaligned(fromByteOffset: 32, as: UInt64.self),
                        $0.loadUnaligned(fromByteOffset: 40, as: UInt32.self)
                    )
                }
                if first + UInt64(count) == seq + 1 { data[found.lowerBound + 50] ^= 1 }
                from = found.upperBound
            }
            try data.write(to: url)
        }
    }

    /// One turn of the writer: nothing but the passing of time when there are no events.
    func turn(_ events: [Event] = [], at now: Timestamp) throws {
        clock.now = now
        try send(events.map(Self.line).joined())
    }

    /// Returns when they are durable.
    ///
    /// - Parameter job: taken from the mailbox together with the lines.
    func send(_ lines: String, beside job: Mailbox.Job? = nil) throws {
        try settle(lines, beside: job)
        try writer.endBlock()
        try writer.tendCheckpoint()
    }

    /// One turn, whose block may still be made or on its way behind it.
    func settle(_ lines: String, beside job: Mailbox.Job? = nil) throws {
        var batch = try #require(session.takeBatch())
        var decoder = LineDecoder()
        var bytes = Array(lines.utf8)
        bytes.withUnsafeMutableBytes {
            _ = decoder.decode(UnsafeRawBufferPointer($0), into: &batch, atEnd: true, maximumLines: 100_000)
        }
        var work = Mailbox.Work(
            submissions: [Submission(session: session, batch: batch, last: false)], jobs: job.map { [$0] } ?? [])
        try writer.turn(&work)
        runJobs(waitingAtMost: 0)
    }

    /// As another thread would.
    func post(_ job: @escaping Mailbox.Job) { _ = mailbox.mailbox.post(job) }

    private func runJobs(waitingAtMost milliseconds: Int64) {
        var work = Mailbox.Work()
        mailbox.mailbox.take(into: &work, waitingAtMost: milliseconds)
        for job in work.jobs { job(writer) }
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
