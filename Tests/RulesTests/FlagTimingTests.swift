import TestSupport
import Testing
import UsageModel

@testable import Rules

/// What time does: deadlines, `for`, `keep`, cooldown.
@Suite("Flags in time")
struct FlagTimingTests {
    static let millisecond = 1.0 / 86_400_000

    @Test("idle beyond 7 days opens 1 ms after 7 days, idle of at least 7 days at 7 days")
    func exactInstant() throws {
        let scene = try FlagScene([
            rule("more", when: "user_idle_days > 7"), rule("least", when: "user_idle_days >= 7"),
        ])
        try scene.visit(on: 1.25)
        try scene.advance(to: 30)
        #expect(scene.moves.map(\.rule) == ["least", "more"])
        #expect(scene.moves.map(\.at) == [FlagScene.at(8.25), FlagScene.at(8.25) + 1])
    }

    @Test("a daemon that is down for ten days across an idle deadline raises one flag, at the true instant")
    func downtime() throws {
        let scene = try FlagScene([rule("idle", when: "user_idle_days >= 7")])
        try scene.visit(on: 1)
        try scene.restart()
        try scene.advance(to: 15, observed: 15)
        #expect(scene.told() == ["8 raised idle F1"])
        #expect(scene.moves[0].observed == FlagScene.at(15))
        #expect(scene.book.flag(FlagID(number: 1))?.observed == FlagScene.at(15))
        try scene.restart()
        try scene.advance(to: 40)
        #expect(scene.told() == [])
    }

    @Test("a visit before the deadline moves it")
    func visitMovesDeadline() throws {
        let scene = try FlagScene([rule("idle", when: "user_idle_days >= 7")])
        for day in [0.0, 6.5, 13] { try scene.visit(on: day) }
        try scene.advance(to: 19.9)
        #expect(scene.told() == [])
        try scene.advance(to: 25)
        #expect(scene.told() == ["20 raised idle F1"])
        try scene.visit(on: 26)
        #expect(scene.told() == ["26 cleared idle F1"])
    }

    @Test("for: the condition must hold that long, and the flag opens at that instant")
    func hold() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100", hold: 3)])
        try scene.set(["used": 100], on: 1)
        try scene.set(["used": 90], on: 2)
        try scene.set(["used": 110], on: 2.5)
        try scene.restart()
        try scene.set(["used": 120], on: 4)
        try scene.advance(to: 30)
        #expect(
            scene.told() == ["1 pending limit", "2 lapsed limit", "2.5 pending limit", "5.5 raised limit F1"])
        #expect(scene.moves.last?.since == FlagScene.at(2.5))
    }

    @Test("for: unknown neither ends the wait nor opens the flag")
    func holdThroughUnknown() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100", hold: 3)])
        try scene.set(["used": 100], on: 1)
        try scene.set(["used": nil], on: 2)
        try scene.advance(to: 6)
        #expect(scene.told() == ["1 pending limit"])
        try scene.set(["used": 100], on: 7)
        #expect(scene.told() == ["7 raised limit F1"])
    }

    @Test("keep: clear must hold that long")
    func keep() throws {
        let scene = try FlagScene([
            rule("limit", when: "trait(\"used\") >= 100", clear: "trait(\"used\") < 80", keep: 2)
        ])
        try scene.set(["used": 100], on: 1)
        try scene.set(["used": 70], on: 2)
        try scene.set(["used": 85], on: 3)
        try scene.set(["used": 60], on: 5)
        try scene.restart()
        try scene.set(["used": nil], on: 6)
        try scene.advance(to: 8)
        #expect(
            scene.told() == [
                "1 raised limit F1", "2 clearing limit F1", "3 unclearing limit F1", "5 clearing limit F1",
            ])
        // Unknown at the end of keep changes nothing; true again clears, since it held that long.
        try scene.set(["used": 60], on: 9)
        #expect(scene.told() == ["9 cleared limit F1"])
    }

    @Test("keep: the flag clears at the instant")
    func keepEnds() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100", keep: 1.5)])
        try scene.set(["used": 100], on: 1)
        try scene.set(["used": 10], on: 2)
        try scene.advance(to: 20)
        #expect(scene.told() == ["1 raised limit F1", "2 clearing limit F1", "3.5 cleared limit F1"])
    }

    @Test("cooldown: a raise within it is recorded as suppressed and opens at its end if the condition still holds")
    func cooldown() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100", cooldown: 7)])
        try scene.set(["used": 100], on: 1)
        try scene.set(["used": 90], on: 2)
        try scene.set(["used": 100], on: 4)
        try scene.set(["used": 101], on: 5)
        try scene.restart()
        try scene.advance(to: 30)
        #expect(
            scene.told() == [
                "1 raised limit F1", "2 cleared limit F1", "4 suppressed limit by cooldown until 9",
                "9 raised limit F2",
            ])
        #expect(scene.moves.last?.since == FlagScene.at(4))
        #expect(scene.moves.last?.reason == "the condition still holds after the cooldown")
    }

    @Test("cooldown: a condition that ends within it leaves no flag")
    func cooldownOutlasts() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100", cooldown: 7)])
        for (day, used) in [(1.0, 100.0), (2, 90), (4, 100), (5, 90), (6, 100), (7, 90)] {
            try scene.set(["used": used], on: day)
        }
        try scene.advance(to: 30)
        #expect(
            scene.told() == [
                "1 raised limit F1", "2 cleared limit F1", "4 suppressed limit by cooldown until 9", "5 lapsed limit",
                "6 suppressed limit by cooldown until 9", "7 lapsed limit",
            ])
        try scene.set(["used": 100], on: 31)
        #expect(scene.told() == ["31 raised limit F2"])
    }

    @Test("a company where nothing can change has no deadline")
    func noDeadline() throws {
        let scene = try FlagScene([
            rule("limit", when: "trait(\"used\") >= 100", cooldown: 7), rule("idle", when: "user_idle_days >= 7"),
        ])
        try scene.set(["used": 100], on: 1)
        #expect(scene.nextLook == nil)
        try scene.visit(on: 2)
        #expect(scene.nextLook == FlagScene.at(9))
        try scene.advance(to: 9)
        #expect(scene.told() == ["1 raised limit F1", "9 raised idle F2"])
        #expect(scene.nextLook == nil)
    }

    @Test("whatever the order of waits, looking every hour changes nothing")
    func lookingMoreOftenChangesNothing() throws {
        var kinds: Set<MoveKind> = []
        for seed in UInt64(1)...12 {
            var fast = SeededRandom(seed: seed)
            var slow = SeededRandom(seed: seed)
            let deadlines = try Self.randomScene(&fast, hourly: false)
            let hourly = try Self.randomScene(&slow, hourly: true)
            #expect(deadlines.moves == hourly.moves, "seed \(seed)")
            kinds.formUnion(deadlines.moves.map(\.kind))
        }
        // Rule files change in tests of their own; assigning changes no verdict; late data is another matter.
        #expect(kinds == Set(MoveKind.allCases).subtracting([.revised, .assigned, .retracted]))
    }

    /// Thirty days of random traits, visits, outcomes and operators over rules that use everything.
    static func randomScene(_ random: inout SeededRandom, hourly: Bool) throws -> FlagScene {
        let scene = try FlagScene(
            [
                rule("a", when: "trait(\"x\") >= 5", clear: "trait(\"x\") < 3", hold: 0.5, keep: 0.25, cooldown: 2),
                rule("b", when: "trait(\"y\") >= 5", keep: 1, cooldown: 1, inhibits: ["a", "idle"], due: 0.3),
                rule("idle", when: "user_idle_days > 1.5", clear: "user_idle_days < 0.5", inhibits: ["c"], due: 1),
                rule("c", when: "flag(\"a\") or trait(\"x\") > 7", kind: .upsell, hold: 0.25),
                rule("d", when: "stage == \"low\" and stage_days >= 1", kind: .info, inhibits: ["b"]),
            ], stages: [("high", "trait(\"y\") > 6"), ("low", "trait(\"y\") <= 6")])
        for hour in 1...(30 * 24) {
            let day = Double(hour) / 24
            if hourly {
                try scene.advance(to: day)
                try scene.look()
            }
            switch random.below(24) {
            case 0: try scene.set(["x": Double(random.below(10))], on: day)
            case 1: try scene.set(["y": Double(random.below(10))], on: day)
            case 2: try scene.visit(on: day)
            case 3 where random.below(4) == 0: try scene.set([random.below(2) == 0 ? "x" : "y": Double?.none], on: day)
            case 4 where random.below(6) == 0:
                try scene.outcome(random.below(2) == 0 ? "churned" : "renewed", on: day)
            case 5:
                try scene.advance(to: day)
                let over = FlagID(number: random.below(UInt64(scene.book.flagCount + 1)))
                if random.below(8) == 0, scene.book.flag(over)?.state.isRaised == false {
                    try scene.act(.close(as: .lost), on: over.number, day: day)
                }
                guard let flag = scene.book.openFlags.last else { continue }
                let actions: [OperatorAction] = [
                    .ack, .snooze(until: scene.now + 5 * millisecondsPerHour), .close(as: .saved), .note("hm"),
                ]
                try scene.act(actions[Int(random.below(4))], on: flag.number, day: day)
            case 6 where random.below(2) == 0: try scene.touch(on: day, seq: UInt64(hour))
            default: continue
            }
        }
        try scene.advance(to: 60)
        return scene
    }
}
