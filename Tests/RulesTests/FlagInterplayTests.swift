import Testing
import UsageModel

@testable import Rules

/// Rules that know of each other: inhibition, folding, `flag("x")`, stages.
@Suite("Flags among flags")
struct FlagInterplayTests {
    static let both = [
        rule("idle", when: "trait(\"idle\") > 7"),
        rule("gone", when: "trait(\"idle\") > 15", inhibits: ["idle"]),
    ]

    @Test("both come true in one look: the inhibitor opens alone, whatever the order of the file")
    func inhibitorFirst() throws {
        for rules in [Self.both, Self.both.reversed()] {
            let scene = try FlagScene(rules)
            try scene.set(["idle": 20], on: 1)
            #expect(scene.told() == ["1 raised gone F1", "1 suppressed idle by inhibited under F1"])
            #expect(scene.moves[1].reason == "inhibited by gone (F1)")
        }
    }

    @Test("an inhibited condition that still holds opens when the inhibitor clears")
    func opensAfterInhibitor() throws {
        let scene = try FlagScene(Self.both)
        try scene.set(["idle": 20], on: 1)
        try scene.restart()
        try scene.set(["idle": 10], on: 2)
        #expect(scene.told().suffix(2) == ["2 cleared gone F1", "2 raised idle F2"])
        #expect(scene.moves.last?.since == FlagScene.at(1))
        try scene.set(["idle": 0], on: 3)
        #expect(scene.told() == ["3 cleared idle F2"])
    }

    @Test("an inhibited condition that ends first leaves no flag")
    func lapsesUnderInhibitor() throws {
        let scene = try FlagScene([
            rule("usage", when: "trait(\"usage\") < 10"),
            rule("gone", when: "trait(\"idle\") > 15", inhibits: ["usage"]),
        ])
        try scene.set(["idle": 20, "usage": 5], on: 1)
        try scene.set(["usage": 50], on: 2)
        try scene.set(["idle": 0], on: 3)
        #expect(
            scene.told() == [
                "1 raised gone F1", "1 suppressed usage by inhibited under F1", "2 lapsed usage", "3 cleared gone F1",
            ])
    }

    @Test("an inhibitor that opens later folds an open flag under itself, and frees it when it clears")
    func folding() throws {
        let scene = try FlagScene(Self.both)
        try scene.set(["idle": 8], on: 1)
        try scene.set(["idle": 16], on: 2)
        #expect(scene.told() == ["1 raised idle F1", "2 raised gone F2", "2 folded idle F1 under F2"])
        #expect(scene.state(1) == .folded)
        #expect(scene.book.flag(FlagID(number: 1))?.under == FlagID(number: 2))
        try scene.restart()
        try scene.set(["idle": 9], on: 3)
        #expect(scene.told() == ["3 cleared gone F2", "3 unfolded idle F1"])
        #expect(scene.state(1) == .open)
    }

    @Test("a folded flag clears like any other")
    func foldedClears() throws {
        let scene = try FlagScene(Self.both)
        try scene.set(["idle": 8], on: 1)
        try scene.set(["idle": 16], on: 2)
        try scene.set(["idle": 0], on: 3)
        #expect(scene.told().suffix(2) == ["3 cleared gone F2", "3 cleared idle F1"])
        #expect(scene.book.openFlags.isEmpty)
    }

    @Test("a flag that the operator closes frees what it inhibited")
    func closeFrees() throws {
        let scene = try FlagScene(Self.both)
        try scene.set(["idle": 20], on: 1)
        _ = scene.told()
        try scene.act(.close(as: .falseAlarm), on: 1, day: 2)
        #expect(scene.told() == ["2 closed gone F1 as false_alarm", "2 raised idle F2"])
    }

    @Test("a snoozed inhibitor still inhibits")
    func snoozedInhibitor() throws {
        let scene = try FlagScene(Self.both)
        try scene.set(["idle": 20], on: 1)
        try scene.act(.snooze(until: FlagScene.at(10)), on: 1, day: 2)
        try scene.set(["idle": 21], on: 3)
        #expect(
            scene.told() == [
                "1 raised gone F1", "1 suppressed idle by inhibited under F1", "2 snoozed gone F1 until 10",
            ])
    }

    @Test("two rules that inhibit each other: the first to open stands, the other follows when it clears")
    func mutual() throws {
        let scene = try FlagScene([
            rule("a", when: "trait(\"a\") > 0", inhibits: ["b"]), rule("b", when: "trait(\"b\") > 0", inhibits: ["a"]),
        ])
        try scene.set(["b": 1], on: 1)
        try scene.set(["a": 1], on: 2)
        try scene.set(["b": 0], on: 3)
        #expect(
            scene.told() == [
                "1 raised b F1", "2 suppressed a by inhibited under F1", "3 cleared b F1", "3 raised a F2",
            ])
    }

    @Test("flag(…) sees what the same look opened and cleared")
    func flagReference() throws {
        let scene = try FlagScene([
            rule("renewal", when: "flag(\"idle\") and trait(\"due\") > 0"), rule("idle", when: "trait(\"idle\") > 7"),
        ])
        try scene.set(["idle": 8, "due": 1], on: 1)
        try scene.set(["idle": 1], on: 2)
        #expect(
            scene.told() == [
                "1 raised idle F1", "1 raised renewal F2", "2 cleared idle F1", "2 cleared renewal F2",
            ])
    }

    @Test("flag(…) holds while the flag is acked, snoozed or folded, and not while it is suppressed or closed")
    func flagReferenceStates() throws {
        let scene = try FlagScene([
            rule("idle", when: "trait(\"idle\") > 7"), rule("gone", when: "trait(\"idle\") > 15", inhibits: ["idle"]),
            rule("probe", when: "flag(\"idle\")", kind: .info),
        ])
        try scene.set(["idle": 8], on: 1)
        try scene.act(.ack, on: 1, day: 2)
        try scene.act(.snooze(until: FlagScene.at(5)), on: 1, day: 3)
        try scene.set(["idle": 16], on: 4)
        #expect(scene.state(1) == .folded)
        #expect(scene.state(2) == .open)
        try scene.advance(to: 6)
        try scene.act(.close(as: .saved), on: 1, day: 7)
        #expect(scene.state(2) == .cleared)
        try scene.set(["idle": 0], on: 8)
        try scene.set(["idle": 16], on: 9)
        #expect(scene.book.openFlags(of: scene.company).map(\.rule) == ["gone"])
    }

    @Test("the stage is the first that matches, and every change is a move")
    func stages() throws {
        let scene = try FlagScene(
            [],
            stages: [
                ("lost", "outcome == \"churned\""), ("trial", "trait(\"paid\") == 0"),
                ("paying", "trait(\"paid\") > 0"),
            ])
        try scene.set([:], on: 0)
        #expect(scene.told() == [])
        try scene.set(["paid": 0], on: 1)
        try scene.set(["paid": 5], on: 2)
        try scene.restart()
        try scene.outcome("churned", on: 3)
        #expect(
            scene.told() == [
                "1 stage ->trial", "2 stage trial>paying", "3 resting", "3 stage paying>lost",
            ])
        #expect(scene.book.stage(of: scene.company)?.since == FlagScene.at(3))
    }

    @Test("rules see the stage of the same look, and its age")
    func stageInRules() throws {
        let scene = try FlagScene(
            [rule("stuck", when: "stage == \"trial\" and stage_days >= 14")],
            stages: [("trial", "trait(\"paid\") == 0"), ("paying", "trait(\"paid\") > 0")])
        try scene.set(["paid": 0], on: 1)
        try scene.advance(to: 20)
        try scene.set(["paid": 1], on: 21)
        #expect(
            scene.told() == ["1 stage ->trial", "15 raised stuck F1", "21 stage trial>paying", "21 cleared stuck F1"])
    }

    @Test("a stage that names a flag follows it in the same look")
    func stageAfterFlag() throws {
        let scene = try FlagScene(
            [rule("idle", when: "trait(\"idle\") > 7")],
            stages: [("fading", "flag(\"idle\")"), ("steady", "not flag(\"idle\")")])
        try scene.set(["idle": 1], on: 1)
        try scene.set(["idle": 9], on: 2)
        #expect(scene.told() == ["1 stage ->steady", "2 raised idle F1", "2 stage steady>fading"])
    }
}
