import TestSupport
import Portraits
import Testing
import UsageModel

@testable import Rules

@Suite("Rules that name each other")
struct LanguageRuleSetTests {
    private func score(
        _ name: String, _ combine: ScoreRule.Combination, _ parts: [(Double, String)]
    ) -> RuleSetDraft.Score {
        RuleSetDraft.Score(
            name: SourceText(name), combine: combine,
            components: parts.enumerated().map {
                .init(name: SourceText("c\($0.offset)"), weight: $0.element.0, value: SourceText($0.element.1))
            })
    }

    @Test("a flag comes behind those that it names, and the file's order is kept beside")
    func order() throws {
        let rules = try LanguageScene.rules(
            flags: [
                ("last", "flag(\"middle\") and flag(\"first\")"), ("middle", "segment(\"s\")"),
                ("first", "users_total > 1"),
            ],
            segments: [("s", "flag(\"first\")")])
        #expect(rules.flags.map(\.name) == ["first", "middle", "last"])
        #expect(rules.flags.map(\.index) == [0, 1, 2])
        #expect(rules.fileOrder.map { rules.flags[$0].name } == ["last", "middle", "first"])
        #expect(rules.flagsBeforeStages == 0)
    }

    @Test("flags that a stage names are evaluated before the stages")
    func stagesBehindFlags() throws {
        let rules = try LanguageScene.rules(
            flags: [("after", "stage == \"bad\""), ("plain", "users_total > 1"), ("before", "users_total > 2")],
            stages: [("bad", "flag(\"before\") or stage_days > 3")])
        #expect(rules.flags.map(\.name) == ["before", "after", "plain"])
        #expect(rules.flagsBeforeStages == 1)
    }

    @Test("an inhibitor comes before what it inhibits, unless conditions demand otherwise")
    func inhibitors() throws {
        func compile(_ strongWhen: String) throws -> RuleSet {
            var draft = RuleSetDraft(fileName: "scene.yaml", text: "")
            var strong = RuleSetDraft.Flag(
                name: SourceText("strong"), kind: .churn, severity: .high, when: SourceText(strongWhen))
            strong.inhibits = [SourceText("weak")]
            draft.flags = [
                RuleSetDraft.Flag(
                    name: SourceText("weak"), kind: .churn, severity: .low, when: SourceText("users_total > 1")),
                strong,
            ]
            return try RuleSet.compile(draft) { _ in .none }
        }
        let plain = try compile("users_total > 2")
        #expect(plain.flags.map(\.name) == ["strong", "weak"])
        #expect(plain.flags[1].inhibitedBy == [0])
        let bound = try compile("flag(\"weak\")")
        #expect(bound.flags.map(\.name) == ["weak", "strong"])
        #expect(bound.flags[0].inhibitedBy == [1])
    }

    @Test("flag, segment and stage are read from the look's context")
    func references() throws {
        var scene = LanguageScene()
        scene.rules = try LanguageScene.rules(
            flags: [("a", "true"), ("b", "true")], stages: [("lead", "true"), ("lost", "true")],
            segments: [("big", "users_total > 9"), ("huge", "segment(\"big\") and users_total > 99")])
        scene.openFlags[1] = true
        scene.stage = "lead"
        scene.table.values[.usersTotal] = .number(50)
        #expect(try scene.verdict("flag(\"b\") and not flag(\"a\")") == .true)
        #expect(try scene.verdict("segment(\"big\") and not segment(\"huge\")") == .true)
        #expect(try scene.verdict("stage == \"lead\"") == .true)
        #expect(try scene.verdict("stage in [\"lost\"]") == .false)
        scene.stage = nil
        #expect(try scene.verdict("stage == \"lead\"") == .unknown)
    }

    @Test("a mean counts known components only, held to 0…100; a sum adds them as they are")
    func scores() throws {
        var scene = LanguageScene()
        scene.rules = try LanguageScene.rules(scores: [
            score("mean", .mean, [(3, "users_total"), (1, "seats_fill"), (2, "-5"), (2, "500")]),
            score("sum", .sum, [(3, "users_total"), (1, "seats_fill"), (2, "-5"), (2, "500")]),
            score("none", .mean, [(1, "seats_fill")]), score("of scores", .sum, [(2, "score(\"sum\")")]),
        ])
        scene.table.values[.usersTotal] = .number(40)
        let mean = scene.rules.scores[0].value(in: scene.context())
        let expectedMean: Double = 320.0 / 7
        #expect(mean.value == expectedMean)
        #expect(mean.coverage == 7.0 / 8)
        #expect(mean.contributions.map(\.value) == [40, nil, 0, 100])
        let added: Double = mean.contributions.compactMap(\.contribution).reduce(0, +)
        #expect(abs(added - expectedMean) < 1e-9)
        let sum = scene.rules.scores[1].value(in: scene.context())
        #expect(sum.value == 1_110)
        #expect(try scene.value("score(\"mean\")") == .number(expectedMean))
        #expect(try scene.value("score(\"sum\")") == .number(1_110))
        #expect(try scene.value("score(\"of scores\")") == .number(2_220))
        #expect(try scene.value("score(\"none\")") == .unknown)
        #expect(scene.rules.scores[2].value(in: scene.context()).coverage == 0)
    }

    @Test("a version changes with what the rule says and uses, and with nothing else")
    func versions() throws {
        func version(when: String = "segment(\"s\") and events(\"@core\", 7d) > 1", segment: String, tasks: [String])
            throws -> String
        {
            try LanguageScene.rules(
                flags: [("a", when), ("other", segment)], segments: [("s", segment)], sets: [("core", tasks)]
            ).flag(named: "a")?.version ?? ""
        }
        let base = try version(segment: "users_total > 1", tasks: ["x"])
        #expect(base.count == 16)
        #expect(try version(segment: "users_total > 1", tasks: ["x"]) == base)
        #expect(try version(segment: "users_total > 2", tasks: ["x"]) != base)
        #expect(try version(segment: "users_total > 1", tasks: ["y"]) != base)
        let alone = try version(when: "users_total > 1", segment: "users_total > 1", tasks: ["x"])
        #expect(try version(when: "users_total > 1", segment: "users_total > 2", tasks: ["y"]) == alone)
    }

    @Test("at_raise reads what was remembered, under the text it had")
    func atRaise() throws {
        let scene = LanguageScene()
        var draft = RuleSetDraft(fileName: "scene.yaml", text: "")
        var flag = RuleSetDraft.Flag(
            name: SourceText("a"), kind: .info, severity: .low, when: SourceText("users_total > 1"))
        flag.clear = SourceText(
            "users_total >= 0.5 * at_raise( users_total ) or champion != at_raise(champion) or idle_days > at_raise(idle_days)"
        )
        draft.flags = [flag]
        let rules = try RuleSet.compile(draft) { _ in .none }
        let clear = try #require(rules.flags[0].clear)
        #expect(clear.atRaiseArguments.map(\.text) == ["users_total", "champion", "idle_days"])
        scene.table.values[.usersTotal] = .number(40)
        scene.table.values[.champion] = .text("u1")
        scene.elapsed(.idleDays, days: 3)
        let remembered = clear.atRaiseArguments.map { $0.expression.value(in: scene.context()) }
        #expect(remembered == [.number(40), .text("u1"), .number(3)])
        scene.table.values[.usersTotal] = .number(19)
        #expect(clear.verdict(in: scene.context(atRaise: remembered)) == .false)
        scene.table.values[.usersTotal] = .number(20)
        #expect(clear.verdict(in: scene.context(atRaise: remembered)) == .true)
        #expect(clear.verdict(in: scene.context()) == .unknown)
    }

    @Test("the terms of a condition are its leaves with both values")
    func terms() throws {
        let scene = LanguageScene()
        scene.elapsed(.userIdleDays, days: 8)
        scene.table.values[.trait("plan", ago: 0)] = .text("pro")
        let text = """
            user_idle_days  > 7 and not (users_total * 2 < 3 or trait("plan") in ["free", "pro"]) and is_known(champion)
            """
        let terms = try scene.parse(text, purpose: .condition).terms(in: scene.context())
        let expected = [
            Term(
                text: "user_idle_days > 7", metric: "user_idle_days", value: .number(8), comparison: ">",
                threshold: .number(7), verdict: .true),
            Term(
                text: "users_total * 2 < 3", metric: "users_total * 2", value: .unknown, comparison: "<",
                threshold: .number(3), verdict: .unknown),
            Term(
                text: "trait(\"plan\") in [\"free\", \"pro\"]", metric: "trait(\"plan\")", value: .text("pro"),
                comparison: "in", threshold: .text("[\"free\", \"pro\"]"), verdict: .true),
            Term(
                text: "is_known(champion)", metric: "is_known(champion)", value: .truth(false), comparison: "",
                threshold: .unknown, verdict: .false),
        ]
        #expect(terms == expected)
    }
}

@Suite("Summaries")
struct LanguageSummaryTests {
    private func summary(_ text: String, _ scene: LanguageScene) throws -> String {
        var draft = RuleSetDraft(fileName: "scene.yaml", text: "")
        var flag = RuleSetDraft.Flag(name: SourceText("a"), kind: .info, severity: .low, when: SourceText("true"))
        flag.summary = SourceText(text)
        draft.flags = [flag]
        return try RuleSet.compile(draft) { scene.names.intern($0) }.flags[0].summary.text(in: scene.context())
    }

    static let cases: [(String, String)] = [
        ("Nobody at {company} for {user_idle_days:0} days; call {last_user}", "Nobody at acme for 8 days; call u2"),
        ("{user_idle_days}", "7.5"), ("{user_idle_days:3}", "7.500"), ("{users_total}", "3"), ("{1 / 3}", "0.33"),
        ("{-1 / 3:1}", "-0.3"), ("{2 / 3:6}", "0.666667"), ("{-0.4:0}", "0"), ("{seats_fill:0} %", "unknown %"),
        ("{users_total > 2}", "true"), ("{{{users_total}}}", "{3}"), ("no braces", "no braces"), ("", ""),
        ("{trait(\"a } b\")}", "x"), ("{events(28d, ago: 1d):0}", "1234568"), ("{1e18:0}", "1000000000000000000"),
        ("{9e19:2}", "9e+19"), ("Fünf: {users_total}", "Fünf: 3"),
    ]

    @Test("braces hold expressions and decimals", arguments: cases)
    func text(template: String, expected: String) throws {
        let scene = LanguageScene()
        scene.elapsed(.userIdleDays, days: 7.5)
        scene.table.values[.lastUser] = .text("u2")
        scene.table.values[.usersTotal] = .number(3)
        scene.table.values[.trait("a } b", ago: 0)] = .text("x")
        scene.table.values[.events(.all, Window(days: 28, ago: 1))] = .number(1_234_567.6)
        #expect(try summary(template, scene) == expected)
    }

    @Test("a brief says what it knows, and nothing where a value is unknown")
    func brief() throws {
        let scene = LanguageScene()
        scene.table.values[.usersTotal] = .number(3)
        func brief(_ text: String) throws -> String? {
            var draft = RuleSetDraft(fileName: "scene.yaml", text: "")
            var flag = RuleSetDraft.Flag(name: SourceText("a"), kind: .info, severity: .low, when: SourceText("true"))
            flag.brief = SourceText(text)
            draft.flags = [flag]
            return try RuleSet.compile(draft) { scene.names.intern($0) }.flags[0].brief?.knownText(in: scene.context())
        }
        #expect(try brief("{users_total} users") == "3 users")
        #expect(try brief("{users_total} of {trait(\"seats\")} seats") == nil)
        #expect(throws: RuleSetError.self) { try brief("{user_total} users") }
        #expect(throws: RuleSetError.self) { try brief(String(repeating: "x", count: 257)) }
    }
}

@Suite("Hostile expressions")
struct LanguageLimitTests {
    private func mistakes(_ text: String, rules: RuleSet = .empty) -> [String] {
        do {
            _ = try Expression.parse(text, purpose: .any, rules: rules) { _ in .none }
            return []
        } catch {
            return error.mistakes.map(\.message)
        }
    }

    @Test("depth is bounded, in brackets, signs, negations and calls")
    func depth() {
        let limit = "the expression is nested deeper than \(ExpressionLimits.depth) levels"
        for (open, middle, close) in [
            ("(", "1", ")"), ("-", "1", ""), ("not ", "true", ""), ("min(1, ", "1", ")"), ("abs(", "1", ")"),
        ] {
            let count = 350
            let text = String(repeating: open, count: count) + middle + String(repeating: close, count: count)
            #expect(mistakes(text) == [limit], "\(open)")
        }
        let sum = Array(repeating: "1", count: 500).joined(separator: " + ")
        #expect(mistakes(sum) == [limit])
        // A chain of `and` is one level, however long.
        let chain = Array(repeating: "users_total > 1", count: 400).joined(separator: " and ")
        #expect(mistakes(chain) == [])
    }

    @Test("length is bounded")
    func length() {
        let long = String(repeating: " ", count: ExpressionLimits.byteCount) + "1"
        #expect(mistakes(long) == ["the expression has 8193 bytes; at most 8192 are allowed"])
        let wordy = String(repeating: "1+", count: 1_500) + "1"
        #expect(mistakes(wordy) == ["the expression has more than 2000 words and signs"])
        let text = "champion == \"" + String(repeating: "x", count: 300) + "\""
        #expect(mistakes(text) == ["a text may have at most 256 bytes"])
    }

    @Test("segments that double each other are refused before they are ever evaluated")
    func doubling() throws {
        var segments = [("s0", "users_total > 1")]
        for level in 1...40 {
            segments.append(("s\(level)", "segment(\"s\(level - 1)\") or not segment(\"s\(level - 1)\")"))
        }
        do {
            _ = try LanguageScene.rules(segments: segments)
            Issue.record("accepted")
        } catch {
            let first = try #require((error as? RuleSetError)?.diagnostics.first)
            #expect(first.message.contains("takes more than 20000 steps"))
        }
    }

    @Test("random bytes and random tokens never trap")
    func noise() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        let words =
            Vocabulary.words + [
                "and", "or", "not", "in", "(", ")", "[", "]", ",", ":", "28d", "3", "\"x\"", "<", "-", "*",
            ]
        var accepted = 0
        for round in 0..<3_000 {
            let count = Int.random(in: 0...12, using: &random)
            let text =
                round % 3 == 0
                ? String(decoding: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self)
                : (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined(separator: " ")
            let found = mistakes(text)
            if found.isEmpty { accepted += 1 }
        }
        // Something must get through, or the noise is too wild to test anything behind the lexer.
        #expect(accepted > 5, "seed \(seed)")
    }
}
