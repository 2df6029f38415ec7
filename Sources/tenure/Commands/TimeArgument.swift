import UsageModel

/// A time as people type it: an instant, or a span before or behind the daemon's `now`.
enum TimeArgument: Equatable {
    case instant(Timestamp)
    /// Milliseconds.
    case span(Int64)

    /// - Parameter purpose: what the time is for, such as `to snooze until`; the error quotes it.
    init(parsing text: String, purpose: String) throws {
        if let instant = Timestamp(rfc3339: text) {
            self = .instant(instant)
        } else if let day = Day(iso: text) {
            self = .instant(day.startUTC)
        } else if let count = Int64(text.dropLast()), count > 0, count < 100_000,
            let unit = Self.units[text.last ?? " "]
        {
            self = .span(count * unit)
        } else {
            throw CommandError(
                .usage, "\"\(text)\" is no time \(purpose)",
                advice: "write a span (7d, 36h, 2w), a date (2026-12-01) or a time (2026-12-01T09:00:00Z)")
        }
    }

    private static let units: [Character: Int64] = [
        "m": 60_000, "h": millisecondsPerHour, "d": millisecondsPerDay, "w": 7 * millisecondsPerDay,
    ]
}

extension HTTPConnection {
    /// The daemon's own `now`, which counts for spans: under `clock: event` it is not the wall's.
    func now() throws -> Timestamp {
        let status = try get(RequestTarget("v1", "status"))
        guard let now = status["now"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw CommandError(
                .failed, "the daemon's clock has not begun yet", advice: "name a date instead of a span")
        }
        return now
    }
}
