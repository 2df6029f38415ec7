import Testing
import UsageModel

@testable import Rules

@Suite("What the checker refuses, and the fix it names")
struct LanguageCheckTests {
    static let cases: [(String, [String])] = [
        // Names.
        ("idel_days > 7", ["0: unknown metric \"idel_days\" (did you mean \"idle_days\"?)"]),
        ("frobnicate > 7", ["0: unknown metric \"frobnicate\""]),
        (
            "actve_users(7d) > evnts(7d)",
            [
                "0: unknown metric \"actve_users\" (did you mean \"active_users\"?)",
                "18: unknown metric \"evnts\" (did you mean \"events\"?)",
            ]
        ),
        ("flag(\"idel\")", ["5: unknown flag \"idel\" (did you mean \"idle\"?)"]),
        ("score(\"helth\") > 1", ["6: unknown score \"helth\" (did you mean \"health\"?)"]),
        ("segment(\"bigg\")", ["8: unknown segment \"bigg\" (did you mean \"big\"?)"]),
        ("stage == \"laed\"", ["9: unknown stage \"laed\" (did you mean \"lead\"?)"]),
        ("stage == lead", ["9: unknown metric \"lead\" (a text stands in quotes: \"lead\")"]),
        ("stage in [\"lead\", \"lots\"]", ["18: unknown stage \"lots\" (did you mean \"lost\"?)"]),
        ("events(\"@cor\", 7d) > 1", ["7: unknown set \"@cor\" (did you mean \"@core\"?)"]),
        ("flag(idle)", ["5: flag needs a name in quotes (write flag(\"name\"))"]),
        // Arguments.
        ("idle_days() > 7", ["0: idle_days takes no arguments (write idle_days)"]),
        ("stage() == \"lead\"", ["0: stage takes no arguments (write stage)"]),
        ("events > 7", ["0: events needs arguments (write events(28d))"]),
        ("events(\"export\") > 7", ["7: events needs a window behind the task (write events(\"export\", 28d))"]),
        ("events(28) > 7", ["7: a window needs a unit (write 28d)"]),
        ("events(36h) > 7", ["7: windows are whole calendar days, not 36h (write 2d)"]),
        ("events(0d) > 7", ["7: a window has at least one day (write 1d)"]),
        ("events(7d + 7d) > 7", ["7: a window is a fixed number of days, as in 28d"]),
        ("events(7d, agoo: 1d) > 7", ["11: events takes no \"agoo\" (did you mean \"ago\"?)"]),
        ("events(7d, ago: 1d, ago: 2d) > 7", ["20: ago is given twice"]),
        ("users_total(7d) > 7", ["0: users_total takes no arguments (write users_total)"]),
        ("active_users(lifetime) > 7", ["13: active_users has no lifetime total (write active_users(28d))"]),
        ("events(lifetime, ago: 1d) > 7", ["22: a lifetime has no ago"]),
        ("change(seats_fill) > 1", ["7: change compares two windows (write change(events(28d)))"]),
        ("change(events(lifetime)) > 1", ["7: a lifetime does not change from window to window"]),
        ("power_curve(29) > 1", ["12: power_curve takes a number of days from 1 to 28"]),
        ("min(1) > 1", ["0: min and max take two or more arguments"]),
        ("is_known(1, 2)", ["0: is_known takes one argument, not 2 (write is_known(trait(\"seats\")))"]),
        ("at_raise(users_total) > 1", ["0: at_raise can stand in clear only: nothing has been raised before"]),
        // Horizons.
        (
            "events(401d) > 1",
            ["0: events(401d) reaches 401 days back, but events are kept by day for 400 (use at most 400d)"]
        ),
        (
            "events(300d, ago: 101d) > 1",
            [
                "0: events(300d, ago: 101d) reaches 401 days back, but events are kept by day for 400 (use at most 299d)"
            ]
        ),
        (
            "active_users(129d) > 1",
            [
                "0: active_users(129d) reaches 129 days back, but users are kept by day for 128 (use at most 128d)"
            ]
        ),
        (
            "dormant(65d) > 1",
            ["0: dormant(65d) reaches 130 days back, but users are kept by day for 128 (use at most 64d)"]
        ),
        (
            "change(active_users(65d)) > 1",
            [
                "7: active_users(65d) reaches 130 days back, but users are kept by day for 128 (use at most 64d)"
            ]
        ),
        ("trait(\"seats\", ago: 400d) > 1", ["0: the history of traits goes back 400 days (use at most ago: 399d)"]),
        // Types and units.
        (
            "events(28d)",
            ["0: a condition is needed here, but events(28d) is a number (compare it, as in events(28d) > 0)"]
        ),
        ("champion", ["0: a condition is needed here, but champion is a text"]),
        ("champion > 3", ["0: 3 is a number, but champion is a text"]),
        ("champion > \"m\"", ["0: texts are compared with == and != only"]),
        ("champion == 3", ["0: 3 is a number, but champion is a text"]),
        ("champion + 1 > 3", ["0: a number is needed here, but champion is a text"]),
        ("(1 > 2) == (2 > 1)", ["0: conditions cannot be compared (join them with and, or, not)"]),
        ("last_activity > 3", ["0: last_activity is a point in time and cannot be compared (use idle_days)"]),
        ("events(28d) > 7d", ["0: events(28d) is a number, but 7d is a duration (write 7)"]),
        ("active_days(28d) >= 36h", ["0: active_days(28d) is a number, but 36h is a duration (write 1.5)"]),
        (
            "idle_days > events(7d)",
            [
                "0: events(7d) is a number, but idle_days is a duration (idle_days / 1d is its number of days)"
            ]
        ),
        ("idle_days * age_days > 3", ["0: two durations cannot be multiplied"]),
        ("users_total in [\"a\"]", ["0: users_total is a number, but the list holds texts"]),
        ("users_total in [1, \"a\"]", ["16: a list holds texts or numbers, all of one kind"]),
    ]

    @Test("every mistake has its place, and a fix where there is one", arguments: cases)
    func mistakes(text: String, expected: [String]) throws {
        var scene = LanguageScene()
        let score = RuleSetDraft.Score(
            name: SourceText("health"), combine: .mean,
            components: [.init(name: SourceText("a"), weight: 1, value: SourceText("1"))])
        scene.rules = try LanguageScene.rules(
            flags: [("idle", "idle_days > 7")], stages: [("lead", "true"), ("lost", "true")],
            segments: [("big", "users_total > 9")], scores: [score], sets: [("core", [])])
        do {
            _ = try scene.parse(text, purpose: .condition)
            Issue.record("accepted: \(text)")
        } catch let error as ExpressionError {
            #expect(error.mistakes.map(LanguageGrammarTests.brief) == expected)
        }
    }

    @Test(
        "what lies just inside the horizons is accepted",
        arguments: [
            "events(400d) > 1", "events(lifetime) > 1", "events(\"x\", 1d, ago: 399d) > 1", "active_users(128d) > 1",
            "active_users(64d) < active_users(64d, ago: 64d)", "retained(64d) > 1", "change(active_users(64d)) > 1",
            "change(events(200d)) > 1", "trait(\"x\", ago: 399d) > 1", "touches(400d) > 1", "left(128d) > 1",
        ])
    func insideTheHorizon(text: String) throws {
        #expect(try LanguageScene().parse(text, purpose: .condition).isCondition)
    }

    @Test("the distance of edits counts swapped neighbours as one")
    func editDistance() {
        func distance(_ left: String, _ right: String) -> Int {
            Suggestion.editDistance(Array(left.utf8), Array(right.utf8))
        }
        #expect(distance("idel", "idle") == 1)
        #expect(distance("", "abc") == 3)
        #expect(distance("kitten", "sitting") == 3)
        #expect(distance("same", "same") == 0)
    }
}
