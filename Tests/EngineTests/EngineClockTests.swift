import Portraits
import Synchronization
import TestSupport
import Testing
import UsageModel
import WireFormat

@testable import Engine

/// The engine under clocks that lie.
@Suite("The engine and wrong clocks")
struct EngineClockTests {
    /// Ends `settled` when the session's last batch is durable.
    private final class Sink: SessionSink {
        let settled: AsyncStream<Never>
        private let continuation: AsyncStream<Never>.Continuation

        init() { (settled, continuation) = AsyncStream.makeStream() }

        func deliver(_ replies: SessionReplies) { if replies.finished { continuation.finish() } }
        func batchAvailable() {}
    }

    private final class Complaints: Sendable {
        let texts = Mutex<[String]>([])
    }

    private static let operatorPeer = Peer(name: "ann")
    private static let year = 365 * millisecondsPerDay

    private func open(_ clocks: TestClocks, _ directory: TemporaryDirectory, _ complaints: Complaints) throws -> Engine
    {
        let rules = "flags:\n  - {name: idle, kind: churn, severity: high, when: user_idle_days > 7}\n"
        let engine = try Engine.open(
            EngineConfiguration(
                stateDirectory: directory.path, settings: Settings(),
                loadRules: { RulesSource(fileName: "test", text: rules) }, zoneData: { _ in nil },
                wallClock: { clocks.wall }, bootClock: { clocks.boot },
                report: { _, text in complaints.texts.withLock { $0.append(text) } }))
        engine.start()
        return engine
    }

    /// Sends lines and waits until they are settled: an answer sees every event that was acknowledged before it.
    private func send(_ text: String, to engine: Engine) async throws {
        let sink = Sink()
        let session = engine.openSession(peer: Self.operatorPeer, sink: sink)
        var batch = try #require(session.takeBatch())
        var decoder = LineDecoder()
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { _ = decoder.decode($0, into: &batch, atEnd: true, maximumLines: 100) }
        session.submit(batch, last: true)
        for await _ in sink.settled {}
    }

    private func openFlags(_ engine: Engine) async throws -> Int? {
        try await engine.answer(.status(digest: false))["flags_open"]?.intValue
    }

    @Test("a leap of ten years idles out no company, is reported, and counts once the operator accepts it")
    func leap() async throws {
        let directory = TemporaryDirectory()
        let clocks = TestClocks("2026-03-01T00:00:00Z")
        let complaints = Complaints()
        let engine = try open(clocks, directory, complaints)
        try await send("work,company=acme user=\"ann\"\nwork,company=bolt user=\"bob\"\n", to: engine)
        clocks.step(10 * Self.year)
        try await send("work,company=acme user=\"ann\"\n", to: engine)
        #expect(try await openFlags(engine) == 0)
        let complaint = try await engine.answer(.status(digest: false))["clock_complaint"]?.stringValue
        #expect(complaint?.contains("tenure clock accept") == true)
        #expect(complaints.texts.withLock { $0.count { $0.contains("leapt") } } == 1)
        _ = try await engine.act(.acceptClock, by: Self.operatorPeer)
        #expect(try await engine.answer(.status(digest: false))["clock_complaint"]?.isNull == true)
        #expect(try await openFlags(engine) == 2)
        await #expect(throws: QuestionError.refused("the clock is not held; there is nothing to accept")) {
            try await engine.act(.acceptClock, by: Self.operatorPeer)
        }
        await engine.stop()
    }

    @Test("log time stands while the clock is set back, and a restart does not move it back either")
    func setBack() async throws {
        let directory = TemporaryDirectory()
        let clocks = TestClocks("2026-03-01T12:00:00Z")
        var engine = try open(clocks, directory, Complaints())
        try await send("work,company=acme user=\"ann\"\n", to: engine)
        clocks.step(-millisecondsPerHour)
        clocks.pass(60_000)
        try await send("work,company=acme user=\"ann\"\n", to: engine)
        await engine.stop()
        engine = try open(clocks, directory, Complaints())
        try await send("work,company=acme user=\"ann\"\n", to: engine)
        let times = try await engine.records(from: 1, limit: 100).records.compactMap { record in
            record["type"]?.stringValue == "track" ? record["time"]?.stringValue : nil
        }
        #expect(times == Array(repeating: "2026-03-01T12:00:00Z", count: 3))
        await engine.stop()
    }

    @Test("after a downtime of 90 days the flags come at once; after more only when the operator says so")
    func downtime() async throws {
        for (days, flags) in [(Int64(90), 1), (91, 0)] {
            let directory = TemporaryDirectory()
            let clocks = TestClocks("2026-03-01T12:00:00Z")
            var engine = try open(clocks, directory, Complaints())
            try await send("work,company=acme user=\"ann\"\n", to: engine)
            await engine.stop()
            clocks.step(days * millisecondsPerDay)
            let complaints = Complaints()
            engine = try open(clocks, directory, complaints)
            #expect(try await openFlags(engine) == flags)
            #expect(complaints.texts.withLock { $0.isEmpty } == (flags == 1))
            await engine.stop()
        }
    }
}
