import Portraits
import Testing
import UsageModel

@testable import Rules

@Suite("What expressions are worth")
struct LanguageValueTests {
    @Test("and, or and not follow Kleene's tables")
    func kleene() throws {
        let scene = LanguageScene()
        scene.table.values[.usersTotal] = .number(1)
        // True, false and unknown as comparisons, so that the checker cannot fold them.
        let texts: [(String, Verdict)] = [
            ("users_total == 1", .true), ("users_total == 2", .false), ("seats_fill > 0", .unknown),
        ]
        for (left, first) in texts {
            #expect(try scene.verdict("not (\(left))") == !first)
            for (right, second) in texts {
                let both = Verdict(rawValue: min(first.rawValue, second.rawValue))
                let either = Verdict(rawValue: max(first.rawValue, second.rawValue))
                #expect(try scene.verdict("\(left) and \(right)") == both)
                #expect(try scene.verdict("\(left) or \(right)") == either)
            }
        }
    }

    static let unknowns: [(String, Value)] = [
        ("seats_fill + 1", Value.unknown), ("1 / 0", .unknown), ("users_total / (users_total - 3)", .unknown),
        ("0 * seats_fill", .unknown), ("min(1, seats_fill)", .unknown), ("-seats_fill", .unknown),
        ("abs(seats_fill)", .unknown), ("seats_fill > 1", .unknown), ("seats_fill == seats_fill", .unknown),
        ("champion == \"u1\"", .unknown), ("champion in [\"u1\"]", .unknown), ("idle_days > 7", .unknown),
        ("is_known(seats_fill)", .truth(false)), ("is_known(users_total)", .truth(true)),
        ("is_known(1 / 0)", .truth(false)), ("is_known(seats_fill > 1)", .truth(false)),
        ("is_known(champion)", .truth(false)), ("is_known(trait(\"x\"))", .truth(false)),
        ("not is_known(idle_days) or idle_days > 1", .truth(true)), ("1e300 * 1e300", .unknown),
        ("users_total in [1, seats_fill]", .unknown), ("users_total in [3, seats_fill]", .truth(true)),
    ]

    @Test("unknown spreads through arithmetic and comparisons and no further", arguments: unknowns)
    func unknown(text: String, value: Value) throws {
        let scene = LanguageScene()
        scene.table.values[.usersTotal] = .number(3)
        #expect(try scene.value(text) == value)
    }

    @Test("an empty set is unknown, a set with tasks asks for them all")
    func sets() throws {
        var scene = LanguageScene()
        scene.rules = try LanguageScene.rules(sets: [("none", []), ("two", ["a", "b", "a"])], names: scene.names)
        let window = Window(days: 7)
        scene.table.values[.events(.tasks([scene.names.intern("a"), scene.names.intern("b")]), window)] = .number(5)
        #expect(try scene.value("events(\"@two\", 7d)") == .number(5))
        #expect(try scene.value("events(\"@none\", 7d) == 0") == .unknown)
    }

    static let traitCases: [(String, Value)] = [
        ("trait(\"seats\") >= 500", Value.truth(true)), ("trait(\"text seats\") >= 500", .truth(true)),
        ("trait(\"plan\") == \"pro\"", .truth(true)), ("trait(\"plan\") in [\"free\", \"pro\"]", .truth(true)),
        ("trait(\"plan\") >= 500", .unknown), ("trait(\"seats\") == \"500\"", .truth(true)),
        ("trait(\"text seats\") in [500]", .truth(true)), ("trait(\"beta\")", .truth(true)),
        ("trait(\"beta\") == true", .truth(true)), ("trait(\"beta\") != true", .truth(false)),
        ("trait(\"beta\") and trait(\"seats\") > 1", .truth(true)), ("trait(\"plan\") and true", .unknown),
        ("trait(\"seats\") == trait(\"text seats\")", .truth(true)),
        ("trait(\"plan\") != trait(\"seats\")", .truth(true)), ("trait(\"seats\") * 2", .number(1_000)),
        ("trait(\"seats\") > trait(\"seats\", ago: 365d)", .truth(true)), ("trait(\"seats\")", .number(500)),
        ("trait(\"text seats\")", .text("500")), ("idle_days > trait(\"patience\")", .truth(true)),
        ("trait(\"patience\") == 36h", .truth(true)), ("trait(\"no\") == \"x\"", .unknown),
    ]

    @Test("a trait is a number, a text or a truth, as it was sent", arguments: traitCases)
    func traits(text: String, value: Value) throws {
        let scene = LanguageScene()
        scene.table.values[.trait("seats", ago: 0)] = .number(500)
        scene.table.values[.trait("seats", ago: 365)] = .number(100)
        scene.table.values[.trait("text seats", ago: 0)] = .text("500")
        scene.table.values[.trait("plan", ago: 0)] = .text("pro")
        scene.table.values[.trait("beta", ago: 0)] = .bool(true)
        scene.table.values[.trait("patience", ago: 0)] = .number(1.5)
        scene.elapsed(.idleDays, days: 2)
        let isCondition = text.contains("and") || text == "trait(\"beta\")"
        let expression = try scene.parse(text, purpose: isCondition ? .condition : .any)
        #expect(expression.value(in: scene.context()) == value)
    }

    static let durationCases: [(String, Value)] = [
        ("idle_days > 7", Value.truth(false)), ("idle_days > 7d", .truth(false)), ("idle_days >= 7", .truth(true)),
        ("7 <= idle_days", .truth(true)), ("idle_days == 168h", .truth(true)), ("idle_days", .number(7)),
        ("idle_days / 1d", .number(7)), ("idle_days + 1 > 7d", .truth(true)), ("idle_days * 2 == 14", .truth(true)),
        ("idle_days > 0.7 * age_days", .truth(false)), ("users_total / age_days", .number(0.3)),
        ("idle_days / age_days", .number(0.7)), ("days_until(\"renewal\") <= 60d", .truth(true)),
        ("days_until(\"renewal\") == 60", .truth(true)), ("max(idle_days, 8) == 8d", .truth(true)),
        ("abs(days_until(\"renewal\"))", .number(60)), ("-idle_days", .number(-7)),
        ("idle_days < age_days", .truth(true)), ("stage_days >= 2d", .truth(true)),
    ]

    @Test("days written with and without a unit mean the same", arguments: durationCases)
    func durations(text: String, value: Value) throws {
        var scene = LanguageScene()
        scene.elapsed(.idleDays, days: 7)
        scene.elapsed(.ageDays, days: 10)
        scene.table.values[.daysUntil("renewal")] = .number(60)
        scene.table.values[.usersTotal] = .number(3)
        scene.stageSince = scene.now + -2 * millisecondsPerDay
        #expect(try scene.value(text) == value)
    }

    @Test("elapsed time is compared in whole milliseconds")
    func milliseconds() throws {
        let scene = LanguageScene()
        for days in [0.1, 0.7, 1.1, 7, 29.7] {
            let threshold = Int64((days * 86_400_000).rounded())
            for (offset, isPast) in [(Int64(-1), false), (0, false), (1, true)] {
                scene.table.values[.idleDays] = .elapsed(since: scene.now + -(threshold + offset))
                #expect(try scene.verdict("idle_days > \(days)") == Verdict(isPast))
                // The same through the general comparison of two durations.
                #expect(try scene.verdict("idle_days + 0d > \(days)") == Verdict(isPast))
            }
        }
    }

    @Test("every metric's name asks for that metric")
    func everyMetric() throws {
        let scene = LanguageScene()
        let week = Window(days: 7)
        let task = TaskScope.tasks([scene.names.intern("t")])
        let cases: [(String, Metric)] = [
            ("events(7d)", .events(.all, week)), ("events(\"t\", 7d, ago: 3d)", .events(task, Window(days: 7, ago: 3))),
            ("events(lifetime)", .eventsLifetime(.all)), ("events(\"t\", lifetime)", .eventsLifetime(task)),
            ("amount(7d)", .amount(.all, week)), ("amount(\"t\", 7d)", .amount(task, week)),
            ("amount(lifetime)", .amountLifetime(.all)), ("tasks_used(7d)", .tasksUsed(week)),
            ("active_users(7d)", .activeUsers(week)), ("active_days(7d)", .activeDays(week)), ("dau_mau", .dauMAU),
            ("power_curve(5)", .powerCurve(5)), ("new_users(7d)", .newUsers(week)), ("retained(7d)", .retained(week)),
            ("resurrected(7d)", .resurrected(week)), ("dormant(7d)", .dormant(week)),
            ("quick_ratio(7d)", .quickRatio(week)), ("users_total", .usersTotal), ("left(7d)", .left(week)),
            ("touches(7d)", .touches(week)), ("top_user_share(7d)", .topUserShare(week)),
            ("bus_factor(7d)", .busFactor(week)), ("seats_fill", .seatsFill), ("seats_util", .seatsUtil),
            ("seats_activation", .seatsActivation),
        ]
        for (index, entry) in cases.enumerated() { scene.table.values[entry.1] = .number(Double(index)) }
        for (index, entry) in cases.enumerated() {
            #expect(try scene.value(entry.0) == .number(Double(index)), "\(entry.0)")
            #expect(try scene.parse(entry.0).metrics == [entry.1])
        }
        let ages: [(String, Metric)] = [
            ("idle_days", .idleDays), ("user_idle_days", .userIdleDays), ("age_days", .ageDays),
            ("known_days", .knownDays), ("touch_idle_days", .touchIdleDays),
            ("champion_idle_days", .championIdleDays),
        ]
        for (index, entry) in ages.enumerated() { scene.elapsed(entry.1, days: Double(index)) }
        for (index, entry) in ages.enumerated() { #expect(try scene.value(entry.0) == .number(Double(index))) }
        let people: [(String, Metric)] = [
            ("champion", .champion), ("last_user", .lastUser), ("first_user", .firstUser),
            ("most_active", .mostActive), ("outcome", .outcome),
        ]
        for (name, metric) in people { scene.table.values[metric] = .text(name) }
        for (name, _) in people { #expect(try scene.value(name) == .text(name)) }
        #expect(try scene.value("company") == .text("acme"))
        #expect(try scene.value("last_activity") == .text("2026-03-10 12:00 UTC"))
    }

    @Test("change compares a window with the one of equal length before it")
    func change() throws {
        let scene = LanguageScene()
        scene.table.values[.events(.all, Window(days: 28, ago: 1))] = .number(30)
        scene.table.values[.events(.all, Window(days: 28, ago: 29))] = .number(40)
        #expect(try scene.value("change(events(28d, ago: 1d))") == .number(-0.25))
        scene.table.values[.events(.all, Window(days: 28, ago: 29))] = .number(0)
        #expect(try scene.value("change(events(28d, ago: 1d))") == .unknown)
    }

    @Test("a metric that several rules use is read once a look")
    func sharedReads() throws {
        var scene = LanguageScene()
        scene.rules = try LanguageScene.rules(
            flags: [("a", "users_total > 1"), ("b", "users_total > 2 and users_total < 9"), ("c", "users_total == 3")])
        scene.table.values[.usersTotal] = .number(3)
        let cache = MetricCache()
        for look in 1...3 {
            let context = EvaluationContext(
                portrait: scene.table, moment: scene.moment, company: .none, names: scene.names, cache: cache)
            for rule in scene.rules.flags { #expect(rule.when.verdictAndDeadline(in: context).verdict == .true) }
            #expect(scene.table.reads[.usersTotal] == look)
        }
    }

    @Test("a cache shared by two rule sets never mixes their values")
    func cacheOfTwoPrograms() throws {
        let scene = LanguageScene()
        scene.table.values[.usersTotal] = .number(3)
        scene.table.values[.dauMAU] = .number(0.5)
        let one = try scene.parse("users_total")
        let other = try scene.parse("dau_mau")
        let context = scene.context()
        #expect(one.value(in: context) == .number(3))
        #expect(other.value(in: context) == .number(0.5))
        #expect(one.value(in: context) == .number(3))
    }
}
