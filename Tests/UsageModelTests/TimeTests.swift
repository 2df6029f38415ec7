import Foundation
import Testing
import UsageModel

@Suite("Time")
struct TimeTests {
    @Test("every day of the years 1 to 9999 is one more than the day before, and reads back")
    func calendar() {
        var expected = CivilDate(year: 1, month: 1, day: 1)
        let last = Timestamp.greatest.utcDay
        var day = Timestamp.least.utcDay
        while day <= last {
            guard CivilDate(day) == expected, Day(expected) == day, expected.isValid else {
                Issue.record("day \(day.number) is \(CivilDate(day)), not \(expected)")
                return
            }
            let tomorrow = CivilDate(year: expected.year, month: expected.month, day: expected.day + 1)
            if tomorrow.isValid {
                expected = tomorrow
            } else if expected.month < 12 {
                expected = CivilDate(year: expected.year, month: expected.month + 1, day: 1)
            } else {
                expected = CivilDate(year: expected.year + 1, month: 1, day: 1)
            }
            day = day + 1
        }
        #expect(expected == CivilDate(year: 10_000, month: 1, day: 1))
    }

    @Test("leap years: every fourth, but not every hundredth, but every four-hundredth")
    func leapYears() {
        let leap = [4, 1_600, 2_000, 2_024, 2_400]
        for year in leap + [1, 1_700, 1_900, 2_023, 2_100] {
            #expect(CivilDate(year: year, month: 2, day: 29).isValid == leap.contains(year), "\(year)")
        }
        #expect(!CivilDate(year: 2_024, month: 4, day: 31).isValid)
        #expect(!CivilDate(year: 2_024, month: 13, day: 1).isValid)
        #expect(!CivilDate(year: 2_024, month: 1, day: 0).isValid)
    }

    @Test("weeks begin on Monday")
    func weekdays() throws {
        #expect(Day(number: 0).isoWeekday == 4)
        #expect(Day(number: -1).isoWeekday == 3)
        #expect(try #require(Day(iso: "2026-11-22")).isoWeekday == 7)
        #expect(try #require(Day(iso: "1969-12-29")).isoWeekday == 1)
    }

    @Test("the UTC date and hour round towards the past, also before 1970")
    func floors() {
        #expect(Timestamp(milliseconds: -1).utcDay == Day(number: -1))
        #expect(Timestamp(milliseconds: -1).utcHour == -1)
        #expect(Timestamp(milliseconds: 0).utcDay == Day(number: 0))
        #expect(Timestamp(milliseconds: 86_399_999).utcDay == Day(number: 0))
        #expect(Timestamp(milliseconds: 3_600_000).utcHour == 1)
        #expect(Day(number: -1).startUTC.milliseconds == -86_400_000)
    }

    @Test("sums and differences stop at the ends instead of trapping")
    func saturation() {
        let least = Timestamp(milliseconds: .min)
        let greatest = Timestamp(milliseconds: .max)
        #expect(least - greatest == .min)
        #expect(greatest - least == .max)
        #expect(greatest + 1 == greatest)
        #expect(least + -1 == least)
        #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == -2)
    }

    @Test("floored division", arguments: [(7, 3, 2, 1), (-7, 3, -3, 2), (-6, 3, -2, 0), (0, 3, 0, 0)])
    func flooredDivision(dividend: Int, divisor: Int, quotient: Int, remainder: Int) {
        #expect(dividend.flooredQuotient(by: divisor) == quotient)
        #expect(dividend.flooredRemainder(by: divisor) == remainder)
    }
}
