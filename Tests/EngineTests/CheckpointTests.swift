import Glibc
import Portraits
import Rules
import TestSupport
import Testing
import UsageModel

@testable import Engine
@testable import EventLog

/// Restarts from a checkpoint against restarts from the whole log.
@Suite("Restarts from a checkpoint")
struct CheckpointTests {
    private static let rules = """
        flags:
          - {name: idle, kind: churn, severity: high, when: user_idle_days > 2, clear: user_idle_days < 1, cooldown: 12h, summary: idle}
          - {name: busy, kind: upsell, severity: low, when: events(1d) >= 6, for: 1h, due: 1d, clear: events(1d) < 2, keep: 1h, summary: "{events(1d):0}"}
          - {name: lone, kind: info, severity: low, when: users_total < 2, inhibits: [busy], summary: one}
        stages:
          - {name: young, when: known_days < 3}
          - {name: grown, when: known_days >= 3}
        """

    @Test(
        "the same flags and state as without restarts, under both clocks",
        arguments: [ClockMode.wall, .event], (1...4).map { UInt64($0) })
    func model(clock: ClockMode, seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let restarted = try WriterScene(rules: Self.rules, heartbeats: [:], clock: clock)
        let plain = try WriterScene(rules: Self.rules, heartbeats: [:], clock: clock)
        var hours = 1.0
        for step in 0..<120 {
            hours += Double(random.below(40)) / 4
            var lines = ""
            for number in 0..<random.below(9) { lines += Self.line(step, Int(number), hours, &random) }
            for scene in [restarted, plain] {
                scene.clock.now = WriterScene.at(hours)
                lines.isEmpty ? try scene.turn(at: WriterScene.at(hours)) : try scene.send(lines)
            }
            switch random.below(10) {
            case 0, 1: try await restarted.checkpoint()
            case 2: try restarted.beginCheckpoint()
            case 3: try restarted.restart()
            default: break
            }
            try #require(
                restarted.writer.digest().value == plain.writer.digest().value,
                "\(clock), seed \(seed), after step \(step)")
        }
        try await restarted.checkpoint()
        try restarted.restart()
        #expect(restarted.replayedCount == 0)
        #expect(restarted.flags == plain.flags, "\(clock), seed \(seed)")
        #expect(restarted.flags.count > 10)
        // What only a look finds is found by deadlines that were kept.
        for scene in [restarted, plain] {
            if clock == .event {
                try scene.send("{\"type\":\"clock\",\"time\":\"\(WriterScene.at(hours + 100).rfc3339)\"}\n")
            }
            try scene.turn(at: WriterScene.at(hours + 100))
        }
        #expect(restarted.flags == plain.flags, "\(clock), seed \(seed), at deadlines")
        #expect(restarted.writer.digest().value == plain.writer.digest().value)
    }

    private static func line(_ step: Int, _ number: Int, _ hours: Double, _ random: inout SeededRandom) -> String {
        let company = "c\(random.below(6))", user = "u\(random.below(5))"
        let time = WriterScene.at(max(0, hours - Double(random.below(3)) * Double(random.below(30)))).rfc3339
        switch random.below(12) {
        case 0:
            return
                "{\"type\":\"identify\",\"userId\":\"\(user)\",\"traits\":{\"email\":\"\(user)@x.org\",\"n\":\(step)},\"context\":{\"groupId\":\"\(company)\"}}\n"
        case 1:
            return
                "{\"type\":\"group\",\"userId\":\"\(user)\",\"groupId\":\"\(company)\",\"traits\":{\"seats\":\(step)}}\n"
        case 2:
            return "{\"type\":\"alias\",\"previousId\":\"u\(random.below(5))\",\"userId\":\"v\(random.below(3))\"}\n"
        case 3:
            return "{\"type\":\"outcome\",\"company\":\"\(company)\",\"outcome\":\"renewed\",\"time\":\"\(time)\"}\n"
        case 4: return "{\"type\":\"touch\",\"company\":\"\(company)\",\"by\":\"sam\",\"time\":\"\(time)\"}\n"
        default:
            return
                "{\"company\":\"\(company)\",\"user\":\"\(user)\",\"task\":\"t\(random.below(3))\",\"amount\":\(number),"
                + "\"unit\":\"USD\",\"time\":\"\(time)\",\"id\":\"\(step)-\(random.below(8))\"}\n"
        }
    }

    @Test("ids from before a checkpoint are known after it, in memory or not", arguments: [1, 1 << 20])
    func duplicates(budgetBytes: Int) async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        scene.checkpoints.duplicateBytes = budgetBytes
        try scene.restart()
        let lines = (0..<2_000).map {
            "{\"company\":\"a\",\"user\":\"u\",\"task\":\"t\",\"id\":\"\($0)\",\"time\":\"\(WriterScene.at(-Double($0)).rfc3339)\"}\n"
        }.joined()
        try scene.send(lines)
        #expect(scene.writer.checkpointer?.thread.store.writtenAtSeconds == nil)
        try await scene.checkpoint()
        let written = try #require(scene.writer.checkpointer?.thread.store.writtenAtSeconds)
        #expect(abs(Int(time(nil)) - written) < 600)
        for _ in 0..<2 {
            let before = scene.writer.log.lastSeq
            try scene.send(lines)
            #expect(scene.writer.log.lastSeq == before)
            try scene.restart()
        }
        #expect(scene.replayedCount == 0)
    }

    @Test("many files are merged beside a merge that takes long, and a stop ends both")
    func mergesBeside() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        let longName = String(repeating: "u", count: 200)
        func send(users: Range<Int>) throws {
            try scene.send(
                users.map { "{\"company\":\"c\($0 % 40)\",\"user\":\"\(longName)\($0)\",\"task\":\"t\"}\n" }.joined())
        }
        try send(users: 0..<20_000)
        try await scene.checkpoint()
        let oldest = try #require(scene.checkpointFiles.last)
        // Seven seconds for the merge of both.
        scene.checkpoints.bytesPerSecond = 1 << 20
        try scene.restart()
        try send(users: 20_000..<26_000)
        try await scene.checkpoint()
        var greatestCount = 0
        for number in 0..<40 {
            try send(users: number..<number + 1)
            try await scene.checkpoint()
            let count = scene.checkpointFiles.count
            // They are fewer, and the oldest is as old as it was.
            if count < greatestCount { break }
            greatestCount = count
        }
        #expect(greatestCount > 9 && scene.checkpointFiles.count < greatestCount)
        #expect(scene.checkpointFiles.last?.number == oldest.number)
        let digest = scene.writer.digest().value
        try scene.restart()
        #expect(scene.replayedCount == 0 && scene.reports == [])
        #expect(scene.writer.digest().value == digest)
    }

    @Test("rules that have changed meanwhile are looked at everywhere")
    func changedRules() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        try scene.send("{\"company\":\"a\",\"user\":\"u\",\"task\":\"t\"}\n")
        try await scene.checkpoint()
        scene.rules = "flags:\n  - {name: known, kind: info, severity: low, when: users_total >= 1, summary: known}"
        try scene.restart()
        #expect(scene.flags.map(\.rule) == ["known"])
    }

    @Test("the larger the state, the fewer records are left for a restart to replay")
    func interval() {
        let options = CheckpointOptions()
        #expect(options.records(beyond: 0) == 1_000_000)
        #expect(options.records(beyond: 40 << 20) > 970_000)
        #expect(options.records(beyond: 5 << 28) == 500_000)
        #expect(options.records(beyond: 6 << 30) == 83_333)
    }

    @Test("before anything has happened there is nothing to save, and nobody waits for it")
    func nothingYet() throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:], clock: .event)
        var seq: UInt64?
        scene.writer.makeCheckpoint { seq = try? $0.get() }
        #expect(seq == 0)
    }

    @Test("a damaged checkpoint is given up while another is being written, and the next start reads the log")
    func givenUp() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        for company in ["a", "b"] {
            try scene.send("{\"company\":\"\(company)\",\"user\":\"u\",\"task\":\"t\"}\n")
            if company == "a" { try await scene.checkpoint() }
        }
        let digest = scene.writer.digest().value
        try scene.beginCheckpoint()
        scene.writer.giveUpCheckpoint()
        try scene.restart()
        #expect(scene.writer.digest().value == digest)
        #expect(scene.replayedCount == scene.writer.log.lastSeq)
    }

    @Test("a state that the log was never in is not used")
    func otherPast() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        try scene.send("{\"company\":\"a\",\"user\":\"u\",\"task\":\"t\"}\n")
        try scene.keepLog()
        try scene.send("{\"company\":\"b\",\"user\":\"u\",\"task\":\"t\"}\n")
        try await scene.checkpoint()
        try scene.putLogBack()
        try scene.restart()
        #expect(scene.writer.portraits.companyCount == 1)
        #expect(scene.reports.contains { $0.contains("never in") })
    }

    @Test("a log that is damaged where the checkpoint was taken ends the start, and the checkpoint stays")
    func damagedLog() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        // The second block adds no names, so nothing reads its header before the checkpoint asks for it.
        for _ in 0..<2 { try scene.send("{\"company\":\"a\",\"user\":\"u\",\"task\":\"t\"}\n") }
        try await scene.checkpoint()
        let saved = scene.writer.log.lastSeq
        try scene.send("{\"company\":\"b\",\"user\":\"u\",\"task\":\"t\"}\n")
        scene.writer.close()
        try scene.flipBit(ofBlockEndingAt: saved)
        #expect(throws: EngineError.self) { try scene.restart() }
        try scene.flipBit(ofBlockEndingAt: saved)
        try scene.restart()
        #expect(scene.replayedCount == scene.writer.log.lastSeq - saved)
    }

    @Test("names that came with refused lines and are not in the log cost no checkpoint")
    func namesAhead() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        try scene.send("{\"company\":\"a\",\"user\":\"u\",\"task\":\"t\"}\n")
        let refused: CompanyID = scene.writer.names.intern("refused.example")
        #expect(!refused.isNone)
        try await scene.checkpoint()
        try scene.restart()
        #expect(scene.replayedCount == 0 && scene.reports.isEmpty)
    }

    @Test("names of a checkpoint and of the blocks behind it are found by those who come next")
    func namesBehind() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        for company in ["a", "b", "c", "d"] {
            try scene.send("{\"company\":\"\(company)\",\"user\":\"\(company)-1\",\"task\":\"t\"}\n")
            // The second has nothing new to save but what came since the first, the fourth is not saved.
            if company != "d" { try await scene.checkpoint() }
            if company == "b" { try scene.restart() }
        }
        try scene.restart()
        #expect(scene.reports.isEmpty)
        for company in ["a", "b", "c", "d"] {
            try scene.send("{\"company\":\"\(company)\",\"user\":\"\(company)-1\",\"task\":\"t\"}\n")
        }
        #expect(scene.writer.names.count(.company) == 4 && scene.writer.names.count(.user) == 4)
        let digest = scene.writer.digest().value
        scene.writer.giveUpCheckpoint()
        try scene.restart()
        #expect(scene.writer.digest().value == digest)
    }

    @Test("names that are damaged in the checkpoint are read from the log")
    func damagedNames() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        try scene.send("{\"company\":\"a\",\"user\":\"somebody.with.a.name\",\"task\":\"t\"}\n")
        try await scene.checkpoint()
        let digest = scene.writer.digest().value
        try scene.flipBit(ofCheckpointAt: "somebody.with.a.name")
        try scene.restart()
        #expect(scene.writer.digest().value == digest)
        #expect(scene.writer.names.find("somebody.with.a.name", as: UserID.self) != nil)
        #expect(scene.reports.contains { $0.contains("state/") })
        try await scene.checkpoint()
        try scene.restart()
        #expect(scene.replayedCount == 0)
    }

    @Test("a damaged part, however deep, has the log replayed")
    func damagedPart() async throws {
        let scene = try WriterScene(rules: "flags: []", heartbeats: [:])
        try scene.send("{\"company\":\"a\",\"user\":\"u\",\"task\":\"t\"}\n")
        try await scene.checkpoint()
        let digest = scene.writer.digest().value
        try scene.flipBit(ofCheckpointAt: 300)
        try scene.restart()
        #expect(scene.writer.digest().value == digest)
        #expect(scene.reports.contains { $0.contains("state/") })
        try await scene.checkpoint()
        try scene.restart()
        #expect(scene.replayedCount == 0)
    }
}
