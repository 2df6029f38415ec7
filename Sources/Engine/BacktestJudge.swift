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
        // Only what of a silence comes after the alert counts: one that was nearly over is no loss.
        let silences = history.silences(ofDays: length, end: end).filter {
            ($0.back ?? end) - max($0.last, day) >= length
        }
        let left = [silences.first { $0.last <= day + horizon }?.last, outcome].compactMap(\.self).min()
        return Verdict(
            // A silence that begins at the horizon's end needs as long again to be one.
            isRight: day + horizon + length <= end ? left != nil : nil, lead: left.map { $0 - day },
            isSilent: day + horizon <= end ? outcome != nil || silences.contains { $0.last <= day } : nil)
    }

    /// The last day of a company that left for good; nil for one that did not.
    func lastDay(of history: ActivityHistory.Company) -> Int? {
        let lastUse = history.days.values.last.map(Int.init)
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
        case .silence: BacktestTruth.churned
        }
    }
}
