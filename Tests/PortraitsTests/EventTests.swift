import Portraits
import Testing
import UsageModel

@Suite("Events, tasks and amounts of a company")
struct EventTests {
    @Test("events sum counts over the window's calendar days, today included")
    func windows() throws {
        let scene = Scene()
        scene.event("2026-03-01T00:00:00Z", count: 1)
        scene.event("2026-03-07T23:59:59.999Z", count: 10)
        scene.event("2026-03-08T00:00:00Z", count: 100)
        #expect(try scene.number(.events(.all, .days(1))) == 100)
        #expect(try scene.number(.events(.all, .days(7))) == 110)
        #expect(try scene.number(.events(.all, .days(8))) == 111)
        #expect(try scene.number(.events(.all, .days(1, ago: 7))) == 1)
        #expect(try scene.number(.events(.all, .days(7, ago: 1))) == 11)
        #expect(try scene.number(.eventsLifetime(.all)) == 111)
    }

    @Test("named tasks and sets of them; an empty set is unknown, a task never done is none")
    func tasks() throws {
        let scene = Scene()
        scene.event("2026-03-01", task: "a", count: 2)
        scene.event("2026-03-01", task: "b", count: 3)
        scene.event("2026-03-01", task: "c", count: 5)
        let a = scene.task("a"), b = scene.task("b")
        #expect(try scene.number(.events(.tasks([a]), .days(7))) == 2)
        #expect(try scene.number(.events(.tasks([a, b]), .days(7))) == 5)
        #expect(try scene.number(.events(.tasks([a, a, b]), .days(7))) == 5)
        #expect(try scene.number(.eventsLifetime(.tasks([a, b]))) == 5)
        #expect(try scene.number(.events(.tasks([scene.task("never")]), .days(7))) == 0)
        #expect(try scene.value(.events(.tasks([]), .days(7))) == .unknown)
        #expect(try scene.value(.eventsLifetime(.tasks([]))) == .unknown)
        #expect(try scene.value(.amount(.tasks([]), .days(7))) == .unknown)
        #expect(try scene.number(.tasksUsed(.days(7))) == 3)
        #expect(try scene.number(.tasksUsed(.days(7, ago: 1))) == 0)
    }

    @Test(
        "counts beyond every width are exact",
        arguments: [
            2_047, 2_048, 2_049, 4_294_967_295, 4_294_967_296, 1 << 51, (1 << 51) + 1, 1 << 53,
        ] as [UInt64])
    func largeCounts(count: UInt64) throws {
        let scene = Scene()
        var expected: UInt64 = 0
        for day in ["2026-03-02", "2026-03-01", "2026-03-02", "2026-03-02", "2026-03-03"] {
            scene.event(day, count: count, logged: "2026-03-03")
            scene.event(day, count: 1, logged: "2026-03-03")
            expected += count + 1
        }
        let portrait = try scene.portrait()
        #expect(portrait.events(.all, .days(7), at: scene.moment()) == expected)
        #expect(portrait.events(.tasks([scene.task("work")]), .days(1, ago: 1), at: scene.moment()) == 3 * count + 3)
        #expect(portrait.users(at: scene.moment()).first?.events28d == expected)
        #expect(portrait.users(at: scene.moment()).first?.activeDays28d == 3)
        #expect(portrait.eventsLifetime(.all) == expected)
    }

    @Test("amounts are exact decimals, per unit; over mixed units they are unknown")
    func amounts() throws {
        let scene = Scene()
        for _ in 0..<10 { scene.event("2026-03-01", task: "sale", amount: "0.1 EUR") }
        scene.event("2026-03-02", task: "sale", amount: "-0.3 EUR")
        scene.event("2026-03-20", task: "trip", amount: "5 km")
        let portrait = try scene.portrait()
        let sale = TaskScope.tasks([scene.task("sale")])
        #expect(portrait.amount(sale, .days(28), at: scene.moment())?.description == "0.7")
        #expect(portrait.amountLifetime(sale)?.description == "0.7")
        #expect(portrait.amount(.all, .days(28), at: scene.moment()) == nil)
        #expect(portrait.amountLifetime(.all) == nil)
        // A window with one unit only is known.
        #expect(portrait.amount(.all, .days(7), at: scene.moment())?.description == "5")
        #expect(portrait.amount(.all, .days(7, ago: 7), at: scene.moment()) == .zero)
        #expect(try scene.number(.amount(sale, .days(28))) == 0.7)
        #expect(try scene.value(.amount(.all, .days(28))) == .unknown)
        // No unit is a unit of its own.
        scene.event("2026-03-20", task: "trip", amount: "5")
        #expect(portrait.amount(.tasks([scene.task("trip")]), .days(7), at: scene.moment()) == nil)
    }

    @Test("ignored events count for their task and nowhere else")
    func ignored() throws {
        var settings = Settings()
        settings.ignoreTasks = ["heartbeat"]
        settings.ignoreUsers = ["robot"]
        let scene = Scene(settings)
        scene.control(.identify, "2026-03-01", "sue", ["staff": .bool(true)])
        scene.event("2026-03-02", "ann", task: "heartbeat", amount: "1 EUR")
        scene.event("2026-03-02", "robot", task: "work", amount: "2 EUR")
        scene.event("2026-03-02", "sue", task: "work", amount: "4 EUR")
        scene.event("2026-03-02", "bob", task: "work", amount: "8 EUR", passive: true)
        scene.event("2026-03-02", nil, task: "heartbeat")
        let portrait = try scene.portrait()
        let work = TaskScope.tasks([scene.task("work")])
        #expect(try scene.number(.events(work, .days(7))) == 3)
        #expect(try scene.number(.amount(work, .days(7))) == 14)
        #expect(portrait.tasks(at: scene.moment()).map(\.lifetime) == [3, 2])
        #expect(try scene.number(.events(.all, .days(7))) == 0)
        #expect(try scene.number(.eventsLifetime(.all)) == 0)
        #expect(try scene.number(.amount(.all, .days(7))) == 0)
        #expect(try scene.number(.amountLifetime(.all)) == 0)
        #expect(try scene.number(.tasksUsed(.days(7))) == 0)
        #expect(try scene.number(.activeUsers(.days(7))) == 0)
        #expect(portrait.firstActivity == nil && portrait.lastActivity == nil)
        #expect(try scene.value(.idleDays) == .unknown)
        // Sue was identified; the others are unknown.
        #expect(portrait.users(at: scene.moment()).map { scene.names.name($0.user) } == ["sue"])
        // From now on she is one of theirs: what she did before stays ignored.
        scene.control(.identify, "2026-03-03", "sue", ["staff": .bool(false)])
        scene.event("2026-03-03", "sue")
        #expect(try scene.number(.events(.all, .days(7))) == 1)
        #expect(try scene.number(.activeUsers(.days(7))) == 1)
    }

    @Test("page and screen count as track does; control records are never activity")
    func kinds() throws {
        let scene = Scene()
        scene.event("2026-03-01", kind: .page)
        scene.event("2026-03-01", kind: .screen)
        scene.control(.identify, "2026-03-05", "u")
        scene.control(.group, "2026-03-05", "u")
        scene.control(.touch, "2026-03-05")
        scene.control(.outcome, "2026-03-05", nil, ["outcome": "renewed"])
        #expect(try scene.number(.eventsLifetime(.all)) == 2)
        #expect(try scene.portrait().lastActivity == Scene.time("2026-03-01"))
        #expect(try scene.number(.activeDays(.days(7))) == 1)
    }

    @Test("events without a user count for events, tasks, amounts and last activity, never for users")
    func withoutUser() throws {
        let scene = Scene()
        scene.event("2026-03-01", "u")
        scene.event("2026-03-09", nil, amount: "3 EUR")
        #expect(try scene.number(.events(.all, .days(7))) == 1)
        #expect(try scene.number(.amount(.all, .days(7))) == 3)
        #expect(try scene.number(.tasksUsed(.days(7))) == 1)
        #expect(try scene.number(.activeUsers(.days(7))) == 0)
        #expect(try scene.number(.activeDays(.days(7))) == 0)
        #expect(try scene.value(.idleDays) == .elapsed(since: Scene.time("2026-03-09")))
        #expect(try scene.value(.userIdleDays) == .elapsed(since: Scene.time("2026-03-01")))
    }

    @Test("times of the company: least and greatest, whatever the order")
    func times() throws {
        let scene = Scene()
        scene.control(.touch, "2026-01-01", logged: "2026-03-05")
        scene.event("2026-03-05")
        scene.event("2026-02-01", logged: "2026-03-05")
        scene.event("2026-03-01", logged: "2026-03-05")
        #expect(try scene.value(.ageDays) == .elapsed(since: Scene.time("2026-02-01")))
        #expect(try scene.value(.idleDays) == .elapsed(since: Scene.time("2026-03-05")))
        #expect(try scene.value(.knownDays) == .elapsed(since: Scene.time("2026-01-01")))
    }

    @Test("touches and the days since the last one")
    func touches() throws {
        let scene = Scene()
        scene.event("2026-03-01")
        #expect(try scene.value(.touchIdleDays) == .unknown)
        scene.control(.touch, "2026-03-10", nil, ["channel": "phone"])
        scene.control(.touch, "2026-03-02", "u", logged: "2026-03-10")
        #expect(try scene.number(.touches(.days(7))) == 1)
        #expect(try scene.number(.touches(.days(28))) == 2)
        #expect(try scene.value(.touchIdleDays) == .elapsed(since: Scene.time("2026-03-10")))
    }

    @Test("the last outcome is the one with the greatest time")
    func outcomes() throws {
        let scene = Scene()
        scene.event("2026-03-01")
        #expect(try scene.value(.outcome) == .unknown)
        scene.control(.outcome, "2026-03-05", nil, ["outcome": "renewed"])
        scene.control(.outcome, "2026-03-02", nil, ["outcome": "churned"], logged: "2026-03-05")
        #expect(try scene.text(.outcome) == "renewed")
        scene.control(.outcome, "2026-03-05", nil, ["outcome": "expanded"])
        #expect(try scene.text(.outcome) == "expanded")
    }

    @Test("the task table and the series of days")
    func tables() throws {
        let scene = Scene()
        scene.event("2026-01-20", task: "a", count: 7)
        scene.event("2026-02-25", task: "a", count: 2, amount: "1.5 EUR")
        scene.event("2026-03-01", task: "b", count: 2)
        let portrait = try scene.portrait()
        let rows = portrait.tasks(at: scene.moment())
        #expect(rows.map { scene.names.name($0.task) } == ["a", "b"])
        let row = rows[0]
        #expect(row.events7d == 2 && row.events28d == 2 && row.eventsPrior28d == 7 && row.lifetime == 9)
        #expect(row.amount28d == Amount("1.5") && row.last == Scene.time("2026-02-25"))
        #expect(portrait.task(scene.task("a"), at: scene.moment()) == row)
        #expect(portrait.task(scene.task("never"), at: scene.moment()) == nil)
        let series = portrait.series(days: 5, at: scene.moment())
        #expect(
            series.from.iso == "2026-02-25" && series.events == [2, 0, 0, 0, 2]
                && series.activeUsers == [1, 0, 0, 0, 1])
        #expect(portrait.weeklyActiveUsers(weeks: 3, at: scene.moment()) == [0, 0, 1])
    }
}
