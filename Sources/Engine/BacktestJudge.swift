import UsageModel

/// What hindsight says of companies and of single alerts; every day is a UTC date.
struct BacktestJudge {
    let truth: BacktestTruth
    let history: ActivityHistory
    /// The day on which the log ends.
    let end: Int

    /// What became of the company after one alert.
    struct Verdict {
        /// Whether it left within the horizon; nil when the log ends too soon to say.
        var isRight: Bool?
        /// From the alert to the last day of use or the outcome, in days; negative when that came first.
        var lead: Int?
        /// Whether it was never seen again within the horizon; nil when the log ends too soon, or only outcomes count.
        var isSilent: Bool?
    }

    /// Judges an alert about `company` on `day`.
    func verdict(on company: CompanyID, alerted day: Int) -> Verdict {
        guard let history = history[company] else { return Verdict() }
        let horizon = truth.horizonDays
        let outcome = history.outcomes.filter { $0.word == word && $0.day >= day && $0.day <= day + horizon }
            .map(\.day).min()
        guard case .silence(let length) = truth else {
            return Verdict(
                isRight: day + horizon <= end ? outcome != nil : nil, lead: outcome.map { $0 - day }, isSilent: nil)
        }
        let silences = history.silences(ofDays: length, end: end).filter { $0.back.map { $0 > day } ?? true }
        let left = [silences.first { $0.last <= day + horizon }?.last, outcome].compactMap(\.self).min()
        let isSilent =
            outcome != nil || silences.contains { $0.last <= day && $0.back.map { $0 > day + horizon } ?? true }
        return Verdict(
            // A silence that begins at the horizon's end needs as long again to be one.
            isRight: day + horizon + length <= end ? left != nil : nil, lead: left.map { $0 - day },
            isSilent: day + horizon <= end ? isSilent : nil)
    }

    /// The last day of a company that left for good; nil for one that did not.
    func lastDay(of history: ActivityHistory.Company) -> Int? {
        let lastUse = history.days.last.map(Int.init)
        if let outcome = history.outcomes.last, outcome.word == word {
            guard case .silence = truth else { return outcome.day }
            // A company that is used again after the outcome is back.
            if (lastUse ?? outcome.day) <= outcome.day { return lastUse ?? outcome.day }
        }
        guard case .silence(let length) = truth, let lastUse, end - lastUse >= length else { return nil }
        return lastUse
    }

    private var word: String {
        switch truth {
        case .outcome(let word): word
        case .silence: "churned"
        }
    }
}

/// How many of how many, with the interval in which the true share lies.
struct Proportion {
    var count = 0
    var of = 0

    mutating func add(_ isCounted: Bool) {
        of += 1
        if isCounted { count += 1 }
    }

    /// Standard deviations around the mean of a normal distribution that hold 95 % of it.
    private static let z = 1.959963984540054

    /// Wilson's score interval at 95 % (Wilson 1927); nil without any case.
    var interval: (low: Double, high: Double)? {
        guard of > 0 else { return nil }
        let n = Double(of)
        let share = Double(count) / n
        let square = Self.z * Self.z
        let middle = share + square / (2 * n)
        let spread = Self.z * (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
        return (max(0, (middle - spread) / (1 + square / n)), min(1, (middle + spread) / (1 + square / n)))
    }

    var json: JSON {
        [
            "count": .int(count), "of": .int(of), "value": .optional(of > 0 ? Double(count) / Double(of) : nil),
            "low": .optional(interval?.low), "high": .optional(interval?.high),
        ]
    }
}
