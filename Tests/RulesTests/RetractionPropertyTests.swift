import TestSupport
import Testing
import UsageModel

@testable import Rules

/// Random streams in which events are delayed; each flag is judged again from the list of all events.
@Suite("Retracted flags against brute force")
struct RetractionPropertyTests {
    private struct Visit {
        var company: String
        var user: String
        /// Milliseconds.
        var time: Int64

        var day: Int { Int(time.flooredQuotient(by: millisecondsPerDay)) }
    }

    private static let rules = [
        rule("idle", when: "user_idle_days > 4", clear: "user_idle_days < 1"),
        rule("few", when: "active_users(7d) < 2 and known_days > 8", clear: "active_users(7d) >= 4"),
        rule("busy", when: "events(7d) > 14", clear: "events(7d) < 9"),
        rule("crowd", when: "users_total >= 4", clear: "users_total < 3"),
    ]

    /// Whether the condition was false as of `then` whatever happened at minutes that are not kept. Days
    /// before the raise's own are exact; its own counts as a whole, as possible, unless a user's last visit
    /// (for counts of events: anybody's) is known to have come before.
    private func isDefinitelyFalse(_ rule: String, _ visits: [Visit], then: Int64, late: [Int64]) -> Bool {
        let day = Int(then.flooredQuotient(by: millisecondsPerDay))
        let byUser = Dictionary(grouping: visits, by: \.user)
        let week = (day - 6)...day
        switch rule {
        case "idle":
            let lastOfDays = byUser.values.flatMap { own in
                Dictionary(grouping: own, by: \.day).values.compactMap { $0.map(\.time).max() }
            }
            let known = lastOfDays + late + [visits.map(\.time).min() ?? .max]
            guard let last = known.filter({ $0 < then }).max() else { return false }
            return then - last <= 4 * millisecondsPerDay
        case "few":
            let active = byUser.values.count { own in
                own.contains { week.contains($0.day) && $0.day < day }
                    || own.contains { $0.day == day } && own.allSatisfy { $0.day != day || $0.time < then }
            }
            let isYoung = (visits.map(\.time).min() ?? then) >= then - 8 * millisecondsPerDay
            return active >= 2 || isYoung
        case "busy":
            return visits.count { week.contains($0.day) } <= 14
        default:
            return byUser.values.count { ($0.map(\.time).min() ?? .max) <= then } < 4
        }
    }

    @Test("a flag is retracted exactly if it was definitely false, by all that is known", arguments: 1...12)
    func random(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let history = try FlagHistory(Self.rules)
        var visits: [Visit] = []
        var retracted: Set<UInt64> = []
        var aliases: [String: String] = [:]
        var now = 0.0
        var checked = 0
        for _ in 0..<260 {
            now += Double(random.within(0...(random.chance(8) ? 600 : 60))) / 100
            let company = random.pick(["acme", "globex"])
            if aliases.count < 3, random.chance(3) {
                let old = "u\(5 + aliases.count)"
                let new = "u\(random.within(0...4))"
                aliases[old] = new
                try history.alias(old, to: new, on: now)
                for index in visits.indices where visits[index].user == old { visits[index].user = new }
                for name in ["acme", "globex"] {
                    try check(name, late: [nil])
                }
                continue
            }
            let user = "u\(random.within(0...7))"
            let lateness = random.chance(35) ? Double(random.within(0...1_500)) / 100 : 0
            let time = FlagScene.at(now - lateness)
            try history.track(company, user, on: now - lateness, arrival: now)
            visits.append(Visit(company: company, user: aliases[user] ?? user, time: time.milliseconds))
            try check(company, late: [time.milliseconds])
        }
        /// Judges what the late record of `company` makes suspect.
        func check(_ company: String, late: [Int64?]) throws {
            let own = visits.filter { $0.company == company }
            for number in 1...max(1, UInt64(history.book.flagCount)) {
                guard let flag = history.flag(number), history.names.name(flag.company) == company,
                    !retracted.contains(number)
                else { continue }
                let then = flag.openedAt.milliseconds
                let isSuspect = late.contains { $0.map { $0 < then } ?? true }
                if isSuspect,
                    isDefinitelyFalse(
                        flag.rule, own, then: then, late: late.compactMap { $0 }.filter { $0 < then })
                {
                    retracted.insert(number)
                }
                checked += 1
                try #require(
                    (flag.retractedAt != nil) == retracted.contains(number),
                    "seed \(seed), after \(visits.count) visits: \(flag.rule) of \(company), raised at \(flag.openedAt)"
                )
            }
        }
        #expect(checked > 300)
        #expect(!retracted.isEmpty)
        try history.restart()
    }
}
