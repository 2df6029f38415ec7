import Rules
import RulesFile
import Testing
import UsageModel

@Suite("What missing events do to the default rules")
struct DefaultRulesAbsenceTests {
    private let rules: RuleSet

    init() throws {
        let names = NameTable()
        rules = try RulesFile.parse(text: RulesFile.defaultText, fileName: "rules.yaml") { names.intern($0) }
    }

    /// The age in days of the youngest missing event that can raise the flag.
    static let raises: [(String, Int?)] = [
        ("gone_silent", 0), ("idle", 0), ("value_stopped", 0), ("champion_silent", 0), ("one_person", 0),
        ("onboarding_stalled", 0), ("unused_seats", 0), ("renewal_risk", 0),
        // Their windows leave today out.
        ("usage_halved", 1), ("users_falling", 1),
        // Events make them true; only a silence that reaches the window compared with can help.
        ("growing", 85), ("new_tasks", 29),
        ("seats_near", nil), ("seats_full", nil), ("lead_ready", nil),
    ]

    @Test("which can be raised by them, and by how old ones", arguments: raises)
    func raise(rule: String, ago: Int?) throws {
        #expect(try #require(rules.flag(named: rule)).absence.raise == ago)
    }

    /// The same for what clears it.
    static let clears: [(String, Int?)] = [
        ("gone_silent", nil), ("idle", nil), ("value_stopped", nil), ("usage_halved", nil), ("users_falling", nil),
        ("onboarding_stalled", nil), ("unused_seats", nil), ("renewal_risk", nil), ("seats_near", nil),
        ("seats_full", nil), ("champion_silent", 14), ("one_person", 0), ("growing", 1), ("new_tasks", 1),
        ("lead_ready", 0),
    ]

    @Test("which can be cleared by them, and by how old ones", arguments: clears)
    func clear(rule: String, ago: Int?) throws {
        #expect(try #require(rules.flag(named: rule)).absence.clear == ago)
    }

    @Test("every default rule is among the cases")
    func complete() {
        #expect(Set(Self.raises.map(\.0)) == Set(rules.flags.map(\.name)))
        #expect(Set(Self.clears.map(\.0)) == Set(rules.flags.map(\.name)))
    }
}
