import TestSupport
import Foundation
import Rules
import RulesFile
import Testing
import UsageModel

@Suite("The default rules")
struct DefaultRulesTests {
    @Test("the constant in the program is config/rules.yaml; WRITE_GOLDEN=1 makes it so")
    func constantEqualsFile() throws {
        let text = try String(contentsOf: Repository.root.appending(path: "config/rules.yaml"), encoding: .utf8)
        if Repository.writesGolden { try Self.write(text) }
        #expect(RulesFile.defaultText == text)
    }

    private static func write(_ text: String) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var source = """
            // Made from config/rules.yaml by `WRITE_GOLDEN=1 swift test --filter DefaultRulesTests`; edit that file.

            extension RulesFile {
                /// The text of config/rules.yaml: the rules of a daemon that is given none.
                public static let defaultText = #\"""

            """
        for line in lines { source += line.isEmpty ? "\n" : "        \(line)\n" }
        source += "        \"\"\"#\n}\n"
        try source.write(
            to: Repository.root.appending(path: "Sources/RulesFile/DefaultRules.swift"), atomically: true,
            encoding: .utf8)
    }

    @Test("they parse without a mistake or a warning")
    func noWarnings() throws {
        let names = NameTable()
        let rules = try RulesFile.parse(text: RulesFile.defaultText, fileName: "rules.yaml") { names.intern($0) }
        #expect(rules.warnings.isEmpty)
        #expect(rules.flags.count == 15)
        #expect(Set(rules.flags.map(\.kind)) == [.churn, .upsell, .lead])
        #expect(rules.stages.map(\.name).first == "lost")
        #expect(rules.stages.map(\.name).contains("loyal"))
        #expect(rules.scores.map(\.name) == ["health", "attention"])
        #expect(rules.sets.filter(\.tasks.isEmpty).map(\.name) == ["core", "login"])
        let silent = try #require(rules.flag(named: "gone_silent"))
        #expect(silent.cooldown == 28 * millisecondsPerDay)
        #expect(silent.inhibits == ["idle", "usage_halved", "users_falling"])
        let idle = try #require(rules.flag(named: "idle"))
        #expect(idle.due == 2 * millisecondsPerDay)
        #expect(idle.inhibitedBy == [silent.index])
        // A column of a list holds some 24 letters; expressions print shorter than they are written.
        for rule in rules.flags { #expect(rule.brief != nil, "\(rule.name) has no brief") }
    }

    @Test("each rule stands under a comment that says why")
    func comments() {
        let lines = RulesFile.defaultText.split(separator: "\n", omittingEmptySubsequences: false)
        var items = 0
        for (index, line) in lines.enumerated() where line.hasPrefix("  - name:") || line.hasPrefix("  - {name:") {
            items += 1
            #expect(lines[index - 1].hasPrefix("  # ") || line.contains("name: lead,"), "no comment above \(line)")
        }
        #expect(items == 15 + 2 + 8 + 4)
    }
}
