/// A time zone: which calendar date an instant falls on, by rules that stand in the log.
///
/// Built from the bytes of a TZif file (RFC 9636, versions 1 to 4) and never from the machine's own
/// tables, so that a replay dates everything as the live daemon did. Offsets are a table of
/// transitions; a file's footer rule repeats every 400 years, as the calendar does, so the table
/// covers one such cycle behind the file's last transition and later instants fold back into it.
public struct Zone: Sendable, Hashable {
    /// The IANA name, as "Europe/Berlin".
    public let name: String
    /// `starts[i]` is the first millisecond at which `offsets[i]` holds. `starts[0]` is before all time.
    let starts: [Int64]
    /// Milliseconds east of UTC.
    let offsets: [Int64]
    /// Instants at or after this fold back by whole cycles; nil when the last offset holds for ever.
    let foldFrom: Int64?

    /// Coordinated Universal Time.
    public static let utc = Zone(name: "UTC", starts: [.min], offsets: [0], foldFrom: nil)

    /// 400 Gregorian years are 146,097 days, which is a whole number of weeks; any rule that names
    /// months, weeks and weekdays therefore repeats after them.
    static let cycleMilliseconds = 146_097 * millisecondsPerDay

    /// RFC 9636 bounds offsets by −25 h and +26 h. Pruning relies on it: a local date is never more
    /// than two days away from the UTC date.
    static let offsetBounds: ClosedRange<Int64> = -(25 * 3_600 - 1)...(26 * 3_600 - 1)

    /// A zone with one offset for ever. `offsetSeconds` must lie within RFC 9636's bounds.
    public init(name: String, offsetSeconds: Int) {
        precondition(Self.offsetBounds.contains(Int64(offsetSeconds)), "offset out of RFC 9636's bounds")
        self.init(
            name: name, starts: [.min], offsets: [Int64(offsetSeconds) * millisecondsPerSecond], foldFrom: nil)
    }

    init(name: String, starts: [Int64], offsets: [Int64], foldFrom: Int64?) {
        precondition(starts.count == offsets.count && starts.first == .min, "a zone's table begins before all time")
        self.name = name
        self.starts = starts
        self.offsets = offsets
        self.foldFrom = foldFrom
    }
}

extension Zone {
    /// Seconds east of UTC at `instant`. O(log transitions), allocates nothing.
    public func offsetSeconds(at instant: Timestamp) -> Int {
        Int(offset(at: instant.milliseconds) / millisecondsPerSecond)
    }

    /// The calendar date at `instant`. O(log transitions), allocates nothing.
    public func day(of instant: Timestamp) -> Day {
        let local = instant.milliseconds.addingReportingOverflow(offset(at: instant.milliseconds)).partialValue
        return Day(number: Int32(truncatingIfNeeded: local.flooredQuotient(by: millisecondsPerDay)))
    }

    /// The first instant whose local date is `day` or later.
    ///
    /// That is local midnight, or the change itself where a change of the clocks skips midnight or
    /// the whole day (Pacific/Apia has no 2011-12-30). Where the clocks go back over midnight the
    /// date comes twice, and this is its first beginning. O(log transitions).
    public func startOfDay(_ day: Day) -> Timestamp {
        let midnight = Int64(day.number) * millisecondsPerDay
        // No offset is larger than the bound, so no earlier instant can have this date.
        var period = period(at: midnight - Self.offsetBounds.upperBound * millisecondsPerSecond)
        while true {
            let candidate = max(period.start, midnight - period.offset)
            if candidate < period.end { return Timestamp(milliseconds: candidate) }
            period = self.period(at: period.end)
        }
    }

    /// An instant not after `instant` from which on the local date is the same as at `instant`: local midnight, or the
    /// change of the clocks that came behind it. O(log transitions).
    public func dateStart(before instant: Timestamp) -> Timestamp {
        let period = period(at: instant.milliseconds)
        let midnight = Int64(day(of: instant).number) * millisecondsPerDay
        return Timestamp(milliseconds: max(period.start, midnight - period.offset))
    }

    /// The first instant after `instant` whose local date is another than that at `instant`. Almost
    /// always the next midnight; earlier or later where the clocks change over midnight.
    /// O(log transitions).
    public func nextDateChange(after instant: Timestamp) -> Timestamp {
        let day = self.day(of: instant)
        let nextMidnight = Int64(day.number + 1) * millisecondsPerDay
        var period = period(at: instant.milliseconds)
        while true {
            if nextMidnight - period.offset < period.end {
                return Timestamp(milliseconds: nextMidnight - period.offset)
            }
            let change = Timestamp(milliseconds: period.end)
            if self.day(of: change) != day { return change }
            period = self.period(at: period.end)
        }
    }
}

extension Zone {
    /// Everything that decides dates, for a digest.
    public var canonicalWords: [Int64] { starts + offsets + [foldFrom ?? .max] }
}

extension Zone {
    private func offset(at milliseconds: Int64) -> Int64 {
        if starts.count == 1 { return offsets[0] }
        return offsets[index(at: milliseconds - foldDistance(milliseconds))]
    }

    /// The stretch of one offset around `milliseconds`; `end` is `.max` when it lasts for ever. The
    /// cycle's seam may split one stretch in two.
    private func period(at milliseconds: Int64) -> (start: Int64, end: Int64, offset: Int64) {
        let distance = foldDistance(milliseconds)
        let folded = milliseconds - distance
        let index = index(at: folded)
        let start = starts[index] == .min ? .min : starts[index] + distance
        let end = index + 1 < starts.count ? starts[index + 1] : foldFrom ?? .max
        return (start, end == .max ? .max : end + distance, offsets[index])
    }

    /// How far to move back so that the table covers the instant.
    private func foldDistance(_ milliseconds: Int64) -> Int64 {
        guard let foldFrom, milliseconds >= foldFrom else { return 0 }
        return ((milliseconds - foldFrom) / Self.cycleMilliseconds + 1) * Self.cycleMilliseconds
    }

    /// The last entry that starts at or before `milliseconds`.
    private func index(at milliseconds: Int64) -> Int {
        var low = 0
        var length = starts.count
        while length > 1 {
            let half = length / 2
            if starts[low + half] <= milliseconds { low += half }
            length -= half
        }
        return low
    }
}

/// Why the bytes of a zone file were refused.
public enum ZoneError: Error, Sendable, Equatable {
    /// The file ends before what its header announces.
    case truncated
    /// The file does not begin with "TZif" and a version.
    case notTZif
    /// A count, index, order or offset that RFC 9636 forbids; the text names it.
    case malformed(String)
    /// The footer is no POSIX TZ string.
    case badFooter(String)
    /// The file counts leap seconds ("right/…"); timestamps here do not.
    case leapSeconds
}

extension ZoneError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the zone file is truncated; reinstall tzdata"
        case .notTZif: "this is not a TZif zone file"
        case .malformed(let what): "the zone file is malformed: \(what); reinstall tzdata"
        case .badFooter(let footer): "the zone file's rule \"\(footer)\" cannot be read; reinstall tzdata"
        case .leapSeconds: "the zone counts leap seconds; use the zone of the same name outside \"right/\""
        }
    }
}
