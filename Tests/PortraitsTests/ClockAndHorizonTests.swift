import Testing
import UsageModel

@testable import Portraits

@Suite("Now, today and the horizon")
struct ClockAndHorizonTests {
    private func eventClock() -> Scene {
        var settings = Settings()
        settings.clock = .event
        return Scene(settings)
    }

    private func now(_ scene: Scene) -> String? { scene.portraits.now?.rfc3339.prefix(10).description }

    @Test("under the wall clock now is the log time and never decreases")
    func wallClock() {
        let scene = Scene()
        scene.event("2026-03-05", logged: "2026-03-06")
        #expect(now(scene) == "2026-03-06")
        scene.event("2026-03-07", logged: "2026-03-06")
        #expect(now(scene) == "2026-03-06")
    }

    @Test("under the event clock now is the greatest event time; control records do not move it")
    func eventTime() {
        let scene = eventClock()
        #expect(scene.portraits.now == nil)
        scene.control(.identify, "2026-05-01", "u", ["role": "x"])
        #expect(scene.portraits.now == nil)
        scene.event("2026-03-05")
        scene.event("2026-03-01")
        #expect(now(scene) == "2026-03-05")
        scene.control(.clock, "2026-03-08", company: "")
        #expect(now(scene) == "2026-03-08")
    }

    @Test("one bad clock moves nothing; two users who agree do, to the lesser of their times")
    func badClocks() {
        let scene = eventClock()
        scene.event("2026-03-01", "a")
        scene.event("2030-01-01", "broken")
        scene.event("2030-01-02", "broken")
        #expect(now(scene) == "2026-03-01")
        scene.event("2026-03-02", "a")
        scene.event("2031-01-01", "b")
        #expect(now(scene) == "2026-03-02")
        scene.event("2026-05-01", "c")
        #expect(now(scene) == "2026-05-01")
        scene.event("2026-05-02", "a")
        #expect(now(scene) == "2026-05-02")
    }

    @Test("an event ahead of today is kept and counted when its day comes")
    func aheadOfToday() throws {
        let scene = Scene()
        scene.event("2026-03-01", "a")
        scene.event("2026-03-04", "b", count: 3, logged: "2026-03-01")
        #expect(try scene.number(.activeUsers(.days(28))) == 1)
        #expect(try scene.number(.events(.all, .days(28))) == 1)
        #expect(try scene.number(.newUsers(.days(28))) == 1)
        #expect(try scene.number(.eventsLifetime(.all)) == 4)
        let before = scene.digest()
        #expect(try scene.number(.activeUsers(.days(1)), at: "2026-03-04") == 1)
        #expect(try scene.number(.newUsers(.days(3)), at: "2026-03-04") == 1)
        #expect(try scene.text(.mostActive, at: "2026-03-04") == "b")
        // Having been asked about a later day changes neither the state nor today's answers.
        #expect(scene.digest() == before)
        #expect(try scene.number(.activeUsers(.days(28))) == 1)
        #expect(try scene.number(.dormant(.days(28))) == 0)
        scene.event("2026-03-05", "a")
        #expect(try scene.number(.activeUsers(.days(28))) == 2)
        #expect(try scene.portrait().user(scene.user("b"), at: scene.moment())?.events28d == 3)
    }

    @Test("a user whose days questions alone have reached, six years of them, stays whole")
    func reachedByQuestions() throws {
        let scene = Scene()
        scene.event("2026-03-01", "a")
        let today = Scene.time("2026-03-01").utcDay
        let dayCount: Int32 = 2_200
        for ahead in 1...dayCount { scene.event((today + ahead).iso, "a", count: 2_100, logged: "2026-03-01") }
        let before = scene.digest()
        let end = (today + dayCount).iso
        for ahead in 1...dayCount {
            #expect(try scene.number(.activeDays(.days(7)), at: (today + ahead).iso) == Double(min(ahead + 1, 7)))
        }
        #expect(scene.digest() == before)
        #expect(try scene.portrait().user(scene.user("a"), at: scene.moment(end))?.events28d == 28 * 2_100)
        #expect(try scene.portrait().user(scene.user("a"), at: scene.moment(end))?.last?.utcDay == today + dayCount)
    }

    @Test(
        "a time in a day's place is read as it was written, and is no day",
        arguments: [-62_167_219_200_000, -1, 0, 1, 1_772_323_200_123, 253_402_300_799_999])
    func timeInPlaceOfDay(time: Int64) {
        let word = DayCount(time: time)
        #expect(word.time == time && word.isTime && !word.isLowest && !word.isNone)
        #expect(word.day > Timestamp(milliseconds: 253_402_300_799_999).utcDay.number)
        #expect(!DayCount(day: Timestamp(milliseconds: time).utcDay.number, note: 0).isTime && !DayCount.none.isTime)
        var days = DayList()
        days.set(timeWithoutDays: time)
        #expect(days.isEmpty && days.lastDay == nil && days.lastTime == time)
    }

    @Test("a user's row is half a line of the processor's cache")
    func rowSize() { #expect(MemoryLayout<UserRow>.stride == 32) }

    @Test("an event ahead of today follows an alias that comes first")
    func aheadAndAlias() throws {
        let scene = Scene()
        scene.event("2026-03-04", "old", logged: "2026-03-01")
        scene.event("2026-03-04", "new", logged: "2026-03-01")
        scene.alias("old", to: "new", at: "2026-03-02")
        scene.pass(to: "2026-03-05")
        #expect(try scene.number(.activeUsers(.days(7))) == 1)
        #expect(try scene.portrait().user(scene.user("new"), at: scene.moment())?.events28d == 2)
    }

    @Test("day-level history ends after 400 days of events and 128 of users; sums go on")
    func horizon() throws {
        let scene = Scene()
        scene.event("2026-03-01", "a")
        let today = Scene.time("2026-03-01").utcDay
        for (ago, user) in [(127, "b"), (128, "c"), (399, "d"), (400, "e")] as [(Int32, String)] {
            scene.event((today - ago).iso, user, count: 10, amount: "1 EUR", logged: "2026-03-01")
        }
        #expect(try scene.number(.events(.all, .days(400))) == 31)
        #expect(try scene.number(.amount(.all, .days(400))) == 3)
        #expect(try scene.number(.activeUsers(.days(128))) == 2)
        let portrait = try scene.portrait()
        #expect(portrait.beyondHorizon == 10)
        #expect(portrait.eventsLifetime(.all) == 41 && portrait.amountLifetime(.all)?.description == "4")
        #expect(portrait.usersTotal == 5)
        #expect(portrait.firstActivity == (today - 400).startUTC + 12 * millisecondsPerHour)
        #expect(try scene.text(.firstUser) == "e")
        // New is who came first in the window, however long ago the horizon.
        scene.event("2026-03-01", "e")
        #expect(try scene.number(.newUsers(.days(128))) == 2)
    }

    @Test(
        "windows past the horizon are unknown",
        arguments: [
            Metric.events(.all, .days(400, ago: 1)), .activeUsers(.days(128, ago: 1)), .retained(.days(65)),
            .dormant(.days(28, ago: 73)), .trait("seats", ago: 400), .tasksUsed(.days(401)), .busFactor(.days(129)),
        ])
    func tooFar(metric: Metric) throws {
        let scene = Scene()
        scene.event("2026-03-01")
        #expect(!metric.isWithinHorizon)
        #expect(try scene.value(metric) == .unknown)
    }

    @Test("after years, in which days were dropped, windows are as exact as ever")
    func pruning() throws {
        let scene = Scene()
        let start = Scene.time("2024-01-01").utcDay
        for number in 0..<900 as Range<Int32> {
            let day = (start + number).iso
            scene.event(day, "daily")
            if number % 50 == 0 { scene.event(day, "u\(number)", task: "t\(number)", amount: "1 EUR") }
        }
        #expect(try scene.number(.events(.all, .days(400))) == 408)
        #expect(try scene.number(.amount(.all, .days(400))) == 8)
        #expect(try scene.number(.activeUsers(.days(128))) == 3)
        #expect(try scene.number(.eventsLifetime(.all)) == 918)
        let series = try scene.portrait().series(days: 128, at: scene.moment())
        #expect(series.activeUsers.reduce(0, +) == 128 + 2)
    }
}
