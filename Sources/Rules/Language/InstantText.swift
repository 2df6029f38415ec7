import UsageModel

/// Instants as summaries print them.
enum InstantText {
    /// `2026-11-22 10:00 UTC`: people read it, so the minute is enough.
    static func text(_ instant: Timestamp) -> String {
        let date = CivilDate(instant.utcDay)
        let minute = Int(instant.milliseconds.flooredRemainder(by: millisecondsPerDay) / 60_000)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2)) "
            + "\(padded(minute / 60, 2)):\(padded(minute % 60, 2)) UTC"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
