import TestSupport
import Testing
import UsageModel

@testable import Rules

@Suite("Looks that events of today need not have")
struct EventSlackTests {
    /// Each at a number that a company of this test passes now and then.
    private static let conditions = [
        "events(1d) >= 40", "events(7d) < 60", "events(lifetime) > 300", "events(\"call\", 1d) >= 3",
        "events(\"mail\", 7d) == 0", "events(\"call\", lifetime) == events(lifetime)", "active_users(1d) >= 4",
        "active_users(7d) <= 2", "users_total > 5", "new_users(7d) >= 3", "active_days(28d) >= 6",
        "tasks_used(7d) >= 3",
        "top_user_share(28d) >= 0.6", "top_user_share(7d) < 0.3", "seats_fill >= 0.9", "seats_fill >= 0.6",
        "seats_util < 0.4", "seats_util >= 0.7", "events(2d, ago: 1d) >= 9", "active_users(7d, ago: 1d) >= 4",
        "user_idle_days > 3", "idle_days <= 2", "age_days >= 5", "known_days < 9", "retained(7d) >= 2",
        "resurrected(7d) >= 1", "dormant(7d) > 2", "quick_ratio(7d) > 1", "dau_mau > 0.4",
        "2 * active_users(7d) + events(1d) / 5 >= 14", "events(1d) > 3 * active_users(1d)",
        "abs(events(1d) - 20) < 4", "min(events(1d), 30) >= 25", "max(active_users(1d), 2) == 2",
        "is_known(top_user_share(28d))", "not (events(1d) >= 25)", "events(1d) in [10, 20, 30]",
        "change(events(1d)) > 0.5", "champion_idle_days > 4", "amount(1d) > 100",
        "events(1d) > 10 and active_users(1d) >= 3", "events(1d) > 30 or users_total >= 6",
        "user_idle_days < 1 and events(7d) >= 50", "score(\"use\") >= 50", "score(\"sum\") > 30",
    ]

    private static func score(
        _ name: String, _ combine: ScoreRule.Combination, _ values: [String]
    ) -> RuleSetDraft.Score {
        RuleSetDraft.Score(
            name: SourceText(name), combine: combine,
            components: values.enumerated().map {
                .init(name: SourceText("part\($0.offset)"), weight: 1, value: SourceText($0.element))
            })
    }

    @Test("each would have come to nothing, whatever the rules")
    func random() throws {
        let spared = try (1...120).map { try looksSpared(seed: $0) }
        // Some rules need a look after every event; those that do not must be among those that were drawn.
        #expect(spared.count { $0 > 100 } >= 40)
    }

    /// A history checks each look that it spares.
    private func looksSpared(seed: UInt64) throws -> Int {
        var random = SeededRandom(seed: seed)
        let flags = (0..<2).map { index in
            rule(
                "r\(index)", when: random.pick(Self.conditions),
                clear: random.chance(50) ? random.pick(Self.conditions) : nil)
        }
        let history = try FlagHistory(
            flags, stages: [("first", "events(1d) < 12"), ("second", "active_users(7d) > 2"), ("rest", "true")],
            scores: [
                Self.score("use", .mean, ["100 * active_users(1d) / 5", "events(7d)", "100 * seats_fill"]),
                Self.score("sum", .sum, ["events(1d) / 2", "min(5, active_users(1d))"]),
            ])
        var now = 0.0
        for _ in 0..<300 {
            // Most of the time seconds pass, now and then hours or days.
            now += random.chance(4) ? Double(random.within(0...300)) / 100 : Double(random.within(0...20)) / 100_000
            let company = random.pick(["acme", "acme", "globex"])
            switch random.within(0...99) {
            case 0...1: try history.group(company, ["seats": .number("\(random.within(4...12))")], on: now)
            case 2: try history.alias("u\(random.within(4...8))", to: "u\(random.within(0...3))", on: now)
            case 3...7:
                let time = max(0, now - Double(random.within(-20...300)) / 100)
                try history.track(company, "u\(random.within(0...8))", on: time, arrival: now)
            default:
                try history.track(
                    company, random.chance(6) ? nil : "u\(random.within(0...8))",
                    random.pick(["work", "work", "work", "call", "mail"]), on: now,
                    count: UInt64(random.chance(3) ? random.within(2...9) : 1))
            }
        }
        return history.looksSpared
    }

    @Test("an event that makes the company older than was known is looked at")
    func olderThanKnown() throws {
        let history = try FlagHistory([rule("grown", when: "known_days >= 12h")])
        try history.track("acme", "ada", on: 1.60)
        try history.track("acme", "ada", on: 1.61)
        try history.track("acme", "ada", on: 1.10, arrival: 1.65)
        #expect(history.told() == ["1.65 acme raised grown F1"])
    }

    @Test("a condition to clear that is taken anew at each look is asked at each")
    func movingBase() throws {
        // `clear` holds, and keeps the flag from opening, until two more have been active today than yesterday.
        let history = try FlagHistory([
            rule(
                "base", when: "active_users(1d, ago: 1d) >= 1",
                clear: "active_users(1d, ago: 1d) >= at_raise(active_users(1d)) - 1")
        ])
        // Known before, since a user who is new to the company is out of the common.
        for user in ["cy", "di"] { try history.track("acme", user, on: 0.5) }
        for user in ["ada", "bob"] { try history.track("acme", user, on: 1.5) }
        for (step, user) in ["ada", "bob", "cy", "di"].enumerated() {
            try history.track("acme", user, on: 2.1 + Double(step) / 100)
        }
        #expect(history.told() == ["2.13 acme raised base F1"])
    }

    @Test("a company at work is looked at when a number comes near, and not before")
    func counts() throws {
        let history = try FlagHistory([rule("busy", when: "events(1d) >= 1000")])
        for step in 1...999 { try history.track("acme", "ada", on: 1 + Double(step) / 100_000) }
        #expect(history.told().isEmpty)
        #expect(history.looksSpared >= 980)
        try history.track("acme", "ada", on: 1.5)
        #expect(history.told() == ["1.5 acme raised busy F1"])
    }
}
