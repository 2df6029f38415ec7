import TestSupport
import Testing
import UsageModel

@testable import Rules

/// The cases of other systems' bug trackers that concern flags, on real records and portraits.
@Suite("Flags over real portraits")
struct FlagHistoryTests {
    @Test("the 99th event does not raise, the 100th does, the 101st and a restart do not raise again")
    func hundredthEvent() throws {
        let history = try FlagHistory([rule("limit", when: "events(\"call\", lifetime) >= 100")])
        try history.track("acme", "ann", "call", on: 1, count: 99)
        #expect(history.told() == [])
        try history.track("acme", "ann", "call", on: 2)
        #expect(history.told() == ["2 acme raised limit F1"])
        try history.restart()
        try history.track("acme", "ann", "call", on: 3)
        try history.restart()
        #expect(history.told() == [])
    }

    @Test("95 % used before the period's end, 3 % after renewal, then 85 %: raised in the new period as well")
    func newPeriod() throws {
        let history = try FlagHistory([rule("quota", when: "trait(\"used\") / trait(\"limit\") >= 0.8")])
        for (day, used) in [(1.0, 10), (29, 950), (30, 30), (45, 850)] {
            try history.group("acme", ["used": .int(used), "limit": .int(1000)], on: day)
        }
        #expect(
            history.told() == ["29 acme raised quota F1", "30 acme cleared quota F1", "45 acme raised quota F2"])
    }

    @Test("the first event of a period that jumps past the threshold raises")
    func jumpByFirstEvent() throws {
        let history = try FlagHistory([rule("burst", when: "events(1d) >= 1000")])
        try history.track("acme", "ann", on: 3.5, count: 5000)
        try history.advance(to: 10)
        #expect(history.told() == ["3.5 acme raised burst F1", "4 acme cleared burst F1"])
    }

    @Test("a counter that falls to exactly 0 as its window rolls on re-arms, at the company's midnight")
    func windowFallsToZero() throws {
        let history = try FlagHistory([rule("busy", when: "events(7d) >= 10", clear: "events(7d) == 0")])
        try history.track("acme", "ann", on: 1.25, count: 10)
        try history.advance(to: 20)
        try history.track("acme", "ann", on: 20.5, count: 10)
        #expect(
            history.told() == ["1.25 acme raised busy F1", "8 acme cleared busy F1", "20.5 acme raised busy F2"])
    }

    @Test("a percentage rule and an absolute rule on the same limit both raise")
    func percentageAndAbsolute() throws {
        let history = try FlagHistory([
            rule("percent", when: "events(\"call\", 28d) / trait(\"calls\") >= 0.8"),
            rule("absolute", when: "events(\"call\", 28d) >= 80"),
        ])
        try history.group("acme", ["calls": .int(100)], on: 0)
        try history.track("acme", "ann", "call", on: 1, count: 79)
        try history.track("acme", "ann", "call", on: 2)
        #expect(history.told() == ["2 acme raised percent F1", "2 acme raised absolute F2"])
    }

    @Test("a replay raises nothing again and ends with the same digest")
    func replay() throws {
        let history = try FlagHistory(
            [
                rule("idle", when: "user_idle_days > 7", cooldown: 3),
                rule("gone", when: "user_idle_days > 15", inhibits: ["idle"]),
                rule("quiet", when: "events(7d) < 3", hold: 2),
            ], stages: [("new", "known_days < 14"), ("settled", "known_days >= 14")])
        for day in stride(from: 0.5, to: 20, by: 1) { try history.track("acme", "ann", on: day) }
        for day in [0.1, 3.7, 11.2, 30.3] { try history.track("globex", "bob", on: day) }
        try history.advance(to: 60)
        let moves = history.moves.count
        #expect(moves > 10)
        try history.restart()
        try history.advance(to: 61)
        #expect(history.moves.count == moves)
        #expect(history.book.flagCount == Set(history.moves.compactMap(\.move.flag)).count)
    }

    @Test("ten days down across an idle deadline: one flag, dated at the true instant")
    func downtime() throws {
        let history = try FlagHistory([rule("idle", when: "user_idle_days > 7")])
        try history.track("acme", "ann", on: 2)
        try history.restart()
        try history.advance(to: 12, observed: 12)
        let flag = try #require(history.flag(1))
        #expect(flag.openedAt == FlagScene.at(9) + 1)
        #expect(flag.observed == FlagScene.at(12))
        try history.restart()
        try history.advance(to: 100)
        #expect(history.book.flagCount == 1)
    }

    @Test("a snooze survives restart and re-evaluation until its end, and then the flag opens")
    func snooze() throws {
        let history = try FlagHistory([rule("idle", when: "user_idle_days > 7")])
        try history.track("acme", "ann", on: 0)
        try history.act(.snooze(until: FlagScene.at(20)), on: 1, day: 8)
        try history.restart()
        try history.track("acme", nil, "nightly", on: 12)
        #expect(history.flag(1)?.state == .snoozed)
        try history.advance(to: 30)
        #expect(history.told().suffix(2) == ["8 acme snoozed idle F1", "20 acme woken idle F1"])
        #expect(history.flag(1)?.state == .open)
    }

    @Test("a nightly job that keeps writing does not hide that people have left")
    func nightlyJob() throws {
        let history = try FlagHistory([
            rule("idle", when: "user_idle_days > 7"), rule("silent", when: "idle_days > 7"),
        ])
        for day in 0...2 { try history.track("acme", "ann", on: Double(day)) }
        for day in 0...20 { try history.track("acme", nil, "backup", on: Double(day) + 0.1) }
        #expect(history.moves.map(\.move.rule) == ["idle"])
        #expect(history.moves.map(\.move.at) == [FlagScene.at(9) + 1])
    }

    @Test("a late event clears at its arrival what its absence had raised, and touches no other company")
    func lateEvent() throws {
        let history = try FlagHistory([rule("idle", when: "user_idle_days > 7")])
        try history.track("acme", "ann", on: 0)
        try history.track("globex", "bob", on: 0)
        try history.advance(to: 9)
        let globex = history.digests()[1]
        try history.track("acme", "ann", on: 5, arrival: 9.5)
        #expect(history.told().last == "9.5 acme cleared idle F1")
        #expect(history.digests()[1] == globex)
        #expect(history.flag(2)?.state == .open)
    }

    @Test("witnesses are the places of the last events in the log, and the evidence has both sides")
    func evidence() throws {
        let history = try FlagHistory([
            rule("idle", when: "user_idle_days > 7 and active_days(28d) >= 2", summary: "call {last_user}")
        ])
        for day in [0.0, 1, 2] { try history.track("acme", "ann", on: day) }
        try history.advance(to: 10)
        let move = try #require(history.moves.first?.move)
        #expect(move.witnesses == [3, 2, 1])
        #expect(move.raise?.summary == "call ann")
        #expect(move.evidence.map(\.term) == ["user_idle_days > 7", "active_days(28d) >= 2"])
        #expect(move.evidence.map(\.value) == [.double(7 + 1 / 86_400_000.0), .int(3)])
        #expect(move.evidence.map(\.threshold) == [.int(7), .int(2)])
        #expect(move.evidence.map(\.holds) == [true, true])
    }

    @Test("a company that is watched for idleness is not looked at while nothing happens")
    func noSweep() throws {
        let history = try FlagHistory([
            rule("idle", when: "user_idle_days > 7 and active_days(28d, ago: 8d) >= 4", clear: "active_users(1d) > 0"),
            rule(
                "gone", when: "user_idle_days > 15 and active_days(28d, ago: 16d) >= 8", clear: "active_users(1d) > 0"),
        ])
        for company in 0..<50 { try history.track("c\(company)", "ann", on: 0) }
        let looks = history.looks
        try history.advance(to: 300)
        // At 7 days, then at midnights until the visit has left both windows, at 44 days; each made twice.
        #expect(history.looks - looks <= 50 * 2 * 40)
        let looksThen = history.looks
        try history.advance(to: 1000)
        #expect(history.looks == looksThen)
        #expect(history.moves.isEmpty)
    }

    @Test("churned: churn flags are lost, the rules rest through silence, and a visit wakes them")
    func churned() throws {
        let history = try FlagHistory(
            [rule("idle", when: "user_idle_days > 7")],
            stages: [("lost", "outcome == \"churned\""), ("live", "known_days >= 0")])
        try history.track("acme", "ann", on: 0)
        try history.advance(to: 8)
        try history.outcome("acme", "churned", on: 9)
        try history.track("acme", nil, "backup", on: 20)
        try history.advance(to: 60)
        try history.restart()
        try history.track("acme", "ann", on: 61)
        try history.outcome("acme", "renewed", on: 62)
        #expect(
            history.told() == [
                "0 acme stage", "\(FlagScene.text(FlagScene.at(7) + 1)) acme raised idle F1", "9 acme closed idle F1",
                "9 acme resting", "9 acme stage", "61 acme resumed", "61 acme rearmed idle", "62 acme stage",
            ])
        #expect(history.flag(1)?.verdict == .lost)
    }

    @Test("a rule settled by an unknown part is looked at when that part becomes known, whatever moves came between")
    func settledByUnknown() throws {
        let history = try FlagHistory([
            rule("x", when: "user_idle_days >= 4.5", kind: .info),
            rule("y", when: "user_idle_days >= 4.1", kind: .info),
            // The window before has its first event on day 9: until then the change is unknown.
            rule("r", when: "change(events(7d, ago: 1d)) > -2 and (flag(\"x\") or events(\"login\", 7d) > 100)"),
        ])
        try history.track("acme", "ann", on: 1)
        try history.advance(to: 20)
        #expect(history.told().prefix(3) == ["5.1 acme raised y F1", "5.5 acme raised x F2", "9 acme raised r F3"])
    }

    @Test("what a look settles for the day keeps no later look from a flag", arguments: UInt64(1)...8)
    func settledForTheDay(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let history = try FlagHistory(
            [
                rule("halved", when: "events(7d, ago: 1d) < 0.5 * events(7d, ago: 8d) and events(7d, ago: 8d) >= 3"),
                rule("falling", when: "active_users(7d, ago: 1d) < active_users(7d, ago: 8d)", cooldown: 3),
                rule(
                    "idle", when: "user_idle_days > 2 and active_days(7d, ago: 3d) >= 2", clear: "active_users(1d) > 0"),
                rule("job", when: "events(\"job\", 3d, ago: 1d) >= 2", kind: .info, keep: 1),
                rule("seats", when: "seats_fill >= 1 or trait(\"plan\") == \"free\"", kind: .upsell),
                rule("new", when: "known_days > 3 and known_days < 9 and users_total < 3", hold: 0.5),
                rule("old", when: "not (known_days < 12) and not flag(\"idle\")", kind: .info),
                rule("gone", when: "champion_idle_days > 3 or days_until(\"renewal\") <= 2", kind: .churn),
            ],
            stages: [
                ("quiet", "user_idle_days > 3 or events(7d, ago: 1d) == 0"),
                ("steady", "active_days(7d, ago: 1d) >= 3"),
                ("busy", "events(1d) > 4"),
            ])
        var day = 0.0
        for _ in 0..<400 {
            day += Double(random.below(12)) / 24 + 0.01
            let company = "c\(random.below(3))"
            let user = "u\(random.below(6))"
            switch random.below(20) {
            case 0: try history.group(company, ["seats": .int(1 + Int(random.below(6)))], on: day)
            case 1: try history.group(company, ["plan": .string(random.below(2) == 0 ? "free" : "pro")], on: day)
            case 2:
                let renewal = FlagScene.at(day + Double(random.below(9))).utcDay.iso
                try history.group(company, ["renewal": .string(renewal)], on: day)
            case 3: try history.alias(user, to: "u\(6 + random.below(2))", on: day)
            case 4 where random.below(3) == 0: try history.outcome(company, "churned", on: day)
            case 5, 6: try history.track(company, user, on: max(0, day - Double(random.below(10))), arrival: day)
            case 7: try history.track(company, nil, "job", on: day)
            case 8: day += Double(random.below(5))
            default: try history.track(company, user, on: day, count: 1 + random.below(3))
            }
        }
        try history.advance(to: day + 30)
        #expect(Set(history.moves.map(\.move.rule)).count > 7)
    }
}
