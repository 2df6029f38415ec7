import Dispatch
import EventLog
import Portraits
import Synchronization
import TestSupport
import Testing
import UsageModel
import WireFormat

@testable import Engine

/// The next block is made while one is on its way to the disk, and nobody is told what is not there.
@Suite("One block is made while another is committed")
struct CommitPipelineTests {
    private static let rules = "flags: [{name: busy, kind: upsell, severity: low, when: events(7d) > 2}]"

    /// Keeps the commit's thread busy behind its first block, as a slow disk does.
    private final class Gate: Sendable {
        private let isReached = DispatchSemaphore(value: 0)
        private let isOpen = DispatchSemaphore(value: 0)

        /// The answer to a question: called when its block is durable.
        func pass() {
            isReached.signal()
            isOpen.wait()
        }

        func waitUntilReached() { isReached.wait() }

        func open() { isOpen.signal() }
    }

    private final class Answers: Sendable {
        private let names = Mutex<[String]>([])

        var all: [String] { names.withLock { $0 } }

        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    private static func line(_ company: String, id: String) -> String {
        "{\"company\":\"\(company)\",\"user\":\"ada\",\"task\":\"t\",\"id\":\"\(id)\"}\n"
    }

    /// One block of company `a` is on its way and kept there, and one of `b` is being made.
    private func scene(_ gate: Gate, rules: String = rules) throws -> WriterScene {
        let scene = try WriterScene(rules: rules, heartbeats: [:])
        try scene.send(["a", "b", "c"].map { Self.line($0, id: "first") }.joined())
        try scene.settle(
            Self.line("a", id: "second"),
            beside: { writer in writer.commits.whenDurable(writer.lastSeq + 1) { gate.pass() } })
        gate.waitUntilReached()
        try scene.settle(Self.line("b", id: "second"))
        return scene
    }

    @Test("answers wait for the block that makes durable what they show, and for no other")
    func answers() throws {
        let gate = Gate()
        defer { gate.open() }
        let answers = Answers()
        let scene = try scene(gate)
        let writer = scene.writer
        for company in ["a", "b", "c"] {
            let id = try writer.company(named: company)
            writer.whenDurable(of: id) { answers.add(company) }
        }
        writer.whenDurable { answers.add("all") }
        #expect(answers.all == ["c"])
        #expect(try writer.answer(.company("c"))["seq"]?.intValue == Int(writer.commits.durableSeq))
        #expect(try writer.answer(.company("b"))["seq"]?.intValue == Int(writer.lastSeq))
        gate.open()
        try writer.endBlock()
        #expect(answers.all == ["c", "a", "b", "all"])
        #expect(try writer.log.reader().lastSeq() == writer.lastSeq)
        writer.whenDurable { answers.add("nothing new") }
        #expect(answers.all.last == "nothing new")
    }

    @Test("while a flag's move is on its way, answers about every company wait")
    func moves() throws {
        let gate = Gate()
        defer { gate.open() }
        let answers = Answers()
        let scene = try scene(gate)
        try scene.settle(Self.line("a", id: "third"))
        scene.writer.whenDurable(of: try scene.writer.company(named: "c")) { answers.add("c") }
        #expect(scene.flags.isEmpty && answers.all == ["c"])
        // What the block under way keeps from ending is looked at when a question comes.
        try scene.writer.lookAtUnlooked()
        scene.writer.whenDurable(of: try scene.writer.company(named: "c")) { answers.add("c behind the move") }
        #expect(scene.flags.count == 1 && answers.all == ["c"])
        gate.open()
        try scene.writer.endBlock()
        #expect(answers.all == ["c", "c behind the move"])
    }

    @Test("an event that comes again finds the first on its way, in the block being made, and in the log")
    func duplicates() throws {
        let gate = Gate()
        defer { gate.open() }
        let scene = try scene(gate)
        try scene.settle(["first", "second"].flatMap { id in ["a", "b"].map { Self.line($0, id: id) } }.joined())
        #expect(scene.writer.counters.lines.duplicates == 4)
        // Neither is anybody told of the ones that are known already, before they are durable.
        #expect(scene.ackedLines == 3)
        gate.open()
        try scene.writer.endBlock()
        #expect(scene.ackedLines == 9)
        #expect(scene.writer.counters.logged == 5)
    }

    @Test("behind a commit that fails nobody is told anything, and nothing more is committed")
    func failure() throws {
        let gate = Gate()
        defer { gate.open() }
        let answers = Answers()
        let scene = try scene(gate)
        let writer = scene.writer
        let durable = writer.commits.durableSeq + 1
        // As for an error of the disk, the log takes nothing more: the block of `b` cannot be committed.
        writer.log.close()
        writer.whenDurable { answers.add("b") }
        gate.open()
        try writer.flush()
        writer.whenDurable { answers.add("b, handed over") }
        // Known by then, or not yet.
        try? scene.settle(Self.line("c", id: "second"), beside: { writer in writer.whenDurable { answers.add("c") } })
        for _ in 0..<2 { #expect(throws: EngineError.self) { try writer.endBlock() } }
        #expect(throws: EngineError.self) { try scene.settle(Self.line("c", id: "third")) }
        #expect(answers.all.isEmpty)
        #expect(scene.ackedLines == 3)
        #expect(writer.commits.durableSeq == durable)
    }

    @Test("a block of large payloads ends before it has as many records as it may")
    func largePayloads() throws {
        let scene = try WriterScene(rules: Self.rules, heartbeats: [:])
        let before = scene.writer.commits.handedOverCount
        let text = String(repeating: "x", count: 30_000)
        let count = Writer.greatestBlockBytes / text.utf8.count + 1
        try scene.send(
            (0...count).map {
                "{\"company\":\"a\",\"user\":\"ada\",\"task\":\"t\",\"id\":\"\($0)\",\"props\":{\"text\":\"\(text)\"}}\n"
            }.joined())
        #expect(scene.writer.commits.handedOverCount == before + 2)
    }

    @Test("lines that make no record wait for the commit under way when they are as many as a block may have")
    func replies() throws {
        let gate = Gate()
        defer { gate.open() }
        let scene = try scene(gate)
        let count = scene.limits.recordsPerBlock
        try scene.settle(String(repeating: "{\"type\":\"ping\"}\n", count: count - LineOutlooks.groupSize))
        #expect(scene.writer.commits.durableSeq < scene.writer.commits.sealedSeq)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { gate.open() }
        try scene.settle(String(repeating: "{\"type\":\"ping\"}\n", count: 2 * LineOutlooks.groupSize))
        #expect(scene.writer.commits.handedOverCount == 4)
    }

    @Test("a deadline that comes while a commit is slow is met, and no later than the block before it is durable")
    func deadline() throws {
        let gate = Gate()
        defer { gate.open() }
        let scene = try scene(gate, rules: "flags: [{name: quiet, kind: churn, severity: low, when: idle_days > 1h}]")
        scene.clock.now = WriterScene.at(1) + 1
        scene.writer.readClock()
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { gate.open() }
        try scene.settle(Self.line("c", id: "second"))
        #expect(scene.flags.map(scene.name) == ["a", "b", "c"])
    }

    @Test("a digest is that of a state that ends with a block")
    func digest() throws {
        let gate = Gate()
        defer { gate.open() }
        let scene = try scene(gate)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { gate.open() }
        let live = try scene.writer.digestOfBlocks()
        try scene.send(Self.line("b", id: "third"))
        #expect(try Replay.run(scene.writer.log.reader(), through: live.seq).digest == live.digest.value)
    }

    @Test("a writer whose commit hangs does not show that it lives, and does again when it is done")
    func liveness() async throws {
        let gate = Gate()
        defer { gate.open() }
        let directory = TemporaryDirectory()
        var configuration = EngineConfiguration(
            stateDirectory: directory.path, settings: Settings(),
            loadRules: { RulesSource(fileName: "pipeline.yaml", text: Self.rules) }, zoneData: { _ in nil },
            wallClock: { WriterScene.start }, bootClock: { 0 }, report: { _, _ in })
        let counted = Counted()
        configuration.liveness = .init(intervalMilliseconds: 5) { counted.add() }
        let engine = try Engine.open(configuration)
        engine.start()
        let session = engine.openSession(peer: Peer(name: "test"), sink: GatedSink(gate: gate))
        var batch = try #require(session.takeBatch())
        var decoder = LineDecoder()
        var bytes = Array(Self.line("a", id: "first").utf8)
        bytes.withUnsafeMutableBytes {
            _ = decoder.decode(UnsafeRawBufferPointer($0), into: &batch, atEnd: true, maximumLines: 1)
        }
        session.submit(consume batch, last: false)
        gate.waitUntilReached()
        // Once more for the commit that is under way, and then not.
        try await Task.sleep(for: .milliseconds(100))
        let before = counted.count
        try await Task.sleep(for: .milliseconds(100))
        #expect(counted.count == before)
        gate.open()
        while counted.count < before + 3 { try await Task.sleep(for: .milliseconds(5)) }
        await engine.stop()
    }

    @Test("a record that brings weeks with it shows that the writer lives while they are judged")
    func livenessInLooks() throws {
        let scene = try WriterScene(
            rules: "flags: [{name: idle, kind: churn, severity: low, when: idle_days > 3}]", heartbeats: [:],
            clock: .event)
        let counted = Counted()
        scene.showLiveness { counted.add() }
        try scene.restart()
        let companies = (0..<900).map { WriterScene.Event(company: "c\($0)", at: WriterScene.at(0)) }
        try scene.turn(companies, at: WriterScene.at(0))
        #expect(counted.count == 0)
        let weeks = WriterScene.at(24 * 28)
        // Nobody is believed alone who is that far ahead.
        try scene.turn(["ada", "eve"].map { .init(company: "c0", user: $0, at: weeks) }, at: WriterScene.at(0))
        #expect(scene.flags(ofRule: "idle").count == 900)
        // Once in 32 looks.
        #expect(counted.count >= 900 / 32)
    }

    private final class Counted: Sendable {
        private let shown = Atomic(0)

        var count: Int { shown.load(ordering: .relaxed) }

        func add() { shown.add(1, ordering: .relaxed) }
    }

    /// Takes as long over an ack as a disk that hangs.
    private struct GatedSink: SessionSink {
        let gate: Gate

        func deliver(_ replies: SessionReplies) { gate.pass() }
        func batchAvailable() {}
    }

    @Test("a checkpoint begins behind the block that is being made")
    func checkpoint() throws {
        let gate = Gate()
        defer { gate.open() }
        let scene = try scene(gate)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { gate.open() }
        try scene.beginCheckpoint()
        #expect(scene.writer.commits.durableSeq == scene.writer.lastSeq && scene.writer.block.records.isEmpty)
        #expect(scene.writer.checkpointer?.isUnderWay == true)
    }
}
