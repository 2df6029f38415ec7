import Portraits
import Testing
import UsageModel

@testable import Rules

@Suite("What missing events do to a rule")
struct RuleAbsenceTests {
    /// A condition and the age in days of the youngest missing event that can make it true.
    static let cases: [(String, Int?)] = [
        ("user_idle_days > 7", 0),
        ("idle_days >= 36h", 0),
        ("user_idle_days <= 7", nil),
        ("not user_idle_days <= 7", 0),
        ("events(28d) < 5", 0),
        ("5 > events(28d)", 0),
        ("events(28d) >= 5", nil),
        ("events(28d, ago: 3d) < 5", 3),
        ("events(28d) == 0", 0),
        ("active_users(28d, ago: 1d) < 0.5 * active_users(28d, ago: 29d)", 1),
        ("active_users(28d, ago: 1d) > 2 * active_users(28d, ago: 29d)", 29),
        ("events(7d) - events(7d, ago: 7d) < 0 - 5", 0),
        ("-1 * events(28d) > -5", 0),
        ("events(28d) * trait(\"weight\") > 5", 0),
        ("events(28d) / 4 >= 5", nil),
        ("events(28d) / users_total >= 5", 0),
        ("change(events(7d)) > 0.5", 0),
        ("abs(events(7d) - 5) > 2", 0),
        ("min(60, events(7d)) >= 40", nil),
        ("max(60, events(7d)) < 80", 0),
        ("amount(28d) > 5", 0),
        ("dau_mau > 0.5", 0),
        ("quick_ratio(28d, ago: 2d) > 1", 2),
        // Nothing moves them while no record comes.
        ("users_total < 2", nil),
        ("seats_fill < 1 and seats_util >= 0.5", nil),
        // With time beside them it does.
        ("users_total < 2 and known_days > 14", 0),
        ("events(lifetime) == 0 and age_days > 3", 0),
        ("trait(\"plan\") == \"pro\"", nil),
        ("days_until(\"renewal\") <= 60", nil),
        ("known_days > 60", nil),
        ("touch_idle_days > 30", nil),
        ("outcome == \"churned\"", nil),
        ("user_idle_days > 7 or known_days > 60", 0),
        ("last_user == \"ada\" and known_days > 60", 0),
        ("is_known(trait(\"seats\")) and known_days > 60", nil),
        ("not is_known(top_user_share(28d))", 0),
        ("score(\"sum\") >= 60", nil),
        ("score(\"sum\") < 60", 0),
        ("score(\"mean\") >= 60", 0),
        ("flag(\"quiet\")", 0),
        ("flag(\"busy\")", nil),
        ("segment(\"quiet\")", 0),
    ]

    @Test("the direction in which events move it decides", arguments: cases)
    func raise(when: String, ago: Int?) throws {
        let component = RuleSetDraft.Component(
            name: SourceText("c"), weight: 2, value: SourceText("events(14d)"))
        let rules = try LanguageScene.rules(
            flags: [("quiet", "user_idle_days > 7"), ("busy", "events(7d) > 7"), ("subject", when)],
            segments: [("quiet", "events(7d) < 7")],
            scores: [
                RuleSetDraft.Score(name: SourceText("sum"), combine: .sum, components: [component]),
                RuleSetDraft.Score(name: SourceText("mean"), combine: .mean, components: [component]),
            ])
        #expect(try #require(rules.flag(named: "subject")).absence.raise == ago)
    }

    @Test("without a clear, what makes the condition false clears")
    func implicitClear() throws {
        let rules = try LanguageScene.rules(flags: [("many", "events(7d) > 7"), ("few", "events(7d) < 7")])
        #expect(try #require(rules.flag(named: "many")).absence == RuleAbsence(raise: nil, clear: 0))
        #expect(try #require(rules.flag(named: "few")).absence == RuleAbsence(raise: 0, clear: nil))
    }

    @Test("a rule file cannot have a rule of a source's name")
    func names() {
        let error = #expect(throws: RuleSetError.self) {
            try LanguageScene.rules(flags: [("source:billing", "events(7d) > 7")])
        }
        #expect(error?.description.contains("names that begin with source: are of silent sources' flags") == true)
    }
}
