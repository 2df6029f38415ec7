/// Numbers as summaries print them: without a locale, the same on every machine.
enum NumberText {
    static let greatestDecimals = 6

    /// `value` with exactly `decimals` decimals, halves rounded away from zero; `decimals` is at most 6.
    static func text(_ value: Double, decimals: Int) -> String {
        precondition(decimals >= 0 && decimals <= greatestDecimals, "unsupported number of decimals")
        var power: Int64 = 1
        for _ in 0..<decimals { power *= 10 }
        let scaled = (value * Double(power)).rounded()
        // Beyond 2^63 a Double has no decimals to print; its own text is as good as any.
        guard abs(scaled) < 9_000_000_000_000_000_000 else { return "\(value)" }
        let whole = Int64(scaled)
        let magnitude = Int64(whole.magnitude)
        let sign = whole < 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(magnitude) }
        let fraction = String(magnitude % power)
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return sign + String(magnitude / power) + "." + zeros + fraction
    }

    /// At most `decimals` decimals, none behind them that are zero.
    static func shortText(_ value: Double, decimals: Int = 2) -> String {
        var text = text(value, decimals: decimals)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
