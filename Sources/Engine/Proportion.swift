import UsageModel

/// How many of how many, with the interval in which the true share lies.
struct Proportion {
    var count = 0
    var of = 0

    mutating func add(_ isCounted: Bool) {
        of += 1
        if isCounted { count += 1 }
    }

    /// Standard deviations around the mean of a normal distribution that hold 95 % of it.
    static let z = 1.959963984540054

    /// Wilson's score interval at 95 % (Wilson 1927); nil without any case.
    var interval: (low: Double, high: Double)? {
        guard of > 0 else { return nil }
        let n = Double(of)
        let share = Double(count) / n
        let square = Self.z * Self.z
        let middle = share + square / (2 * n)
        let spread = Self.z * (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
        // At the ends the bounds are 0 and 1 exactly, which the sums above miss by a rounding.
        return (
            count == 0 ? 0 : (middle - spread) / (1 + square / n),
            count == of ? 1 : (middle + spread) / (1 + square / n)
        )
    }

    var json: JSON {
        [
            "count": .int(count), "of": .int(of), "value": .optional(of > 0 ? Double(count) / Double(of) : nil),
            "low": .optional(interval?.low), "high": .optional(interval?.high),
        ]
    }
}
