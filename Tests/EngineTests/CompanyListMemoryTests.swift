import Rules
import TestSupport
import Testing
import UsageModel

@testable import Engine

@Suite("Lists of companies that are asked for again and again")
struct CompanyListMemoryTests {
    private static let rules = """
        flags:
        - {name: quiet, kind: churn, severity: low, when: user_idle_days > 1, clear: user_idle_days < 0.5}
        - {name: busy, kind: upsell, severity: low, when: events(1d) > 3}
        scores:
        - {name: use, combine: mean, components: [{name: a, weight: 1, value: 10 * events(7d)}]}
        """

    private static let questions: [(filter: String?, sort: String?)] = [
        ("events(7d) > 3 and idle_days < 2", "-events(7d)"), ("flag(\"quiet\") or flag(\"busy\")", "events(lifetime)"),
        (nil, "-idle_days"), ("user_idle_days > 0.7", nil), ("active_users(1d) >= 2", "-active_users(28d)"),
        ("known_days < 3", "score(\"use\")"), ("trait(\"plan\") == \"pro\"", "last_user"),
        ("events(\"late\", 7d) > 0", "-users_total"), (nil, "trait(\"plan\")"),
    ]

    /// The same question in words that nobody has asked in before.
    private static func anew(_ filter: String?, _ step: Int) -> String? {
        "true" + String(repeating: " ", count: step) + (filter.map { "and (\($0))" } ?? "and true")
    }

    @Test("come to what they would if nothing were remembered, however many are shown", arguments: 1...6)
    func random(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let scene = try WriterScene(rules: Self.rules, heartbeats: [:])
        var hours = 0.0
        for step in 1...60 {
            hours += random.chance(30) ? Double(random.within(1...40)) : 0.01
            var lines = ""
            for _ in 0..<random.within(0...4) {
                let company = "c\(random.within(0...9))"
                let user = "u\(random.within(0...5))"
                let time = WriterScene.at(max(0, hours - (random.chance(20) ? 30 : 0))).rfc3339
                switch random.within(0...11) {
                case 0:
                    lines +=
                        "{\"type\":\"group\",\"company\":\"\(company)\",\"traits\":{\"plan\":\(random.pick(["\"pro\"", "\"free\"", "7", "8", "true"]))}}\n"
                case 1: lines += "{\"type\":\"alias\",\"previousId\":\"v\(step)\",\"userId\":\"\(user)\"}\n"
                case 2:
                    lines +=
                        "{\"company\":\"\(company)\",\"user\":\"v\(step + 1)\",\"task\":\"late\",\"time\":\"\(time)\"}\n"
                default:
                    lines += "{\"company\":\"\(company)\",\"user\":\"\(user)\",\"task\":\"t\",\"time\":\"\(time)\"}\n"
                }
            }
            scene.clock.now = WriterScene.at(hours)
            if lines.isEmpty { try scene.turn(at: WriterScene.at(hours)) } else { try scene.send(lines) }
            let (filter, sort) = random.pick(Self.questions)
            let page = Page(limit: Int(random.within(1...12)))
            let remembered = try scene.ask(.companies(CompaniesQuery(sort: sort, filter: filter, page: page)))
            let anew = try scene.ask(
                .companies(CompaniesQuery(sort: sort, filter: Self.anew(filter, step), page: page)))
            #expect(remembered == anew, "step \(step): \(filter ?? "") by \(sort ?? "")")
        }
    }
}
