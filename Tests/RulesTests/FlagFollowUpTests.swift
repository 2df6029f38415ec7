import Portraits
import Testing
import UsageModel

@testable import Rules

/// `due`, touches, and verdicts that come when a flag is over.
@Suite("Following up on flags")
struct FlagFollowUpTests {
    static func limit(inhibitor: Bool = false) throws -> FlagScene {
        var rules = [rule("limit", when: "trait(\"used\") >= 100", clear: "trait(\"used\") < 80", due: 2)]
        if inhibitor {
            var above = rule("above", when: "trait(\"above\") == 1")
            above.inhibits = [SourceText("limit")]
            rules.append(above)
        }
        let scene = try FlagScene(rules)
        try scene.set(["used": 100], on: 1)
        _ = scene.told()
        return scene
    }

    func flag(_ scene: FlagScene) throws -> Flag { try #require(scene.book.flag(FlagID(number: 1))) }

    @Test("a flag that nobody follows up is overdue at its due instant, once, and a step more severe")
    func overdue() throws {
        let scene = try Self.limit()
        try scene.act(.ack, on: 1, day: 2)
        try scene.restart()
        try scene.advance(to: 30)
        #expect(scene.told() == ["2 acked limit F1", "3 overdue limit F1 now high"])
        #expect(try flag(scene).severity == .high)
        #expect(try flag(scene).overdueSince == FlagScene.at(3))
        #expect(scene.state(1) == .acked)
    }

    @Test("a touch after the raise marks the flag followed up, with the time it took, and keeps it from being overdue")
    func followedUp() throws {
        let scene = try Self.limit()
        try scene.touch(on: 2.5, seq: 77)
        try scene.restart()
        try scene.touch(on: 2.75, seq: 78)
        try scene.advance(to: 30)
        #expect(scene.told() == ["2.5 followed_up limit F1 touched 2.5"])
        #expect(scene.moves.last?.witnesses == [77])
        #expect(try flag(scene).followedUpAt == FlagScene.at(2.5))
        #expect(try flag(scene).overdueSince == nil)
        #expect(try flag(scene).actedOnAt == FlagScene.at(2.5))
        #expect(scene.book.counts(ofRule: "limit").actedOn == 1)
    }

    @Test("a touch from before the raise is no follow-up; one that comes late still is")
    func touchTimes() throws {
        let scene = try Self.limit()
        try scene.set([:], on: 2) { $0.lastTouch = Touch(time: FlagScene.at(0.5), seq: 5) }
        try scene.set([:], on: 4) { $0.lastTouch = Touch(time: FlagScene.at(1), seq: 6) }
        #expect(scene.told() == ["3 overdue limit F1 now high", "4 followed_up limit F1 touched 1"])
    }

    @Test("a snooze puts off when a flag is overdue")
    func snoozed() throws {
        let scene = try Self.limit()
        try scene.act(.snooze(until: FlagScene.at(10)), on: 1, day: 2)
        try scene.advance(to: 30)
        #expect(
            scene.told() == ["2 snoozed limit F1 until 10", "10 woken limit F1", "10 overdue limit F1 now high"])
    }

    @Test("a folded flag is overdue only when it stands on its own again")
    func folded() throws {
        let scene = try Self.limit(inhibitor: true)
        try scene.set(["above": 1], on: 2)
        try scene.set(["above": 0], on: 5)
        try scene.advance(to: 30)
        #expect(
            scene.told() == [
                "2 raised above F2", "2 folded limit F1 under F2", "5 cleared above F2", "5 unfolded limit F1",
                "5 overdue limit F1 now high",
            ])
    }

    @Test("a flag that is over can still be judged, and judged otherwise later; each flag has one verdict")
    func judged() throws {
        let scene = try Self.limit()
        try scene.set(["used": 50], on: 2)
        try scene.act(.close(as: .falseAlarm), on: 1, day: 3, by: "ann")
        #expect(scene.told() == ["2 cleared limit F1", "3 judged limit F1 as false_alarm"])
        #expect(scene.state(1) == .cleared)
        #expect(try flag(scene).endedAt == FlagScene.at(2))
        try scene.act(.close(as: .saved), on: 1, day: 4, by: "bob")
        try scene.restart()
        #expect(try flag(scene).verdict == .saved)
        let counts = scene.book.counts(ofRule: "limit")
        #expect((counts.cleared, counts.saved, counts.falseAlarms) == (1, 1, 0))
        #expect(counts.actedOn == 1)
        try scene.set(["used": 100], on: 5)
        #expect(scene.told() == ["4 judged limit F1 as saved", "5 raised limit F2"])
    }
}
