/// Durations as people write them: `7d`, `36h`, `1.5d`.
public enum DurationText {
    /// The units in the order in which a message names them.
    static let units = ["d", "h", "w", "m", "s"]

    static func millisecondsPer(_ unit: String) -> Int64? {
        switch unit {
        case "s": 1_000
        case "m": 60_000
        case "h": 3_600_000
        case "d": 86_400_000
        case "w": 604_800_000
        default: nil
        }
    }

    /// The milliseconds of a number and a unit with nothing between; nil when `text` is something
    /// else, or longer than `RuleSetLimits.longestDuration`.
    public static func milliseconds(_ text: String) -> Int64? {
        guard let unitStart = text.firstIndex(where: { $0.isASCII && $0.isLetter }) else { return nil }
        let digits = text[..<unitStart]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let number = Double(String(digits)), let unit = millisecondsPer(String(text[unitStart...]))
        else { return nil }
        return milliseconds(number, unit: unit)
    }

    /// Rounded to whole milliseconds; nil beyond `RuleSetLimits.longestDuration`.
    static func milliseconds(_ number: Double, unit: Int64) -> Int64? {
        let milliseconds = (number * Double(unit)).rounded()
        guard milliseconds >= 0, milliseconds <= Double(RuleSetLimits.longestDuration) else { return nil }
        return Int64(milliseconds)
    }

    /// The shortest exact text in days, hours, minutes or seconds.
    public static func text(_ milliseconds: Int64) -> String {
        for unit in ["d", "h", "m", "s"] {
            guard let length = millisecondsPer(unit), milliseconds % length == 0 else { continue }
            return "\(milliseconds / length)\(unit)"
        }
        return "\(NumberText.text(Double(milliseconds) / 1_000, decimals: 3))s"
    }
}
