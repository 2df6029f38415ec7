import UsageModel

/// Dates as people say them, in English and UTC whatever the machine's locale.
enum CalendarText {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func weekday(_ day: Day) -> String { weekdays[day.isoWeekday - 1] }

    /// `23 Nov`; with the year where it is not that of `today`.
    static func date(_ day: Day, today: Day) -> String {
        let date = CivilDate(day)
        let year = date.year == CivilDate(today).year ? "" : " \(date.year)"
        return "\(date.day) \(months[date.month - 1])\(year)"
    }

    /// `Mon 23 Nov 2026 09:00 UTC`.
    static func moment(_ time: Timestamp) -> String {
        let date = CivilDate(time.utcDay)
        return "\(weekday(time.utcDay)) \(date.day) \(months[date.month - 1]) \(date.year) \(timeOfDay(time)) UTC"
    }

    /// `09:00`; on another day than `today` with the date before it.
    static func clock(_ time: Timestamp, today: Day) -> String {
        time.utcDay == today ? timeOfDay(time) : date(time.utcDay, today: today) + " " + timeOfDay(time)
    }

    /// When something is due: `today`, `Wed` within the week, `12 Dec` later.
    static func due(_ time: Timestamp, now: Timestamp) -> String {
        let days = time.utcDay - now.utcDay
        if days == 0 { return "today" }
        return (1..<7).contains(days) ? weekday(time.utcDay) : date(time.utcDay, today: now.utcDay)
    }

    private static func timeOfDay(_ time: Timestamp) -> String { String(time.rfc3339.dropFirst(11).prefix(5)) }
}
