/// An instant: whole milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Everything that Tenure compares in time is compared in whole milliseconds.
public struct Timestamp: Hashable, Comparable, Sendable, BitwiseCopyable {
    public var milliseconds: Int64

    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Milliseconds from `right` to `left`; saturates instead of trapping, since both may come from input.
    @inlinable
    public static func - (left: Timestamp, right: Timestamp) -> Int64 {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return overflow ? (left.milliseconds < 0 ? .min : .max) : difference
    }

    @inlinable
    public static func + (left: Timestamp, right: Int64) -> Timestamp {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right)
        return Timestamp(milliseconds: overflow ? (right < 0 ? .min : .max) : sum)
    }

    /// The earliest and latest time an event may carry: the years 0001 to 9999, as RFC 3339 can write them.
    public static let least = Timestamp(milliseconds: -62_135_596_800_000)
    public static let greatest = Timestamp(milliseconds: 253_402_300_799_999)

    /// The calendar date in UTC. O(1).
    @inlinable
    public var utcDay: Day {
        Day(number: Int32(truncatingIfNeeded: milliseconds.flooredQuotient(by: millisecondsPerDay)))
    }

    /// Hours since 1970-01-01T00Z, rounded down. O(1).
    @inlinable
    public var utcHour: Int64 { milliseconds.flooredQuotient(by: millisecondsPerHour) }
}

public let millisecondsPerSecond: Int64 = 1_000
public let millisecondsPerHour: Int64 = 3_600_000
public let millisecondsPerDay: Int64 = 86_400_000

/// A calendar date, as days since 1970-01-01 in the proleptic Gregorian calendar.
public struct Day: Hashable, Comparable, Sendable, BitwiseCopyable {
    public var number: Int32

    @inlinable
    public init(number: Int32) { self.number = number }

    @inlinable
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    /// Days from `right` to `left`.
    @inlinable
    public static func - (left: Day, right: Day) -> Int32 { left.number - right.number }

    @inlinable
    public static func + (left: Day, right: Int32) -> Day { Day(number: left.number + right) }

    @inlinable
    public static func - (left: Day, right: Int32) -> Day { Day(number: left.number - right) }

    /// Midnight UTC at which this date begins.
    @inlinable
    public var startUTC: Timestamp { Timestamp(milliseconds: Int64(number) * millisecondsPerDay) }

    /// Monday = 1 … Sunday = 7 (ISO 8601); 1970-01-01 was a Thursday.
    public var isoWeekday: Int { Int((Int64(number) + 3).flooredRemainder(by: 7)) + 1 }
}

/// A date as people write it.
public struct CivilDate: Hashable, Sendable {
    public var year: Int
    public var month: Int
    public var day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }
}

extension CivilDate {
    /// Howard Hinnant's `civil_from_days` (https://howardhinnant.github.io/date_algorithms.html). O(1).
    public init(_ day: Day) {
        let shifted = Int(day.number) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    public var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// False for the 31st of April and its like.
    public var isValid: Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        return day <= (month == 2 ? (isLeapYear ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31)
    }
}

extension Day {
    /// Howard Hinnant's `days_from_civil`. O(1). The date must be valid.
    public init(_ date: CivilDate) {
        let year = date.month <= 2 ? date.year - 1 : date.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(number: Int32(era * 146_097 + dayOfEra - 719_468))
    }
}

extension FixedWidthInteger {
    /// Quotient rounded towards minus infinity; `divisor` must be positive.
    @inlinable
    public func flooredQuotient(by divisor: Self) -> Self {
        let quotient = self / divisor
        return (self % divisor) < 0 ? quotient - 1 : quotient
    }

    /// Remainder in 0 ..< divisor; `divisor` must be positive.
    @inlinable
    public func flooredRemainder(by divisor: Self) -> Self {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
