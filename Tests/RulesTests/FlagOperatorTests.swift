import Testing
import UsageModel

@testable import Rules

/// What people do to flags, and what a new rule file does.
@Suite("Flags and their operators")
struct FlagOperatorTests {
    static func limit() throws -> FlagScene {
        let scene = try FlagScene([rule("limit", when: "trait(\"used\") >= 100", clear: "trait(\"used\") < 80")])
        try scene.set(["used": 100], on: 1)
        _ = scene.told()
        return scene
    }

    @Test("a snooze survives restart and re-evaluation until its end; the flag opens then if its condition still holds")
    func snooze() throws {
        let scene = try Self.limit()
        try scene.act(.snooze(until: FlagScene.at(10)), on: 1, day: 2)
        #expect(scene.state(1) == .snoozed)
        try scene.restart()
        try scene.set(["used": 130], on: 5)
        #expect(scene.state(1) == .snoozed)
        try scene.advance(to: 20)
        #expect(scene.told() == ["2 snoozed limit F1 until 10", "10 woken limit F1"])
        #expect(scene.state(1) == .open)
    }

    @Test("a flag that clears while snoozed does not come back at the snooze's end")
    func snoozedClears() throws {
        let scene = try Self.limit()
        try scene.act(.snooze(until: FlagScene.at(10)), on: 1, day: 2)
        try scene.set(["used": 50], on: 5)
        try scene.advance(to: 20)
        #expect(scene.told() == ["2 snoozed limit F1 until 10", "5 cleared limit F1"])
    }

    @Test("a raise while the snooze lasts is suppressed and opens at its end")
    func snoozeSuppresses() throws {
        let scene = try Self.limit()
        try scene.act(.snooze(until: FlagScene.at(10)), on: 1, day: 2)
        try scene.set(["used": 50], on: 5)
        try scene.set(["used": 100], on: 6)
        try scene.restart()
        try scene.advance(to: 20)
        #expect(
            scene.told() == [
                "2 snoozed limit F1 until 10", "5 cleared limit F1", "6 suppressed limit by snooze until 10",
                "10 raised limit F2",
            ])
    }

    @Test("a snooze can be ended before its time")
    func unsnooze() throws {
        let scene = try Self.limit()
        try scene.act(.snooze(until: FlagScene.at(10)), on: 1, day: 2)
        try scene.act(.unsnooze, on: 1, day: 3)
        try scene.advance(to: 20)
        #expect(scene.told() == ["2 snoozed limit F1 until 10", "3 woken limit F1"])
        #expect(scene.moves.last?.by == "ann")
    }

    @Test("a closed flag stays closed until its condition has been false once")
    func close() throws {
        let scene = try Self.limit()
        try scene.act(.close(as: .saved), on: 1, day: 2)
        try scene.set(["used": 140], on: 3)
        try scene.restart()
        try scene.set(["used": nil], on: 4)
        try scene.set(["used": 120], on: 5)
        #expect(scene.told() == ["2 closed limit F1 as saved"])
        try scene.set(["used": 99], on: 6)
        try scene.set(["used": 100], on: 7)
        #expect(scene.told() == ["6 rearmed limit", "7 raised limit F2"])
        let flag = try #require(scene.book.flag(FlagID(number: 1)))
        #expect(flag.verdict == .saved)
        #expect(flag.endedAt == FlagScene.at(2))
        #expect(scene.book.counts(ofRule: "limit").saved == 1)
    }

    @Test("ack, assign and note are kept with who and when, and change no verdict")
    func ackAssignNote() throws {
        let scene = try Self.limit()
        try scene.act(.ack, on: 1, day: 2, by: "ann")
        try scene.act(.assign(to: "bob"), on: 1, day: 3, by: "ann")
        try scene.act(.note("called; back on Monday"), on: 1, day: 4, by: "bob")
        #expect(scene.told() == ["2 acked limit F1", "3 assigned limit F1", "4 noted limit F1"])
        #expect(scene.moves.suffix(3).map(\.by) == ["ann", "ann", "bob"])
        #expect(scene.moves.last?.note == "called; back on Monday")
        let flag = try #require(scene.book.flag(FlagID(number: 1)))
        #expect(flag.state == .acked)
        #expect(flag.ackedBy == "ann")
        #expect(flag.owner == "bob")
        #expect(flag.actedOnAt == FlagScene.at(2))
        #expect(scene.book.counts(ofRule: "limit").actedOn == 1)
        try scene.act(.assign(to: nil), on: 1, day: 5)
        #expect(scene.book.flag(FlagID(number: 1))?.owner == nil)
    }

    @Test("actions that make no sense are refused and change nothing")
    func refusals() throws {
        let scene = try Self.limit()
        let book = scene.book
        let now = FlagScene.at(5)
        let one = FlagID(number: 1)
        func refused(_ action: OperatorAction, _ flag: FlagID, _ error: OperatorActionError) {
            #expect(throws: error) { try book.move(for: action, on: flag, by: "ann", at: now) }
        }
        refused(.ack, FlagID(number: 2), .noSuchFlag(FlagID(number: 2)))
        refused(.snooze(until: now), one, .snoozeEnd(now))
        refused(.snooze(until: Timestamp(milliseconds: .max)), one, .snoozeEnd(Timestamp(milliseconds: .max)))
        refused(.unsnooze, one, .notSnoozed(one))
        refused(.close(as: .removed), one, .verdict(.removed))
        try scene.set(["used": 0], on: 6)
        for action in [OperatorAction.ack, .snooze(until: FlagScene.at(9)), .assign(to: "bob")] {
            #expect(throws: OperatorActionError.ended(one, .cleared)) {
                try scene.book.move(for: action, on: one, by: "ann", at: now)
            }
        }
        let note = try scene.book.move(for: .note("it was the holidays"), on: one, by: "ann", at: now)
        #expect(note.move.kind == .noted)
    }

    // MARK: - Outcomes

    @Test("a churned outcome closes the churn flags as lost, and the rules rest until somebody is back")
    func churned() throws {
        let scene = try FlagScene([
            rule("idle", when: "user_idle_days > 7"), rule("seats", when: "trait(\"fill\") >= 1", kind: .upsell),
            rule("slow", when: "trait(\"fill\") >= 1", hold: 30),
        ])
        try scene.visit(on: 0)
        try scene.set(["fill": 1], on: 9)
        try scene.outcome("churned", on: 10)
        #expect(
            scene.told().suffix(3) == ["10 closed idle F1 as lost", "10 resting", "10 lapsed slow"])
        #expect(scene.book.isResting(scene.company))
        #expect(scene.state(2) == .open)
        // Whatever the data says now is no news.
        try scene.set(["fill": 0], on: 12)
        try scene.set(["fill": 2], on: 13)
        try scene.restart()
        try scene.advance(to: 60)
        #expect(scene.told() == [])
        #expect(scene.nextLook == nil)
        try scene.visit(on: 61)
        #expect(scene.told() == ["61 resumed", "61 rearmed idle", "61 pending slow"])
        try scene.advance(to: 70)
        #expect(scene.told() == ["\(FlagScene.text(FlagScene.at(68) + 1)) raised idle F3"])
    }

    @Test("renewed ends the rest, and the next churn starts another")
    func renewed() throws {
        let scene = try FlagScene([rule("idle", when: "user_idle_days >= 7")])
        try scene.visit(on: 0)
        try scene.outcome("churned", on: 1)
        try scene.outcome("renewed", on: 3)
        try scene.advance(to: 8)
        #expect(scene.told() == ["1 resting", "3 resumed", "7 raised idle F1"])
        try scene.outcome("churned", on: 9)
        #expect(scene.told() == ["9 closed idle F1 as lost", "9 resting"])
    }

    @Test("a visit from before the outcome that arrives late is no sign of life")
    func lateVisit() throws {
        let scene = try FlagScene([rule("idle", when: "user_idle_days >= 7")])
        try scene.outcome("churned", on: 5)
        try scene.set([:], on: 6) { $0.lastUserActivity = FlagScene.at(4) }
        #expect(scene.told() == ["5 resting"])
    }

    // MARK: - Rule files

    @Test("a rule edited after its flag was raised: the flag keeps the text that raised it and is judged under the new")
    func editedRule() throws {
        let scene = try Self.limit()
        let text = try #require(scene.book.flag(FlagID(number: 1))?.ruleText)
        try scene.reload([rule("limit", when: "trait(\"used\") >= 200", clear: "trait(\"used\") < 150")], on: 2)
        #expect(scene.told() == ["2 revised limit F1", "2 cleared limit F1"])
        #expect(scene.moves[1].ruleVersion != scene.moves[0].ruleVersion)
        let flag = try #require(scene.book.flag(FlagID(number: 1)))
        #expect(flag.ruleText == text)
        #expect(flag.ruleVersion == scene.moves[0].ruleVersion)
    }

    @Test("an edited rule keeps the values of the raise and takes those that it newly asks for")
    func editedAtRaise() throws {
        let scene = try FlagScene([
            rule("halved", when: "trait(\"now\") < 50", clear: "trait(\"now\") > at_raise(trait(\"base\"))")
        ])
        try scene.set(["now": 10, "base": 60, "floor": 5], on: 1)
        try scene.set(["base": 70, "floor": 6], on: 2)
        try scene.reload(
            [
                rule(
                    "halved", when: "trait(\"now\") < 50",
                    clear: "trait(\"now\") > at_raise(trait(\"floor\")) + at_raise(trait(\"base\"))")
            ], on: 3)
        #expect(
            scene.moves.last?.atRaise == [
                RaiseValue(expression: "trait(\"floor\")", value: .number(6)),
                RaiseValue(expression: "trait(\"base\")", value: .number(60)),
            ])
        try scene.set(["now": 66], on: 4)
        #expect(scene.told() == ["1 raised halved F1", "3 revised halved F1"])
        try scene.set(["now": 67], on: 5)
        #expect(scene.told() == ["5 cleared halved F1"])
    }

    @Test("a rule file that changes nothing about a rule moves nothing")
    func sameRule() throws {
        let scene = try Self.limit()
        try scene.reload(
            [
                rule("limit", when: "trait(\"used\") >= 100", clear: "trait(\"used\") < 80"),
                rule("other", when: "trait(\"used\") >= 1000"),
            ], on: 2)
        #expect(scene.told() == [])
    }

    @Test("a removed rule closes its flags and ends its waits; put back, it starts afresh")
    func removedRule() throws {
        let rules = [
            rule("limit", when: "trait(\"used\") >= 100", cooldown: 7),
            rule("slow", when: "trait(\"used\") >= 100", hold: 5),
            rule("other", when: "trait(\"used\") >= 50"),
        ]
        let scene = try FlagScene(rules)
        try scene.set(["used": 100], on: 1)
        _ = scene.told()
        try scene.reload([rules[2]], on: 2)
        #expect(scene.told() == ["2 closed limit F1 as removed", "2 lapsed slow"])
        #expect(scene.book.counts(ofRule: "limit").removed == 1)
        try scene.restart()
        try scene.reload(rules, on: 3)
        #expect(scene.told() == ["3 raised limit F3", "3 pending slow"])
    }
}
