import TestSupport
import Testing
import UsageModel

@Suite("Zone files")
struct ZoneFileTests {
    private func offset(_ zone: Zone, _ time: String) throws -> Int {
        zone.offsetSeconds(at: try #require(Timestamp(rfc3339: time)))
    }

    @Test("UTC has no offset and days of 24 hours")
    func utc() {
        let day = Day(number: 20_000)
        #expect(Zone.utc.offsetSeconds(at: day.startUTC) == 0)
        #expect(Zone.utc.startOfDay(day) == day.startUTC)
        #expect(Zone.utc.day(of: day.startUTC + -1) == day - 1)
        #expect(Zone.utc.nextDateChange(after: day.startUTC) == (day + 1).startUTC)
        #expect(Zone.utc.nextDateChange(after: Timestamp.greatest).milliseconds == Timestamp.greatest.milliseconds + 1)
    }

    @Test("all versions say the same", arguments: ["1", "2", "3", "4"] as [Character])
    func versions(version: Character) throws {
        let file = ZoneFile.make(
            version: version, transitions: [(0, 1), (1_000_000, 0)], offsets: [3_600, -7_200], footer: "XXX-1")
        let zone = try Zone(name: "Test/Zone", tzif: file)
        #expect(zone.name == "Test/Zone")
        // Before the first transition the first type holds.
        #expect(zone.offsetSeconds(at: Timestamp(milliseconds: -1)) == 3_600)
        #expect(zone.offsetSeconds(at: .least) == 3_600)
        #expect(zone.offsetSeconds(at: Timestamp(milliseconds: 0)) == -7_200)
        #expect(zone.offsetSeconds(at: Timestamp(milliseconds: 999_999_999)) == -7_200)
        #expect(zone.offsetSeconds(at: Timestamp(milliseconds: 1_000_000_000)) == 3_600)
        #expect(zone.offsetSeconds(at: .greatest) == 3_600)
    }

    @Test(
        "a footer's rule",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2030-03-31T00:59:59Z", 3_600, "2030-03-31T01:00:00Z", 7_200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2030-10-27T00:59:59Z", 7_200, "2030-10-27T01:00:00Z", 3_600),
            ("EST5EDT,M3.2.0,M11.1.0", "2041-03-10T06:59:59Z", -18_000, "2041-03-10T07:00:00Z", -14_400),
            // The south: daylight saving spans the new year.
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2050-04-02T15:59:59Z", 39_600, "2050-04-02T16:00:00Z", 36_000),
            // Half an hour of daylight saving, and names in brackets.
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2035-10-06T15:29:59Z", 37_800, "2035-10-06T15:30:00Z", 39_600),
            // Hours before midnight, as version 3 allows.
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T00:59:59Z", -7_200, "2030-03-31T01:00:00Z", -3_600),
            // Days of the year, with and without the leap day: both are 1 March 2028.
            ("XXX0YYY,J60/0,J300/0", "2028-02-29T23:59:59Z", 0, "2028-03-01T00:00:00Z", 3_600),
            ("XXX0YYY,60/0,J300/0", "2028-02-29T23:59:59Z", 0, "2028-03-01T00:00:00Z", 3_600),
            ("XXX0YYY,59/0,J300/0", "2027-02-28T23:59:59Z", 0, "2027-03-01T00:00:00Z", 3_600),
            // The fifth Sunday is the last one, the fourth where there are four.
            ("XXX0YYY,M2.5.0/0,J300/0", "2026-02-21T23:59:59Z", 0, "2026-02-22T00:00:00Z", 3_600),
            // The last change of the year falls into December.
            ("XXX0YYY,M12.5.0/0,M1.1.0/0", "2030-12-28T23:59:59Z", 0, "2030-12-29T00:00:00Z", 3_600),
        ])
    func rules(footer: String, before: String, offsetBefore: Int, after: String, offsetAfter: Int) throws {
        let zone = try Zone(name: "Test/Rule", tzif: ZoneFile.make(version: "3", footer: footer))
        #expect(try offset(zone, before) == offsetBefore)
        #expect(try offset(zone, after) == offsetAfter)
        // The same 400 years later, when the rule has folded back at least once.
        func later(_ time: String) throws -> String {
            let year = try #require(Int(time.prefix(4)))
            return "\(year + 2_400)\(time.dropFirst(4))"
        }
        #expect(try offset(zone, later(before)) == offsetBefore)
        #expect(try offset(zone, later(after)) == offsetAfter)
    }

    @Test("daylight saving all year, as POSIX spells it")
    func perpetual() throws {
        let zone = try Zone(name: "Test/Summer", tzif: ZoneFile.make(version: "3", footer: "EST5EDT,0/0,J365/25"))
        for time in ["2027-12-31T23:59:59Z", "2028-01-01T05:00:00Z", "2028-06-01T00:00:00Z", "2800-02-29T00:00:00Z"] {
            #expect(try offset(zone, time) == -14_400, "\(time)")
        }
    }

    @Test("the footer counts behind the last transition only")
    func footerBehindTable() throws {
        let file = ZoneFile.make(
            version: "2", transitions: [(1_893_456_000, 1)], offsets: [0, 7_200], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        let zone = try Zone(name: "Test/Zone", tzif: file)
        #expect(try offset(zone, "2029-07-01T00:00:00Z") == 0)
        #expect(try offset(zone, "2030-02-01T00:00:00Z") == 7_200)
        #expect(try offset(zone, "2030-11-01T00:00:00Z") == 3_600)
    }

    @Test("a transition at the beginning of time is none")
    func bigBang() throws {
        let file = ZoneFile.make(transitions: [(-1 << 59, 1), (0, 0)], offsets: [3_600, 7_200])
        let zone = try Zone(name: "Test/Zone", tzif: file)
        #expect(zone.offsetSeconds(at: .least) == 7_200)
        #expect(zone.offsetSeconds(at: Timestamp(milliseconds: 0)) == 3_600)
    }

    @Test("transitions behind the end of time are none, and the footer's years behind them no overflow")
    func endOfTime() throws {
        // The first lies where 400 more years leave what a day's number can hold, the second behind all days.
        let file = ZoneFile.make(
            transitions: [(0, 0), (185_542_000_000_000, 1), (1 << 60, 0)], offsets: [3_600, 7_200],
            footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        let zone = try Zone(name: "Test/Zone", tzif: file)
        #expect(zone.offsetSeconds(at: .greatest) == 3_600)
    }

    @Test("what is no zone file is refused with what is wrong")
    func refused() throws {
        func error(_ bytes: [UInt8]) -> ZoneError? {
            do throws(ZoneError) {
                _ = try Zone(name: "x", tzif: bytes)
                return nil
            } catch {
                return error
            }
        }
        let good = ZoneFile.make(transitions: [(0, 1), (10, 0)], offsets: [0, 3_600], footer: "UTC0")
        #expect(error(good) == nil)
        #expect(error([]) == .notTZif)
        #expect(error(Array("hello".utf8)) == .notTZif)
        #expect(error([UInt8](repeating: 0, count: 100)) == .notTZif)
        #expect(error(ZoneFile.make(transitions: [(10, 0), (10, 0)])) == .malformed("transitions out of order"))
        #expect(error(ZoneFile.make(transitions: [(0, 7)])) == .malformed("a transition to type 7 of 1"))
        #expect(error(ZoneFile.make(offsets: [])) == .malformed("no local time type"))
        #expect(error(ZoneFile.make(offsets: [100_000])) == .malformed("an offset of 100000 s"))
        #expect(error(ZoneFile.make(leapCount: 27)) == .leapSeconds)
        for footer in [
            "X", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST", "CET-1 ",
        ] {
            #expect(error(ZoneFile.make(footer: footer)) == .badFooter(footer))
        }
        for count in 0..<good.count {
            #expect(error(Array(good.prefix(count))) != nil, "\(count) of \(good.count) bytes")
        }
    }

    @Test("bytes at random are refused or read, never a crash")
    func mutated() throws {
        let seed: UInt64 = 0x7A6F_6E65
        var random = SeededRandom(seed: seed)
        let good = ZoneFile.make(
            transitions: [(-5, 1), (10, 0)], offsets: [0, 3_600], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        for _ in 0..<5_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            guard let zone = try? Zone(name: "x", tzif: bytes) else { continue }
            let instant = Timestamp(
                milliseconds: .random(
                    in: Timestamp.least.milliseconds...Timestamp.greatest.milliseconds, using: &random))
            let change = zone.nextDateChange(after: instant)
            #expect(zone.day(of: change) != zone.day(of: instant), "seed \(seed): \(bytes) at \(instant.milliseconds)")
        }
    }
}
