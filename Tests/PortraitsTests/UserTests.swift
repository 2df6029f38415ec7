import Portraits
import Testing
import UsageModel

@Suite("Users of a company")
struct UserTests {
    /// Three users over the 28 days that end on 28 February, and before.
    private func scene() -> Scene {
        let scene = Scene()
        // Active before and now; only before; only now; long before and now.
        scene.event("2025-12-01", "back")
        for day in ["2026-01-10", "2026-01-20"] { scene.event(day, "faithful") }
        scene.event("2026-01-15", "asleep")
        for day in ["2026-02-03", "2026-02-04", "2026-02-28"] { scene.event(day, "faithful") }
        scene.event("2026-02-10", "new")
        scene.event("2026-02-28", "back")
        return scene
    }

    @Test("active, new, retained, resurrected and dormant users of 28 days")
    func comparisons() throws {
        let scene = scene()
        let month = Window.days(28)
        #expect(try scene.number(.activeUsers(month)) == 3)
        #expect(try scene.number(.activeUsers(.days(28, ago: 28))) == 2)
        #expect(try scene.number(.newUsers(month)) == 1)
        #expect(try scene.number(.retained(month)) == 1)
        #expect(try scene.number(.resurrected(month)) == 1)
        #expect(try scene.number(.dormant(month)) == 1)
        #expect(try scene.number(.quickRatio(month)) == 2)
        #expect(try scene.number(.activeUsers(.days(1))) == 2)
        #expect(try scene.number(.activeUsers(.days(7))) == 2)
        #expect(try scene.number(.usersTotal) == 4)
        // The same window a day later, with nothing new.
        #expect(try scene.number(.activeUsers(.days(28, ago: 1)), at: "2026-03-01") == 3)
        #expect(try scene.number(.dormant(.days(28, ago: 1)), at: "2026-03-01") == 1)
    }

    @Test("the quick ratio is unknown when nobody went to sleep")
    func quickRatio() throws {
        let scene = Scene()
        scene.event("2026-03-01")
        #expect(try scene.value(.quickRatio(.days(28))) == .unknown)
    }

    @Test("active days, the power curve and its identities")
    func powerCurve() throws {
        let scene = scene()
        let curve = try scene.portrait().powerCurve(at: scene.moment())
        #expect(curve == [2, 0, 1] + [Int](repeating: 0, count: 25))
        #expect(try scene.number(.powerCurve(3)) == 1)
        #expect(try scene.number(.activeDays(.days(28))) == 4)
        // Σ DAU = Σ k·h_k = 5, over 28 days and 3 users.
        let share = try #require(try scene.number(.dauMAU))
        #expect(abs(share - 5.0 / 28 / 3) < 1e-12)
    }

    @Test("without users the ratio of daily to monthly ones is unknown")
    func noUsers() throws {
        let scene = Scene()
        scene.event("2026-03-01", nil)
        for metric in [
            Metric.dauMAU, .topUserShare(.days(28)), .seatsActivation, .champion, .lastUser, .championIdleDays,
        ] {
            #expect(try scene.value(metric) == .unknown, "\(metric)")
        }
        #expect(try scene.number(.busFactor(.days(28))) == 0)
        #expect(try scene.number(.usersTotal) == 0)
    }

    @Test("one user at 23:59:59.9 and 00:00:00.1 has two active days and is new once")
    func midnight() throws {
        let scene = Scene()
        scene.event("2026-03-01T23:59:59.900Z")
        scene.event("2026-03-02T00:00:00.100Z")
        #expect(try scene.number(.activeDays(.days(7))) == 2)
        #expect(try scene.number(.newUsers(.days(7))) == 1)
        #expect(try scene.number(.newUsers(.days(1))) == 0)
    }

    @Test("a late event moves a user's first day, and only what it touches")
    func lateFirstDay() throws {
        let scene = Scene()
        scene.event("2026-03-10", "u")
        scene.event("2026-03-10", "v", company: "other")
        let other = scene.digest("other")
        #expect(try scene.number(.newUsers(.days(7))) == 1)
        // Ask for closed windows first: a late event must drop what was kept of them.
        #expect(try scene.number(.activeUsers(.days(7, ago: 30))) == 0)
        #expect(try scene.number(.tasksUsed(.days(7, ago: 30))) == 0)
        scene.event("2026-02-05", "u", logged: "2026-03-10")
        #expect(try scene.number(.newUsers(.days(7))) == 0)
        #expect(try scene.number(.newUsers(.days(7, ago: 30))) == 1)
        #expect(try scene.number(.activeUsers(.days(7, ago: 30))) == 1)
        #expect(try scene.number(.tasksUsed(.days(7, ago: 30))) == 1)
        #expect(try scene.number(.resurrected(.days(7))) == 1)
        #expect(scene.digest("other") == other)
    }

    @Test("a user of three companies is counted where events say so")
    func severalCompanies() throws {
        let scene = Scene()
        for company in ["a", "b", "c"] { scene.event("2026-01-01", "u", company: company) }
        scene.event("2026-03-01", "u", company: "b")
        let active = try ["a", "b", "c"].map { try scene.number(.activeUsers(.days(7)), of: $0) }
        #expect(active == [0, 1, 0])
    }

    @Test("identified users are members without having been active")
    func identified() throws {
        let scene = Scene()
        scene.control(.identify, "2026-03-01", "a", ["role": "admin", "email": "a@acme.com"])
        scene.control(.group, "2026-03-01", "b", ["seats": .int(5)])
        scene.control(.touch, "2026-03-01", "c")
        #expect(try scene.number(.usersTotal) == 2)
        #expect(scene.portraits.email(of: scene.user("a")) == "a@acme.com")
        #expect(scene.portraits.lastGroup(of: scene.user("b")) == scene.company())
        let row = try #require(try scene.portrait().user(scene.user("a"), at: scene.moment()))
        #expect(row.first == nil && row.lifetime == 0 && row.role == "admin" && row.email == "a@acme.com")
        #expect(try scene.portrait().user(scene.user("c"), at: scene.moment()) == nil)
    }

    @Test("who leaves is gone, and back with the next activity")
    func leaving() throws {
        let scene = Scene()
        scene.event("2026-03-01", "a")
        scene.event("2026-03-01", "b")
        scene.control(.leave, "2026-03-05", "a")
        #expect(try scene.number(.usersTotal) == 1)
        #expect(try scene.number(.left(.days(7))) == 1)
        #expect(try scene.number(.left(.days(7)), at: "2026-03-12") == 0)
        #expect(try scene.number(.activeUsers(.days(7))) == 2)
        // A late event from before does not bring anybody back, nor does being identified.
        scene.event("2026-03-04", "a", logged: "2026-03-05")
        scene.control(.identify, "2026-03-06", "a", ["role": "x"])
        #expect(try scene.number(.usersTotal) == 1)
        #expect(try scene.portrait().user(scene.user("a"), at: scene.moment())?.left == true)
        scene.event("2026-03-07", "a")
        #expect(try scene.number(.usersTotal) == 2)
        #expect(try scene.number(.left(.days(28))) == 0)
        // A late record of an earlier leaving changes nothing; a later one does.
        scene.control(.leave, "2026-03-06", "a", logged: "2026-03-07")
        #expect(try scene.number(.usersTotal) == 2)
        scene.control(.leave, "2026-03-08", "a")
        #expect(try scene.number(.usersTotal) == 1)
        // Somebody nobody knew leaves nothing behind.
        scene.control(.leave, "2026-03-08", "stranger")
        #expect(try scene.number(.usersTotal) == 1)
        #expect(try scene.number(.left(.days(28))) == 1)
    }

    @Test("three numbers of seats, each with its denominator")
    func seats() throws {
        let scene = Scene()
        scene.event("2026-01-01", "old")
        scene.event("2026-03-01", "a")
        for metric in [Metric.seatsFill, .seatsUtil] { #expect(try scene.value(metric) == .unknown) }
        scene.control(.group, "2026-03-01", nil, ["seats": .int(8)])
        #expect(try scene.number(.seatsFill) == 0.25)
        #expect(try scene.number(.seatsUtil) == 0.125)
        #expect(try scene.number(.seatsActivation) == 0.5)
        scene.control(.group, "2026-03-01", nil, ["seats": .int(0)])
        #expect(try scene.value(.seatsFill) == .unknown)
    }

    @Test("the same after any number of users, with the same answers as one by one")
    func manyUsers() throws {
        let scene = Scene()
        for number in 0..<300 { scene.event("2026-03-0\(1 + number % 5)", "u\(number)", logged: "2026-03-05") }
        #expect(try scene.number(.activeUsers(.days(28))) == 300)
        #expect(try scene.number(.activeUsers(.days(1))) == 60)
        #expect(try scene.number(.activeUsers(.days(2, ago: 1))) == 120)
        #expect(try scene.portrait().users(at: scene.moment(), limit: 7).count == 7)
        #expect(scene.portraits.rowCounts(of: scene.company()).users == 300)
    }
}
