import Dispatch
import EventLog
import Synchronization
import Testing
import UsageModel

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
    private func scene(_ gate: Gate) throws -> WriterScene {
        let scene = try WriterScene(rules: Self.rules, heartbeats: [:])
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

    @Test("a checkpoint begins behind the block that is being made")
    func checkpoint() throws {
        let gate = Gate()
        let scene = try scene(gate)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { gate.open() }
        try scene.beginCheckpoint()
        #expect(scene.writer.commits.durableSeq == scene.writer.lastSeq && scene.writer.block.records.isEmpty)
        #expect(scene.writer.checkpointer?.isUnderWay == true)
    }
}
