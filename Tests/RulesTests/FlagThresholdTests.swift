import Testing
import UsageModel

@testable import Rules

/// A condition alone: raised on true, cleared on definite false, once each.
@Suite("Flags over a threshold")
struct FlagThresholdTests {
    @Test("99 to 100 with threshold >= 100 raises; staying at 100, or restarting there, does not raise again")
    func thresholdReachedOnce() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100")])
        try scene.set(["used": 99], on: 1)
        #expect(scene.told() == [])
        try scene.set(["used": 100], on: 2)
        #expect(scene.told() == ["2 raised limit F1"])
        try scene.set(["used": 100], on: 3)
        try scene.restart()
        try scene.set(["used": 100], on: 4)
        try scene.set(["used": 250], on: 5)
        #expect(scene.told() == [])
        #expect(scene.book.flagCount == 1)
    }

    @Test("95 % at the end of a period, 3 % after renewal, then 85 %: raised in both periods")
    func raisedInEachPeriod() throws {
        let scene = try FlagScene([rule("quota", when: "trait(\"share\") >= 0.8")])
        try scene.set(["share": 0.95], on: 29)
        try scene.set(["share": 0.03], on: 30)
        try scene.set(["share": 0.85], on: 40)
        #expect(scene.told() == ["29 raised quota F1", "30 cleared quota F1", "40 raised quota F2"])
    }

    @Test("a jump past the threshold by the period's first event raises")
    func jump() throws {
        let scene = try FlagScene([rule("quota", when: "trait(\"share\") >= 0.8")])
        try scene.set(["share": 1.4], on: 0)
        #expect(scene.told() == ["0 raised quota F1"])
    }

    @Test("a counter that falls to exactly 0 re-arms")
    func fallToZero() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100")])
        for (day, used) in [(1.0, 120.0), (2, 0), (3, 100), (4, 0), (5, 99), (6, 101)] {
            try scene.set(["used": used], on: day)
        }
        #expect(
            scene.told() == [
                "1 raised limit F1", "2 cleared limit F1", "3 raised limit F2", "4 cleared limit F2",
                "6 raised limit F3",
            ])
    }

    @Test("a percentage rule and an absolute rule on the same limit both raise")
    func twoRulesOnOneLimit() throws {
        let scene = try FlagScene([
            rule("percent", when: "trait(\"used\") / trait(\"limit\") >= 0.8"),
            rule("absolute", when: "trait(\"used\") >= 800"),
        ])
        try scene.set(["limit": 1000, "used": 799], on: 1)
        try scene.set(["used": 800], on: 2)
        #expect(scene.told() == ["2 raised percent F1", "2 raised absolute F2"])
    }

    @Test("unknown neither raises nor clears")
    func unknown() throws {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100")])
        try scene.set(["used": nil], on: 1)
        #expect(scene.told() == [])
        try scene.set(["used": 100], on: 2)
        try scene.set(["used": nil], on: 3)
        #expect(scene.told() == ["2 raised limit F1"])
        try scene.set(["used": 99], on: 4)
        #expect(scene.told() == ["4 cleared limit F1"])
        try scene.set(["used": nil], on: 5)
        #expect(scene.told() == [])
    }

    @Test("clear gives hysteresis")
    func hysteresis() throws {
        let scene = try FlagScene([
            rule("seats", when: "trait(\"fill\") >= 0.9", clear: "trait(\"fill\") < 0.7")
        ])
        for (day, fill) in [(1.0, 0.9), (2, 0.8), (3, 0.95), (4, 0.7), (5, 0.69), (6, 0.8), (7, 0.9)] {
            try scene.set(["fill": fill], on: day)
        }
        #expect(scene.told() == ["1 raised seats F1", "5 cleared seats F1", "7 raised seats F2"])
    }

    @Test("an explicit clear clears on true only: unknown and false hold the flag open")
    func clearNeedsTrue() throws {
        let scene = try FlagScene([
            rule("seats", when: "trait(\"fill\") >= 0.9", clear: "trait(\"calm\") == 1")
        ])
        try scene.set(["fill": 1], on: 1)
        try scene.set(["fill": 0], on: 2)
        try scene.set(["calm": 0], on: 3)
        #expect(scene.told() == ["1 raised seats F1"])
        try scene.set(["calm": 1], on: 4)
        #expect(scene.told() == ["4 cleared seats F1"])
    }

    @Test("when and clear both true: clear wins, and nothing flaps")
    func contradiction() throws {
        let scene = try FlagScene([
            rule("odd", when: "trait(\"used\") >= 100", clear: "trait(\"used\") >= 50")
        ])
        try scene.set(["used": 100], on: 1)
        try scene.set(["used": 120], on: 2)
        #expect(scene.told() == [])
    }

    @Test("at_raise keeps the value of the raise, however the metric moves on")
    func atRaise() throws {
        let scene = try FlagScene([
            rule(
                "halved", when: "trait(\"now\") < 0.5 * trait(\"base\")",
                clear: "trait(\"now\") >= 0.7 * at_raise(trait(\"base\"))")
        ])
        try scene.set(["base": 100, "now": 40], on: 1)
        // The base sinks with the company; against today's base 40 would be no loss at all.
        try scene.set(["base": 40], on: 2)
        try scene.set(["now": 69], on: 3)
        try scene.restart()
        #expect(scene.told() == ["1 raised halved F1"])
        try scene.set(["now": 70], on: 4)
        #expect(scene.told() == ["4 cleared halved F1"])
    }

    @Test("the raise says what, how bad, for whom, by when and why")
    func raiseDetails() throws {
        let scene = try FlagScene([
            rule(
                "limit", when: "trait(\"used\") >= 100 and trait(\"limit\") > 0", kind: .upsell, due: 2,
                owner: "trait(\"csm\")", summary: "{company} used {trait(\"used\"):0}")
        ])
        scene.subject.texts["csm"] = "bob"
        scene.subject.recentEvents = [9, 4]
        try scene.set(["used": 100, "limit": 80], on: 3)
        let move = try #require(scene.moves.first)
        let raise = try #require(move.raise)
        #expect(raise.kind == .upsell)
        #expect(raise.severity == .medium)
        #expect(raise.owner == "bob")
        #expect(raise.due == FlagScene.at(5))
        #expect(raise.summary.hasSuffix(" used 100"))
        #expect(move.witnesses == [9, 4])
        #expect(move.ruleText?.contains("name: limit") == true)
        #expect(move.ruleVersion.count == 16)
        #expect(
            move.evidence == [
                Evidence(
                    term: "trait(\"used\") >= 100", metric: "trait(\"used\")", value: .int(100), threshold: .int(100),
                    holds: true),
                Evidence(
                    term: "trait(\"limit\") > 0", metric: "trait(\"limit\")", value: .int(80), threshold: .int(0),
                    holds: true),
            ])
        let flag = try #require(scene.book.flag(FlagID(number: 1)))
        #expect(flag.owner == "bob")
        #expect(flag.openedAt == FlagScene.at(3))
        #expect(flag.ruleText == move.ruleText)
    }

    @Test("where no trait names an owner, nobody owns the flag")
    func noOwner() throws {
        let scene = try FlagScene([
            rule("limit", when: "trait(\"used\") >= 100", owner: "trait(\"csm\")")
        ])
        try scene.set(["used": 100], on: 3)
        #expect(scene.book.flag(FlagID(number: 1))?.owner == nil)
    }
}
