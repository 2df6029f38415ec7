import TestSupport
import Portraits
import Testing
import UsageModel

@testable import Rules

@Suite("When a condition may change by time alone")
struct LanguageDeadlineTests {
    private let day = millisecondsPerDay

    /// Idle for two days at the scene's now, ten days old, half a day in its stage: the condition and
    /// the milliseconds until it turns, nil for never.
    static let turns: [(String, Int64?)] = [
        ("idle_days > 7", fiveDays + 1), ("idle_days >= 7", fiveDays), ("idle_days < 7", fiveDays),
        ("idle_days <= 7", fiveDays + 1), ("idle_days == 7", fiveDays), ("idle_days != 7", fiveDays),
        ("idle_days > 1", nil), ("idle_days <= 1", nil), ("idle_days == 2", 1), ("idle_days > 2", 1),
        ("idle_days >= 2", nil), ("idle_days < -1", nil), ("7 < idle_days", fiveDays + 1),
        ("idle_days * 2 > 7", 129_600_001),
        // Rounded to whole milliseconds, a third reaches the day half a millisecond early.
        ("idle_days / 3 >= 1d", 86_399_999), ("0 - idle_days < -7", fiveDays + 1),
        ("idle_days - 1d > 7d - 1d", fiveDays + 1), ("max(idle_days, 6d) > 7", 4 * millisecondsPerDay + 1),
        // They meet after six days; the half of an odd millisecond is rounded up.
        ("idle_days > 0.5 * age_days", 6 * millisecondsPerDay + 2), ("idle_days / 1d > 7", fiveDays + 1),
        ("stage_days > 1", 43_200_001), ("is_known(idle_days)", nil), ("not idle_days > 7", fiveDays + 1),
    ]
    private static let fiveDays = 5 * millisecondsPerDay

    @Test("comparisons of elapsed time turn at the exact millisecond", arguments: turns)
    func exact(text: String, delay: Int64?) throws {
        var scene = LanguageScene()
        scene.elapsed(.idleDays, days: 2)
        scene.elapsed(.ageDays, days: 10)
        scene.stageSince = scene.now + -day / 2
        #expect(try scene.deadline(text) == delay.map { scene.now + $0 })
    }

    @Test("daily metrics change at the company's midnight, a false partner with a later turn waits for its own")
    func daily() throws {
        let scene = LanguageScene()
        scene.elapsed(.userIdleDays, days: 2)
        scene.table.values[.activeDays(Window(days: 28, ago: 8))] = .number(9)
        scene.table.values[.usersTotal] = .number(1)
        let turn = scene.now + 5 * day + 1
        #expect(try scene.deadline("active_days(28d, ago: 8d) >= 4") == LanguageScene.midnight)
        #expect(try scene.deadline("active_days(28d, ago: 8d) >= 4 and user_idle_days > 7") == turn)
        #expect(try scene.deadline("active_days(28d, ago: 8d) >= 4 or user_idle_days > 7") == LanguageScene.midnight)
        #expect(try scene.deadline("active_days(28d, ago: 8d) < 4 or user_idle_days > 1") == nil)
        #expect(try scene.deadline("active_days(28d, ago: 8d) >= 4 and users_total > 1") == nil)
        #expect(try scene.deadline("not (active_days(28d, ago: 8d) >= 4 and users_total > 1)") == nil)
    }

    @Test("what midnight cannot change is not looked at")
    func settled() throws {
        let scene = LanguageScene()
        let metric = Metric.events(.all, Window(days: 28))
        scene.table.values[metric] = .number(0)
        #expect(try scene.deadline("events(28d) > 1") == LanguageScene.midnight)
        scene.table.settled = [metric]
        #expect(try scene.deadline("events(28d) > 1") == nil)
        // A date that was never sent cannot come nearer.
        #expect(try scene.deadline("days_until(\"renewal\") < 30") == nil)
        scene.table.values[.daysUntil("renewal")] = .number(40)
        #expect(try scene.deadline("days_until(\"renewal\") < 30") == LanguageScene.midnight)
    }

    @Test("what bends is looked at on the next UTC hour")
    func curved() throws {
        let scene = LanguageScene()
        scene.elapsed(.idleDays, days: 2)
        scene.table.values[.eventsLifetime(.all)] = .number(100)
        #expect(try scene.deadline("events(lifetime) / idle_days > 3") == scene.now + millisecondsPerHour)
        #expect(try scene.deadline("events(lifetime) > 3") == nil)
    }

    @Test("an instant ahead of now has not begun to age")
    func future() throws {
        let scene = LanguageScene()
        scene.elapsed(.idleDays, days: -1)
        #expect(try scene.value("idle_days") == .number(0))
        #expect(try scene.deadline("idle_days > 1") == scene.now + 2 * day + 1)
        #expect(try scene.deadline("idle_days + 0d > 1") == scene.now + day)
        #expect(try scene.verdict("idle_days >= 0") == .true)
    }

    /// Among them one at which two sides are equal for a single millisecond.
    @Test(
        "no verdict changes before its deadline, and a single comparison changes at it",
        arguments: [7_460_002_423_063_810_043, UInt64.random(in: .min ... .max)])
    func againstBruteForce(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var turned = 0
        for _ in 0..<1_500 {
            var writer = RandomCondition(random: random)
            let text = writer.condition(depth: 3)
            random = writer.random
            var scene = LanguageScene()
            for metric in RandomCondition.ages {
                scene.table.values[metric] = .elapsed(since: scene.now + -Int64.random(in: 0...40_000, using: &random))
            }
            scene.table.values[.usersTotal] = .number(Double(Int.random(in: 0...3, using: &random)))
            let start = scene.now
            let expression = try scene.parse(text, purpose: .condition)
            let (verdict, deadline) = expression.verdictAndDeadline(in: scene.context())
            #expect(verdict == expression.verdict(in: scene.context()))
            let end = deadline.map { $0.milliseconds } ?? start.milliseconds + 200_000
            #expect(end > start.milliseconds, "seed \(seed): \(text)")
            for _ in 0..<40 {
                scene.now = Timestamp(milliseconds: Int64.random(in: start.milliseconds..<end, using: &random))
                #expect(expression.verdict(in: scene.context()) == verdict, "seed \(seed): \(text) at \(scene.now)")
            }
            scene.now = Timestamp(milliseconds: end - 1)
            #expect(expression.verdict(in: scene.context()) == verdict, "seed \(seed): \(text) before its end")
            scene.now = Timestamp(milliseconds: end)
            if deadline != nil, expression.verdict(in: scene.context()) != verdict { turned += 1 }
        }
        // Deadlines that change nothing are bends and meetings of parts that do not decide: the minority.
        #expect(turned > 100, "seed \(seed)")
    }
}

/// Conditions over metrics that grow with time, in seconds so that everything turns soon.
struct RandomCondition {
    static let ages: [Metric] = [.idleDays, .userIdleDays, .ageDays, .knownDays]
    private static let names = ["idle_days", "user_idle_days", "age_days", "known_days"]

    var random: SeededRandom

    private mutating func pick<T>(_ options: [T]) -> T { options[Int.random(in: 0..<options.count, using: &random)] }

    mutating func condition(depth: Int) -> String {
        switch depth > 0 ? Int.random(in: 0...5, using: &random) : 0 {
        case 1: "(\(condition(depth: depth - 1)) and \(condition(depth: depth - 1)))"
        case 2: "(\(condition(depth: depth - 1)) or \(condition(depth: depth - 1)))"
        case 3: "not \(condition(depth: depth - 1))"
        case 4: "users_total > \(Int.random(in: 0...3, using: &random))"
        default:
            "(\(duration(depth: 2)) \(pick(["<", "<=", ">", ">=", "==", "!="])) \(duration(depth: 2)))"
        }
    }

    private mutating func duration(depth: Int) -> String {
        switch depth > 0 ? Int.random(in: 0...8, using: &random) : Int.random(in: 0...1, using: &random) {
        case 0: pick(Self.names)
        case 1: "\(Int.random(in: 0...60, using: &random))s"
        case 2: "(\(duration(depth: depth - 1)) + \(duration(depth: depth - 1)))"
        case 3: "(\(duration(depth: depth - 1)) - \(duration(depth: depth - 1)))"
        case 4: "\(pick(["0.5", "2", "3", "-1"])) * \(duration(depth: depth - 1))"
        case 5: "min(\(duration(depth: depth - 1)), \(duration(depth: depth - 1)))"
        case 6: "max(\(duration(depth: depth - 1)), \(duration(depth: depth - 1)))"
        case 7: "abs(\(duration(depth: depth - 1)))"
        default: "\(duration(depth: depth - 1)) / \(pick(["2", "3", "7"]))"
        }
    }
}
