/// A POSIX TZ string, as stands in the footer of a TZif file: "CET-1CEST,M3.5.0,M10.5.0/3".
///
/// With RFC 9636's extension of version 3: hours of a change run from −167 to 167.
struct PosixRule: Equatable {
    /// Seconds east of UTC outside daylight saving time.
    var standardOffset: Int64
    var daylight: Daylight?

    struct Daylight: Equatable {
        /// Seconds east of UTC.
        var offset: Int64
        var start: Change
        var end: Change
    }

    /// A day of the year, and seconds of local time from its midnight.
    struct Change: Equatable {
        enum Date: Equatable {
            /// `Jn`: 1…365, the 29th of February never counted.
            case julianWithoutLeapDay(Int)
            /// `n`: 0…365, the 29th of February counted.
            case zeroBased(Int)
            /// `Mm.w.d`: the w-th (5 = last) weekday d (0 = Sunday) of month m.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        var date: Date
        var seconds: Int64
    }

    /// Nil when `text` is no such string, or one whose rules are left to the implementation.
    init?(_ text: String) {
        var scanner = PosixScanner(text)
        guard scanner.skipName(), let west = scanner.offset(hourLimit: 24) else { return nil }
        standardOffset = -west
        guard Zone.offsetBounds.contains(standardOffset) else { return nil }
        if scanner.isAtEnd { return }
        guard scanner.skipName() else { return nil }
        var offset = standardOffset + 3_600
        if !scanner.isNext(",") {
            guard let west = scanner.offset(hourLimit: 24) else { return nil }
            offset = -west
        }
        guard Zone.offsetBounds.contains(offset), scanner.skip(","), let start = scanner.change(), scanner.skip(","),
            let end = scanner.change(), scanner.isAtEnd
        else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    /// The changes that belong to `years`, in order of time, each with the seconds since 1970 at which
    /// it happens and the offset that holds from then on. Of two at one instant the start of daylight
    /// saving comes last, so that "0/0,J365/25" is daylight saving all year.
    func changes(inYears years: ClosedRange<Int>) -> [(time: Int64, offset: Int64)] {
        guard let daylight else { return [] }
        var changes: [(time: Int64, isStart: Bool, offset: Int64)] = []
        for year in years {
            changes.append((daylight.start.localSeconds(inYear: year) - standardOffset, true, daylight.offset))
            changes.append((daylight.end.localSeconds(inYear: year) - daylight.offset, false, standardOffset))
        }
        changes.sort { $0.time != $1.time ? $0.time < $1.time : !$0.isStart && $1.isStart }
        return changes.map { ($0.time, $0.offset) }
    }
}

extension PosixRule.Change {
    fileprivate func localSeconds(inYear year: Int) -> Int64 {
        let newYear = Day(CivilDate(year: year, month: 1, day: 1))
        let day: Day
        switch date {
        case .zeroBased(let number): day = newYear + Int32(number)
        case .julianWithoutLeapDay(let number):
            let isBehindLeapDay = number >= 60 && CivilDate(year: year, month: 1, day: 1).isLeapYear
            day = newYear + Int32(number - 1 + (isBehindLeapDay ? 1 : 0))
        case .weekday(let month, let week, let weekday):
            let first = Day(CivilDate(year: year, month: month, day: 1))
            let ahead = (weekday - first.isoWeekday % 7 + 7) % 7
            let next = Day(
                month == 12
                    ? CivilDate(year: year + 1, month: 1, day: 1) : CivilDate(year: year, month: month + 1, day: 1))
            var candidate = first + Int32(ahead + (week - 1) * 7)
            while candidate >= next { candidate = candidate - 7 }
            day = candidate
        }
        return Int64(day.number) * 86_400 + seconds
    }
}

private struct PosixScanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { index == bytes.count }

    func isNext(_ character: Unicode.Scalar) -> Bool { index < bytes.count && bytes[index] == UInt8(ascii: character) }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        index += 1
        return true
    }

    /// An abbreviation: three letters or more, or anything in angle brackets.
    mutating func skipName() -> Bool {
        let start = index
        if skip("<") {
            while index < bytes.count, bytes[index] != UInt8(ascii: ">") { index += 1 }
            return skip(">")
        }
        while index < bytes.count, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[index] | 0x20) { index += 1 }
        return index - start >= 3
    }

    mutating func number(atMost limit: Int) -> Int? {
        let start = index
        var value = 0
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
            value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
            guard value <= limit else { return nil }
            index += 1
        }
        return index > start ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` as seconds.
    mutating func offset(hourLimit: Int) -> Int64? {
        let isNegative = isNext("-")
        if isNegative || isNext("+") { index += 1 }
        guard let hours = number(atMost: hourLimit) else { return nil }
        var seconds = hours * 3_600
        if skip(":") {
            guard let minutes = number(atMost: 59) else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let rest = number(atMost: 59) else { return nil }
                seconds += rest
            }
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    mutating func change() -> PosixRule.Change? {
        let date: PosixRule.Change.Date
        if skip("J") {
            guard let number = number(atMost: 365), number >= 1 else { return nil }
            date = .julianWithoutLeapDay(number)
        } else if skip("M") {
            guard let month = number(atMost: 12), month >= 1, skip("."), let week = number(atMost: 5), week >= 1,
                skip("."), let weekday = number(atMost: 6)
            else { return nil }
            date = .weekday(month: month, week: week, weekday: weekday)
        } else {
            guard let number = number(atMost: 365) else { return nil }
            date = .zeroBased(number)
        }
        guard skip("/") else { return PosixRule.Change(date: date, seconds: 2 * 3_600) }
        guard let seconds = offset(hourLimit: 167) else { return nil }
        return PosixRule.Change(date: date, seconds: seconds)
    }
}
