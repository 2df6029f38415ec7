import Foundation
import Testing
import UsageModel

@Suite("Zones against Foundation", .enabled(if: ZoneFile.areInstalled, "no zones in /usr/share/zoneinfo"))
struct ZoneTests {
    static let names = [
        "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Moscow", "Europe/Istanbul",
        "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Santiago",
        "America/Caracas", "America/Havana", "America/Phoenix", "America/Asuncion", "Africa/Cairo",
        "Africa/Casablanca", "Africa/Johannesburg", "Africa/Monrovia", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu",
        "Asia/Tehran", "Asia/Gaza", "Asia/Pyongyang", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Apia",
        "Pacific/Chatham", "Pacific/Kiritimati", "Antarctica/Troll",
    ]

    /// 1950 to 2050; before that the machine's table and Foundation's round local mean times differently.
    private static let century = -631_152_000_000...2_524_608_000_000 as ClosedRange<Int64>

    @Test("offsets over a century, also around every change of the clocks", arguments: names)
    func offsets(name: String) throws {
        let zone = try ZoneFile.zone(name)
        let foundation = try #require(TimeZone(identifier: name))
        var instants: [Int64] = stride(from: Self.century.lowerBound, through: Self.century.upperBound, by: 86_399_000)
            .map { $0 }
        var next = Date(timeIntervalSince1970: Double(Self.century.lowerBound) / 1_000)
        while let change = foundation.nextDaylightSavingTimeTransition(after: next), change > next,
            change.timeIntervalSince1970 * 1_000 < Double(Self.century.upperBound)
        {
            let milliseconds = Int64(change.timeIntervalSince1970 * 1_000)
            instants += [milliseconds - 1_000, milliseconds, milliseconds + 1_000]
            next = change
        }
        var differences: [String] = []
        for instant in instants {
            let date = Date(timeIntervalSince1970: Double(instant) / 1_000)
            let ours = zone.offsetSeconds(at: Timestamp(milliseconds: instant))
            let theirs = foundation.secondsFromGMT(for: date)
            if ours != theirs {
                differences.append("\(Timestamp(milliseconds: instant).rfc3339): \(ours), not \(theirs)")
            }
        }
        #expect(differences.isEmpty, "\(name): \(differences.count) of \(instants.count), \(differences.prefix(3))")
    }

    @Test("the rule behind the table holds for ever: the calendar repeats after 400 years", arguments: names)
    func farFuture(name: String) throws {
        let zone = try ZoneFile.zone(name)
        let foundation = try #require(TimeZone(identifier: name))
        for year in [2_051, 2_200, 2_437, 2_438, 2_439, 2_600, 4_000, 9_998] {
            let start = Day(CivilDate(year: year, month: 1, day: 1)).startUTC.milliseconds
            for hour in stride(from: 0, to: 366 * 24, by: 5) as StrideTo<Int64> {
                let instant = start + hour * millisecondsPerHour
                let theirs = foundation.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant) / 1_000))
                let ours = zone.offsetSeconds(at: Timestamp(milliseconds: instant))
                guard ours != theirs else { continue }
                Issue.record("\(name) at \(Timestamp(milliseconds: instant).rfc3339): \(ours), not \(theirs)")
                return
            }
        }
    }

    @Test("a day starts at its first instant, and the date changes nowhere else", arguments: names)
    func days(name: String) throws {
        let zone = try ZoneFile.zone(name)
        var instant = Timestamp(milliseconds: Self.century.lowerBound)
        var day = zone.day(of: instant)
        while instant.milliseconds < Self.century.upperBound {
            let change = zone.nextDateChange(after: instant)
            let next = zone.day(of: change)
            #expect(change > instant && next != day, "\(name) after \(instant.rfc3339)")
            #expect(zone.day(of: change + -1) == day, "\(name) at \(change.rfc3339)")
            #expect(zone.day(of: Timestamp(milliseconds: (instant.milliseconds + change.milliseconds) / 2)) == day)
            // The whole stretch up to the change has the date that its end has.
            let start = zone.dateStart(before: change + -1)
            #expect(zone.nextDateChange(after: start) == change && zone.day(of: start) == day, "\(name)")
            if next > day {
                // Where the clocks went back over midnight this is the date's second beginning.
                let start = zone.startOfDay(next)
                #expect(start <= change && zone.day(of: start) >= next && zone.day(of: start + -1) < next, "\(name)")
            }
            instant = change
            day = next
        }
    }

    @Test("a day that a zone skipped starts where the one behind it does")
    func skippedDay() throws {
        let apia = try ZoneFile.zone("Pacific/Apia")
        let skipped = try #require(Day(iso: "2011-12-30"))
        #expect(apia.startOfDay(skipped) == apia.startOfDay(skipped + 1))
        #expect(apia.startOfDay(skipped).rfc3339 == "2011-12-30T10:00:00Z")
        #expect(apia.nextDateChange(after: apia.startOfDay(skipped) + -1) == apia.startOfDay(skipped))
    }

    @Test("a date that comes twice starts the first time and changes each time")
    func repeatedDate() throws {
        // At 00:01 on 1 November 2009 Newfoundland went back to 23:01 on 31 October.
        let zone = try ZoneFile.zone("America/St_Johns")
        let first = try #require(Timestamp(rfc3339: "2009-11-01T00:00:00-02:30"))
        let back = try #require(Timestamp(rfc3339: "2009-11-01T00:01:00-02:30"))
        let again = try #require(Timestamp(rfc3339: "2009-11-01T00:00:00-03:30"))
        let november = try #require(Day(iso: "2009-11-01"))
        #expect(zone.startOfDay(november) == first)
        #expect(zone.nextDateChange(after: first + -1) == first)
        #expect(zone.nextDateChange(after: first) == back)
        #expect(zone.day(of: back) == november - 1)
        #expect(zone.nextDateChange(after: back) == again)
    }

    @Test("every zone of the machine can be read")
    func allZones() throws {
        let folder = "/usr/share/zoneinfo"
        var count = 0
        for case let path as String in try #require(FileManager.default.enumerator(atPath: folder)) {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)"),
                data.starts(with: Array("TZif".utf8)),
                !path.hasPrefix("right/")
            else { continue }
            _ = try Zone(name: path, tzif: Array(data))
            count += 1
        }
        #expect(count > 300)
    }
}
