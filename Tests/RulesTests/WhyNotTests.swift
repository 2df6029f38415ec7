import Portraits
import Testing
import UsageModel

@testable import Rules

extension FlagScene {
    func whyNot(_ name: String, on day: Double? = nil, blindAfter: Double? = nil) throws -> WhyNot {
        if let day { try advance(to: day) }
        let rule = try #require(evaluator.rules.flag(named: name))
        func moment(_ now: Timestamp) -> Moment {
            Moment(now: now, today: now.utcDay, nextMidnight: (now.utcDay + 1).startUTC)
        }
        let context = EvaluationContext(portrait: subject, moment: moment(now), company: company, names: names)
        for flag in book.openFlags(of: company) {
            if let rule = evaluator.rules.flag(named: flag.rule) { context.openFlags[rule.index] = true }
        }
        let before = book.canonicalBytes(of: company)
        let answer = evaluator.whyNot(rule, at: company, portrait: subject, context: context, book: book) { later in
            blindAfter.map { later <= Self.at($0) } ?? true ? moment(later) : nil
        }
        #expect(book.canonicalBytes(of: company) == before, "an answer changed the book")
        return answer
    }

    /// Days from the scene's start; nil for never.
    func days(_ time: Timestamp?) -> String? { time.map(Self.text) }
}

@Suite("why-not: the nearest miss, and when it would be raised")
struct WhyNotTests {
    private let idle = "user_idle_days > 7 and trait(\"plan\") == \"team\" and trait(\"seats\") >= 5"

    @Test("the nearest miss comes first, with how many conditions hold and the instant at which the flag would open")
    func nearestMiss() throws {
        let scene = try FlagScene([rule("idle", when: idle)])
        scene.subject.texts["plan"] = "team"
        try scene.visit(on: 0)
        try scene.set(["seats": 4], on: 1)
        let twoMissing = try scene.whyNot("idle", on: 6.2)
        #expect(twoMissing.situation == .missed)
        #expect(
            twoMissing.sentence
                == "user idle 6.2 of 7.0 days and trait(\"seats\") 4 of 5; 1 of 3 conditions holds; "
                + "would never raise if nothing happens")
        try scene.set(["seats": 5], on: 6.2)
        let oneMissing = try scene.whyNot("idle")
        #expect(
            oneMissing.sentence
                == "user idle 6.2 of 7.0 days; 2 of 3 conditions hold; would raise at 2026-03-08 00:00 UTC "
                + "if nothing happens")
        #expect(oneMissing.raisesAt == FlagScene.at(7) + 1)
        #expect(oneMissing.when.neededTerms.map(\.verdict) == [.false, .true, .true])
        let forecast = oneMissing.raisesAt
        try scene.advance(to: 8)
        #expect(scene.moves.last { $0.kind == .raised }?.at == forecast, "the forecast came true to the millisecond")
    }

    @Test("numbers that would look equal are written with as many decimals as tell them apart")
    func closeNumbers() throws {
        let scene = try FlagScene([rule("idle", when: "user_idle_days > 7"), rule("few", when: "trait(\"a\") < 1")])
        try scene.visit(on: 0)
        try scene.set(["a": 1.0001], on: 0)
        #expect(try scene.whyNot("idle", on: 6.98).sentence.hasPrefix("user idle 6.98 of 7.00 days; would raise at"))
        #expect(try scene.whyNot("few").sentence.hasPrefix("trait(\"a\") is 1.0001, to be < 1; would never raise"))
    }

    @Test("of alternatives the nearest is named, under a not what must not hold, and unknown says what is unknown")
    func alternatives() throws {
        let scene = try FlagScene([
            rule("either", when: "(trait(\"a\") > 100 or trait(\"b\") > 10) and not trait(\"c\") > 3"),
            rule("unknown", when: "trait(\"nowhere\") > 1"),
            rule("text", when: "trait(\"plan\") in [\"team\", \"pro\"]"),
        ])
        scene.subject.texts["plan"] = "free"
        try scene.set(["a": 1, "b": 9, "c": 4], on: 1)
        let either = try scene.whyNot("either")
        #expect(
            either.sentence.hasPrefix(
                "trait(\"b\") 9 of 10 and trait(\"c\") is 4, not to be > 3; 0 of 2 conditions hold;"))
        #expect(either.when.neededTerms.map(\.text).last == "not (trait(\"c\") > 3)")
        #expect(either.when.neededTerms.map(\.verdict) == [.false, .false, .false])
        #expect(try scene.whyNot("unknown").sentence.hasPrefix("trait(\"nowhere\") is unknown;"))
        #expect(try scene.whyNot("unknown").when.neededTerms.map(\.verdict) == [.unknown])
        #expect(
            try scene.whyNot("text").sentence.hasPrefix("trait(\"plan\") is \"free\", to be in [\"team\", \"pro\"];"))
    }

    @Test("terms stand in the order written, although the program asks the cheapest first")
    func order() throws {
        let scene = try FlagScene([rule("late", when: "user_idle_days > 7 and trait(\"a\") > 1 or trait(\"b\") > 2")])
        let tree = try scene.whyNot("late").when
        #expect(tree.neededTerms.map(\.term.text) == ["user_idle_days > 7", "trait(\"a\") > 1", "trait(\"b\") > 2"])
        guard case .any(let parts) = tree.form, case .all = parts[0].form, case .term = parts[1].form else {
            Issue.record("taken apart differently: \(tree)")
            return
        }
    }

    @Test("a pending flag says since when its condition holds and until when it must")
    func pending() throws {
        let scene = try FlagScene([rule("high", when: "trait(\"a\") > 1", hold: 2)])
        try scene.set(["a": 2], on: 1)
        let answer = try scene.whyNot("high", on: 2)
        #expect(answer.situation == .pending)
        #expect([scene.days(answer.since), scene.days(answer.until), scene.days(answer.raisesAt)] == ["1", "3", "3"])
        #expect(
            answer.sentence
                == "the condition holds since 2026-03-02 00:00 UTC and must until 2026-03-04 00:00 UTC; "
                + "would raise at 2026-03-04 00:00 UTC if nothing happens")
    }

    @Test("a suppressed flag names the cooldown or the inhibitor, and the forecast waits it out")
    func suppressed() throws {
        let scene = try FlagScene([
            rule("gone", when: "trait(\"gone\") > 0", inhibits: ["high"]),
            rule("high", when: "trait(\"a\") > 1", cooldown: 5),
        ])
        try scene.set(["a": 2, "gone": 0], on: 1)
        try scene.set(["a": 0], on: 2)
        try scene.set(["a": 2], on: 3)
        let cooling = try scene.whyNot("high")
        #expect(cooling.situation == .suppressed)
        #expect(cooling.sentence.contains("in cooldown until 2026-03-08 00:00 UTC; would raise at 2026-03-08 00:00"))
        #expect([scene.days(cooling.until), scene.days(cooling.raisesAt)] == ["7", "7"])
        try scene.set(["gone": 1], on: 6)
        let inhibited = try scene.whyNot("high", on: 8)
        #expect(inhibited.flag == FlagID(number: 2))
        #expect(inhibited.sentence.contains("inhibited by F2 (gone); would never raise if nothing happens"))
        #expect(inhibited.raisesAt == nil)
    }

    @Test("an open flag, one closed until false and a resting company say so")
    func notWaiting() throws {
        let scene = try FlagScene([rule("high", when: "trait(\"a\") > 1")])
        try scene.set(["a": 2], on: 1)
        #expect(try scene.whyNot("high").situation == .raised)
        try scene.act(.snooze(until: FlagScene.at(9)), on: 1, day: 1.5)
        let open = try scene.whyNot("high", on: 2)
        #expect(open.flag == FlagID(number: 1))
        #expect(open.sentence.hasPrefix("F1 is open since 2026-03-02 00:00 UTC, snoozed until 2026-03-10 00:00 UTC: "))
        #expect(open.raisesAt == nil)
        try scene.act(.close(as: .saved), on: 1, day: 3)
        let closed = try scene.whyNot("high", on: 4)
        #expect(closed.situation == .closed)
        #expect(
            closed.sentence.hasPrefix(
                "F1 was closed as saved at 2026-03-04 00:00 UTC, and the condition has not been false since;"))
        try scene.outcome("churned", on: 5)
        let resting = try scene.whyNot("high", on: 6)
        #expect(resting.situation == .resting)
        #expect(resting.sentence.hasPrefix("the company churned at 2026-03-06 00:00 UTC; its rules rest until"))
    }

    @Test("a clear that holds beside its condition is named as what keeps the flag from opening")
    func contradicted() throws {
        let scene = try FlagScene([rule("high", when: "trait(\"a\") > 1", clear: "trait(\"b\") > 1")])
        try scene.set(["a": 2, "b": 2], on: 1)
        #expect(try scene.whyNot("high").situation == .contradicted)
    }

    @Test("a forecast ends at its horizon, and where nothing can be said of the days that follow")
    func horizon() throws {
        let scene = try FlagScene([
            rule("idle", when: "user_idle_days > 300"), rule("soon", when: "user_idle_days > 9"),
        ])
        try scene.visit(on: 0)
        let far = try scene.whyNot("idle", on: 1)
        #expect(far.raisesAt == nil)
        #expect(far.quietUntil == FlagScene.at(1) + FlagEvaluator.forecastHorizon)
        #expect(far.sentence.hasSuffix("would not raise before 2026-06-30 00:00 UTC if nothing happens"))
        let blind = try scene.whyNot("soon", blindAfter: 5)
        #expect(blind.raisesAt == nil)
        #expect(blind.quietUntil == FlagScene.at(9) + 1)
    }
}

@Suite("rules test: both conditions with their values, and nothing raised")
struct RuleTestTests {
    private func test(_ scene: FlagScene, _ name: String) throws -> RuleTest {
        let rule = try #require(scene.evaluator.rules.flag(named: name))
        let now = scene.now
        let moment = Moment(now: now, today: now.utcDay, nextMidnight: (now.utcDay + 1).startUTC)
        let context = EvaluationContext(
            portrait: scene.subject, moment: moment, company: scene.company, names: scene.names)
        return rule.test(in: context, book: scene.book)
    }

    @Test("at_raise reads what the open flag remembers, and the values now where none is open")
    func atRaise() throws {
        let scene = try FlagScene([
            rule("drop", when: "trait(\"a\") < 5", clear: "trait(\"a\") > 2 * at_raise(trait(\"a\"))")
        ])
        try scene.set(["a": 6], on: 1)
        let before = try test(scene, "drop")
        #expect([before.when.verdict, before.clear?.verdict] == [.false, .false])
        #expect(before.clear?.neededTerms.map(\.term.threshold) == [.number(12)])
        try scene.set(["a": 3], on: 2)
        try scene.set(["a": 4], on: 3)
        let open = try test(scene, "drop")
        #expect(open.when.verdict == .true)
        #expect(open.clear?.neededTerms.map(\.term.threshold) == [.number(6)])
        #expect(scene.book.flagCount == 1)
    }

    @Test("a rule without clear has no second condition")
    func withoutClear() throws {
        let scene = try FlagScene([rule("high", when: "trait(\"a\") > 1 and trait(\"b\") > 1")])
        try scene.set(["a": 2], on: 1)
        let tested = try test(scene, "high")
        #expect(tested.clear == nil)
        #expect(tested.when.verdict == .unknown)
        #expect(tested.when.neededTerms.map(\.verdict) == [.true, .unknown])
    }
}
