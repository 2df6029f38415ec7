import Portraits
import Testing
import UsageModel

@Suite("Key people of a company")
struct PeopleTests {
    @Test("most active is who has most events in 28 days, with share, last time and role")
    func mostActive() throws {
        let scene = Scene()
        scene.control(.identify, "2026-01-01", "b", ["role": "admin"])
        scene.event("2026-01-01", "a", count: 100)
        scene.event("2026-03-01", "a", count: 1)
        scene.event("2026-03-01", "b", count: 2)
        scene.event("2026-03-02", "c", count: 1)
        let people = try scene.portrait().people(at: scene.moment())
        let most = try #require(people.mostActive)
        #expect(scene.names.name(most.user) == "b" && most.events28d == 2 && most.role == "admin")
        #expect(most.last == Scene.time("2026-03-01"))
        #expect(people.topUserShare28d == 0.5 && people.busFactor28d == 3)
        #expect(try scene.text(.mostActive) == "b")
        // More events by another within the day move it without a scan.
        scene.event("2026-03-02", "c", count: 2)
        #expect(try scene.text(.mostActive) == "c")
        #expect(try scene.number(.topUserShare(.days(28))) == 0.5)
    }

    @Test("ties: more active days, then later last time in the window, then smaller id by bytes")
    func ties() throws {
        let scene = Scene()
        scene.event("2026-03-01T10:00:00Z", "a", count: 4)
        scene.event("2026-03-01T10:00:00Z", "b", count: 2)
        scene.event("2026-03-02T10:00:00Z", "b", count: 2)
        #expect(try scene.text(.mostActive) == "b")
        scene.event("2026-03-01T11:00:00Z", "c", count: 2, logged: "2026-03-02T10:00:00Z")
        scene.event("2026-03-02T11:00:00Z", "c", count: 2)
        #expect(try scene.text(.mostActive) == "c")
        scene.event("2026-03-01T11:00:00Z", "B", count: 2, logged: "2026-03-02T11:00:00Z")
        scene.event("2026-03-02T11:00:00Z", "B", count: 2)
        #expect(try scene.text(.mostActive) == "B")
        let order = try scene.portrait().users(at: scene.moment()).map { scene.names.name($0.user) }
        #expect(order == ["B", "c", "b", "a"])
    }

    @Test("first has the least first time, last the greatest last time; ties go to the smaller id")
    func firstAndLast() throws {
        let scene = Scene()
        scene.event("2026-03-02", "m")
        #expect(try scene.text(.firstUser) == "m" && scene.text(.lastUser) == "m")
        scene.event("2026-03-03", "z")
        scene.event("2026-03-03", "k")
        #expect(try scene.text(.lastUser) == "k")
        scene.event("2026-03-01", "x", logged: "2026-03-03")
        scene.event("2026-03-01", "y", logged: "2026-03-03")
        #expect(try scene.text(.firstUser) == "x")
        #expect(try scene.text(.lastUser) == "k")
    }

    @Test("the bus factor covers four fifths, exactly")
    func busFactor() throws {
        let scene = Scene()
        for (user, count) in [("a", 40), ("b", 40), ("c", 19), ("d", 1)] as [(String, UInt64)] {
            scene.event("2026-03-01", user, count: count)
        }
        #expect(try scene.number(.busFactor(.days(28))) == 2)
        scene.event("2026-03-01", "e", count: 1)
        #expect(try scene.number(.busFactor(.days(28))) == 3)
        #expect(try scene.number(.topUserShare(.days(7))) == 40.0 / 101)
    }

    @Test("the champion leads days 97 to 14 before today with ten events or more")
    func champion() throws {
        let scene = Scene()
        scene.event("2026-03-01", "a", count: 9)
        scene.event("2026-03-08", "b", count: 50)
        #expect(try scene.value(.champion, at: "2026-03-15") == .unknown)
        #expect(try scene.value(.championIdleDays, at: "2026-03-15") == .unknown)
        #expect(try scene.text(.champion, at: "2026-03-22") == "b")
        scene.event("2026-03-01", "a", logged: "2026-03-15")
        #expect(try scene.text(.champion, at: "2026-03-15") == "a")
        #expect(try scene.value(.championIdleDays, at: "2026-03-15") == .elapsed(since: Scene.time("2026-03-01")))
        #expect(try scene.text(.champion, at: "2026-06-06") == "b")
        #expect(try scene.value(.champion, at: "2026-06-14") == .unknown)
    }

    @Test("a late event into the champion's window is seen the same day")
    func lateChampion() throws {
        let scene = Scene()
        scene.event("2026-02-01", "a", count: 10)
        scene.pass(to: "2026-03-01")
        #expect(try scene.text(.champion) == "a")
        scene.event("2026-02-02", "b", count: 11, logged: "2026-03-01")
        #expect(try scene.text(.champion) == "b")
    }

    @Test("a champion's tie is broken over the window, not by what came after it")
    func championTie() throws {
        let scene = Scene()
        scene.event("2026-02-02", "early", count: 10)
        scene.event("2026-02-03", "late", count: 10)
        scene.event("2026-03-01", "early", count: 1)
        #expect(try scene.text(.champion) == "late")
    }
}
