import Testing
import UsageModel

@testable import Engine

@Suite("Log time")
struct LogClockTests {
    static let hour = millisecondsPerHour
    static let year = 365 * millisecondsPerDay

    private func clock(_ clocks: TestClocks, last: Timestamp? = nil) -> LogClock {
        LogClock(wall: { clocks.wall }, boot: { clocks.boot }, last: last)
    }

    private func expect(_ clock: inout LogClock, reads time: Timestamp, _ place: SourceLocation = #_sourceLocation) {
        let read = clock.read()
        #expect(read == time, sourceLocation: place)
    }

    @Test("it follows the wall clock, also through the small steps of a time service")
    func steady() {
        let clocks = TestClocks("2026-03-01T00:00:00Z")
        var clock = clock(clocks)
        let steps: [Int64] = [0, 3_000, -2_000, 9 * 60_000, 0]
        for step in steps {
            clocks.pass(Self.hour)
            clocks.step(step)
            expect(&clock, reads: clocks.wall)
            #expect(clock.state == .steady)
        }
    }

    @Test("set back an hour, it stands still until the clock has caught up, and a correction is no leap")
    func setBack() {
        let clocks = TestClocks("2026-03-01T00:00:00Z")
        var clock = clock(clocks)
        let before = clock.now
        clocks.step(-Self.hour)
        clocks.pass(60_000)
        expect(&clock, reads: before)
        #expect(clock.state == .standing(behind: Self.hour - 60_000))
        clocks.pass(Self.hour)
        expect(&clock, reads: before + 60_000)
        #expect(clock.state == .steady)
        clocks.step(Self.hour)
        expect(&clock, reads: clocks.wall)
        #expect(clock.state == .steady)
    }

    @Test("a leap of ten years is held: time goes on by the boot clock until the wall clock comes back")
    func leapAndReturn() {
        let clocks = TestClocks("2026-03-01T00:00:00Z")
        var clock = clock(clocks)
        let before = clock.now
        clocks.step(10 * Self.year)
        clocks.pass(Self.hour)
        expect(&clock, reads: before + Self.hour)
        #expect(clock.state == .held(ahead: 10 * Self.year))
        clocks.step(-10 * Self.year)
        clocks.pass(Self.hour)
        expect(&clock, reads: before + 2 * Self.hour)
        #expect(clock.state == .steady)
    }

    @Test("an accepted leap is believed; without one there is nothing to accept")
    func accepted() {
        let clocks = TestClocks("2026-03-01T00:00:00Z")
        var clock = clock(clocks)
        let isAcceptedTooSoon = clock.accept()
        #expect(!isAcceptedTooSoon)
        clocks.step(Self.year)
        clock.read()
        let isAccepted = clock.accept()
        #expect(isAccepted)
        #expect(clock.now == clocks.wall)
        clocks.pass(Self.hour)
        expect(&clock, reads: clocks.wall)
        #expect(clock.state == .steady)
    }

    @Test("after a downtime of 90 days time is accepted at start, after more it is held at the log's last time")
    func downtime() {
        let clocks = TestClocks("2026-06-01T00:00:00Z")
        let soon = clocks.wall + -90 * millisecondsPerDay
        #expect(clock(clocks, last: soon).now == clocks.wall)
        let longAgo = soon + -1
        var held = clock(clocks, last: longAgo)
        #expect(held.now == longAgo)
        #expect(held.state == .held(ahead: 90 * millisecondsPerDay + 1))
        clocks.pass(Self.hour)
        expect(&held, reads: longAgo + Self.hour)
    }

    @Test("a start on a clock that is behind and set right later is a downtime and no leap")
    func setRightAfterStart() {
        let clocks = TestClocks("2000-01-01T00:00:00Z")
        let last = Timestamp(rfc3339: "2026-06-01T00:00:00Z")!
        var clock = clock(clocks, last: last)
        clocks.pass(20_000)
        expect(&clock, reads: last)
        clocks.step(last + 2 * millisecondsPerDay - clocks.wall)
        expect(&clock, reads: last + 2 * millisecondsPerDay)
        #expect(clock.state == .steady)
        clocks.step(Self.hour)
        expect(&clock, reads: last + 2 * millisecondsPerDay)
        #expect(clock.state == .held(ahead: Self.hour))
    }

    @Test("a clock behind the log at start stands at the log's last time and says so")
    func behindAtStart() {
        let clocks = TestClocks("2026-06-01T00:00:00Z")
        let last = clocks.wall + 3 * Self.hour
        let clock = clock(clocks, last: last)
        #expect(clock.now == last)
        #expect(clock.state == .standing(behind: 3 * Self.hour))
        #expect(clock.state.complaint?.contains("3 h behind") == true)
    }
}
