import Testing
import UsageModel

@testable import Rules

@Suite("The grammar of expressions")
struct LanguageGrammarTests {
    static let sums: [(String, Double)] = [
        ("1 + 2 * 3", 7.0), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("12 / 3 / 2", 2), ("-2 * -3", 6),
        ("2 - -1", 3), ("1.5e2", 150), (".5 + 1.", 1.5), ("min(3, 1, 2)", 1), ("max(3, 1, 2)", 3),
        ("abs(1 - 4)", 3), ("7d / 1d", 7), ("36h / 1d", 1.5), ("2w / 1d", 14), ("90m / 1h", 1.5), ("90s / 1m", 1.5),
        ("1\n +\t1", 2),
    ]

    @Test("operators bind as everybody expects", arguments: sums)
    func arithmetic(text: String, value: Double) throws {
        #expect(try LanguageScene().value(text) == .number(value))
    }

    static let truths: [(String, Verdict)] = [
        ("true or false and false", Verdict.true), ("(true or false) and false", .false),
        ("not false and false", .false), ("not (false and false)", .true), ("not not true", .true),
        ("1 < 2 and 2 < 1 or 1 == 1", .true), ("not 1 > 2", .true), ("1 + 1 == 2", .true),
        ("2 in [1, 2]", .true), ("2 not in [1, 2]", .false), ("not 3 in [1, 2]", .true),
        ("\"a\" in [\"a\", 'b']", .true), ("'it\\'s' == \"it's\"", .true), ("true == false", .false),
        ("(1 < 2) != false", .true),
    ]

    @Test("not binds stronger than and, and stronger than or", arguments: truths)
    func logic(text: String, verdict: Verdict) throws {
        #expect(try LanguageScene().verdict(text) == verdict)
    }

    /// Text, and each mistake as `offset: message (suggestion)`.
    static let mistakes: [(String, [String])] = [
        ("", ["0: the expression ends where a value should stand"]),
        ("1 +", ["3: the expression ends where a value should stand"]),
        ("(1", ["2: the expression ends where \")\" should stand"]),
        ("1 2", ["2: unexpected number; expected the end of the expression"]),
        ("1 adn 2", ["2: unexpected \"adn\"; expected the end of the expression (did you mean \"and\"?)"]),
        ("1 < 2 < 3", ["6: comparisons cannot be chained (write a < b and b < c)"]),
        ("true && true", ["5: unexpected \"&&\" (did you mean \"and\"?)"]),
        (
            "true || !true",
            ["5: unexpected \"||\" (did you mean \"or\"?)", "8: unexpected \"!\" (did you mean \"not\"?)"]
        ),
        ("stage = \"a\"", ["6: unexpected \"=\" (did you mean \"==\"?)", "8: unknown stage \"a\""]),
        ("1 ; 2", ["2: unexpected \";\""]),
        ("\"open", ["0: the text that begins here has no closing quote"]),
        (
            "events(7days) > 1",
            ["7: unknown unit \"days\"; durations are written as 7d, 36h, 2w, 30m or 90s (did you mean \"7d\"?)"]
        ),
        ("seats_fill > 80%", ["13: percentages are written as fractions (write 80 % as 0.8)"]),
        ("9999999d > idle_days", ["0: \"9999999d\" is longer than ten years"]),
        ("1 in 2", ["5: unexpected number; expected a list such as [\"a\", \"b\"]"]),
        ("1 in []", ["6: unexpected \"]\"; expected a value"]),
        ("events(28d", ["10: the expression ends where \",\" or \")\" should stand"]),
        ("ü > 1", ["0: unexpected \"ü\""]),
    ]

    @Test("a broken expression is reported with its place and the fix", arguments: mistakes)
    func brokenText(text: String, expected: [String]) {
        #expect(throws: ExpressionError.self) { try LanguageScene().parse(text, purpose: .any) }
        do {
            _ = try LanguageScene().parse(text, purpose: .any)
        } catch let error as ExpressionError {
            #expect(error.mistakes.map(Self.brief) == expected)
        } catch {
            Issue.record("another error: \(error)")
        }
    }

    static func brief(_ mistake: ExpressionMistake) -> String {
        "\(mistake.offset): \(mistake.message)" + (mistake.suggestion.map { " (\($0))" } ?? "")
    }
}
