import EventLog
import Rules
import Testing
import UsageModel

@testable import Engine

/// An instant that is every company's deadline must not keep lines waiting, and no line may come before what
/// time had made true of its company.
@Suite("Deadlines of one instant, in several turns")
struct DeadlinesLeftOverTests {
    private static let rules = "flags: [{name: quiet, kind: churn, severity: low, when: user_idle_days > 10h}]"
    /// Of three turns.
    private static let companyCount = 2 * Writer.looksAtOnce + 10
    /// All fall quiet at the same millisecond.
    private static let quiet = WriterScene.at(10) + 1

    private func scene() throws -> WriterScene {
        let scene = try WriterScene(rules: Self.rules, heartbeats: [:])
        let events = (1...Self.companyCount).map { WriterScene.Event(company: "c\($0)", at: WriterScene.start) }
        try scene.turn(events, at: WriterScene.start)
        scene.writer.lookDurations = .zero ... .zero
        return scene
    }

    @Test("each turn takes some, and the flags are the same, at their instant")
    func slices() throws {
        let scene = try scene()
        var turns = 0
        repeat {
            try scene.turn(at: WriterScene.at(20) + Int64(turns))
            turns += 1
        } while scene.writer.isBehind
        #expect(turns == 3)
        #expect(scene.flags.count == Self.companyCount)
        #expect(scene.flags.allSatisfy { $0.openedAt == Self.quiet })
        #expect(
            Set(scene.flags.map(\.observed)) == [WriterScene.at(20), WriterScene.at(20) + 1, WriterScene.at(20) + 2])
    }

    @Test("a company's deadline comes before its next event, however many wait before it")
    func event() throws {
        let scene = try scene()
        let last = "c\(Self.companyCount)"
        try scene.turn([.init(company: last, at: WriterScene.at(20))], at: WriterScene.at(20))
        #expect(scene.writer.isBehind)
        let flag = try #require(scene.flags.first { scene.name($0) == last })
        #expect(flag.openedAt == Self.quiet)
        #expect(flag.state == .cleared)
        #expect(scene.flags.count == Writer.looksAtOnce + 1)
    }

    @Test("a control record, which may concern any company, waits for all")
    func controlRecord() throws {
        let scene = try scene()
        scene.clock.now = WriterScene.at(20)
        try scene.send("{\"type\":\"alias\",\"previousId\":\"ada\",\"userId\":\"eve\"}\n")
        #expect(!scene.writer.isBehind)
        #expect(scene.flags.count == Self.companyCount)
    }

    /// How many events were known behind the scene's own when each question was asked.
    private final class Seen: @unchecked Sendable {
        /// Set by the writer on the test's own thread.
        var logged: [UInt64] = []

        func note(_ writer: Writer) {
            #expect(writer.schedule.unlooked(ahead: 1) == nil)
            logged.append(writer.counters.logged - UInt64(DeadlinesLeftOverTests.companyCount))
        }
    }

    private static let lines = (1...500).map { "{\"company\":\"c\($0)\",\"user\":\"ada\",\"task\":\"t\"}\n" }.joined()

    @Test("a question overtakes the lines of a batch, behind the looks that those before it are due")
    func overtaking() throws {
        let scene = try scene()
        let seen = Seen()
        scene.post { seen.note($0) }
        try scene.send(Self.lines)
        #expect(seen.logged == [UInt64(LineOutlooks.groupSize)])
    }

    @Test("one that came with lines does not wait for them, unless deadlines are left over")
    func first() throws {
        let scene = try scene()
        let seen = Seen()
        try scene.send(Self.lines, beside: { seen.note($0) })
        #expect(seen.logged == [0])
        scene.clock.now = WriterScene.at(20)
        try scene.send(Self.lines, beside: { seen.note($0) })
        #expect(scene.writer.isBehind)
        #expect(seen.logged == [0])
    }
}
