import Testing
import UsageModel

@testable import Portraits

@Suite("Dropping users' days a page at a time")
struct PageSweepTests {
    private static let start = 20_000 * millisecondsPerDay

    /// The pages that have their turn at records which come every `step` ms until `end`.
    private func turns(from start: Int64 = start, to end: Int64, step: Int64.Stride, pageCount: Int) -> [Int] {
        var sweep = PageSweep()
        var turns: [Int] = []
        for now in stride(from: start, to: end, by: step) where now >= sweep.due {
            turns.append(sweep.next(now: now, pageCount: pageCount))
        }
        return turns
    }

    @Test("in a period each page has one turn", arguments: [1, 2, 7, 1_000])
    func period(pageCount: Int) {
        let turns = turns(to: Self.start + PageSweep.period, step: 60_000, pageCount: pageCount)
        #expect(turns.sorted() == Array(0..<pageCount))
    }

    @Test("a sweep goes on where time has come to, whenever it was begun")
    func restart() {
        let whole = turns(to: Self.start + PageSweep.period, step: 60_000, pageCount: 100)
        let middle = Self.start + PageSweep.period / 2
        let behind = turns(from: middle, to: Self.start + PageSweep.period, step: 60_000, pageCount: 100)
        #expect(behind == Array(whole.suffix(50)))
    }

    @Test("after a long time each page has its turn at one record, and none has two; before 1970 as well")
    func jump() {
        for start in [Self.start, -Self.start] {
            var sweep = PageSweep()
            _ = sweep.next(now: start, pageCount: 10)
            let now = start + 100 * PageSweep.period
            var turns: [Int] = []
            while sweep.due <= now, turns.count < 100 { turns.append(sweep.next(now: now, pageCount: 10)) }
            #expect(turns.count >= 10 && turns.count <= 11)
            #expect(Set(turns) == Set(0..<10))
        }
    }

    @Test("idle users' days go within a period, and their last times stay")
    func idle() throws {
        let scene = Scene()
        let first = Scene.time("2024-01-01").utcDay
        let users = (0..<100).map { "u\($0)" }
        for user in users {
            for number in 0..<3 as Range<Int32> { scene.event((first + number).iso, user) }
        }
        let found = scene.portraits.fold.pointee.state(scene.company("acme"))
        let state = try #require(found)
        func days() -> Int {
            state.pointee.users.numbers.reduce(0) { sum, row in
                let days = state.pointee.users[row].days
                return sum + days.rest.count + (days.isEmpty ? 0 : 1)
            }
        }
        #expect(days() == 300)
        let beyond = Int32(Horizon.userDays) + CompanyState.pruningSlack + 3
        let sweep = CompanyState.pruningInterval
        for number in 3..<beyond as Range<Int32> { scene.event((first + number).iso, nil) }
        #expect(days() > 0 && days() < 300)
        for number in beyond...beyond + sweep { scene.event((first + number).iso, nil) }
        // A page has its turn in each of two days at most, as events of one a day allow.
        #expect(days() == 0)
        let portrait = try scene.portrait()
        #expect(portrait.usersTotal == 100)
        #expect(portrait.lastUserActivity == (first + 2).startUTC + 12 * millisecondsPerHour)
    }
}
