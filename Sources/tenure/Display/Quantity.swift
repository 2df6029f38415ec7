import UsageModel

/// Numbers and times as people read them. Unknown is a dash, which is neither 0 nor an error.
enum Quantity {
    static let unknown = "–"

    /// A whole number with its thousands apart: 44,127.
    static func whole(_ value: Int?) -> String {
        guard let value else { return unknown }
        var digits = Array(String(value.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (value < 0 ? "−" : "") + String(digits)
    }

    /// A number of things: "1 row", "2,000 rows".
    static func count(_ value: Int?, _ noun: String) -> String { "\(whole(value)) \(noun)\(value == 1 ? "" : "s")" }

    /// A number with at most `decimals` digits behind the point and no trailing zeros.
    static func decimal(_ value: Double?, decimals: Int = 1) -> String {
        guard let value, value.isFinite else { return unknown }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        // Beyond 2^53 a Double has no fraction left, and Int conversion would soon trap.
        guard scaled < 9_007_199_254_740_992 else { return "\(value)" }
        let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
        var text = self.whole(whole)
        if fraction > 0 {
            var digits = String(fraction)
            digits = String(repeating: "0", count: decimals - digits.count) + digits
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        return (value < 0 && scaled > 0 ? "−" : "") + text
    }

    /// What is nearer to a unit than to 999 of the one below.
    private static let roundsUp = 0.9995

    /// A large number in a narrow column: 960, 4.5k, 48k, 1.2M; empty when unknown.
    static func short(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        for (unit, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value.magnitude >= unit * Self.roundsUp {
            let count = value / unit
            return decimal(count, decimals: count.magnitude < 9.95 ? 1 : 0) + suffix
        }
        return decimal(value, decimals: 0)
    }

    /// A measured value beside its threshold: three decimals for small ones, where they matter, one for large ones.
    static func measure(_ value: Double?) -> String {
        let magnitude = value?.magnitude ?? 0
        return decimal(value, decimals: magnitude < 10 ? 3 : magnitude < 100 ? 2 : 1)
    }

    /// A ratio as a percentage without decimals: 0.525 is "53 %".
    static func percent(_ ratio: Double?) -> String {
        guard let ratio, ratio.isFinite else { return unknown }
        return decimal(ratio * 100, decimals: 0) + " %"
    }

    /// How `value` differs from `before`, with its sign; unknown when there was nothing before.
    static func change(_ value: Double?, from before: Double?) -> String {
        guard let value, let before, before != 0 else { return unknown }
        let percent = ((value / before - 1) * 100).rounded()
        return (percent > 0 ? "+" : "") + decimal(percent, decimals: 0) + " %"
    }

    /// From two years on, nobody counts days.
    private static let daysShown = 730.0

    /// A span of days as its one most telling unit: "25 min", "12 h", "3.2 d", "45 d", "2.5 y".
    static func days(_ days: Double?) -> String {
        guard let days, days.isFinite else { return unknown }
        if days >= daysShown { return decimal(days / 365.25) + " y" }
        if days >= 10 { return decimal(days, decimals: 0) + " d" }
        if days >= 1 { return decimal(days) + " d" }
        let minutes = (days * 24 * 60).rounded(.down)
        if minutes >= 60 { return decimal((minutes / 60).rounded(.down), decimals: 0) + " h" }
        return decimal(minutes, decimals: 0) + " min"
    }

    /// How long before `now` an instant lies, or how long behind it.
    static func since(_ time: String?, now: String?) -> String {
        guard let time = time.flatMap(Timestamp.init(rfc3339:)), let now = now.flatMap(Timestamp.init(rfc3339:)) else {
            return unknown
        }
        let days = Double(now - time) / Double(millisecondsPerDay)
        return days >= 0 ? self.days(days) + " ago" : "in " + self.days(-days)
    }

    /// An RFC 3339 instant to the minute, in UTC: "2026-11-22 10:00".
    static func instant(_ time: String?) -> String {
        guard let time else { return unknown }
        guard let parsed = Timestamp(rfc3339: time) else { return time }
        let text = parsed.rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }

    /// An RFC 3339 instant's UTC date.
    static func date(_ time: String?) -> String {
        guard let time else { return unknown }
        guard let parsed = Timestamp(rfc3339: time) else { return time }
        return String(parsed.rfc3339.prefix(10))
    }

    /// A number of bytes in binary units.
    static func bytes(_ count: Int?) -> String {
        guard let count else { return unknown }
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return decimal(value) + " " + unit }
            value /= 1024
        }
        return decimal(value) + " TiB"
    }

    /// A number of seconds: "45 s", "12 min", "3 h", "2.5 d".
    static func seconds(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return unknown }
        return seconds < 60 ? decimal(seconds, decimals: 0) + " s" : days(seconds / 86_400)
    }
}
