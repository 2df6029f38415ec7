import Rules
import UsageModel

/// The counts of one rule, or of all rules of a kind.
struct BacktestTally {
    private(set) var raised = 0
    private(set) var companies: Set<CompanyID> = []
    /// Still raised at the end.
    private(set) var open = 0
    private(set) var openDays = 0.0
    /// Raised again soon after a clear.
    private(set) var flapping = 0
    private(set) var right = Proportion()
    private(set) var silent = Proportion()
    /// Companies that left and were named in time …
    private(set) var named: Set<CompanyID> = []
    /// … and not too long before.
    private(set) var namedRecently: Set<CompanyID> = []
    /// Of the alerts that were right, in days.
    private var leads: [Int] = []

    /// One flag and what became of it.
    struct Entry {
        var flag: Flag
        var isFlapping: Bool
        /// The instant at which the log ends.
        var end: Timestamp
        var verdict = BacktestJudge.Verdict()
        var namesLeaver = false
        var namesLeaverRecently = false
    }

    mutating func add(_ entry: Entry) {
        let flag = entry.flag
        raised += 1
        companies.insert(flag.company)
        if flag.state.isRaised { open += 1 }
        if entry.isFlapping { flapping += 1 }
        openDays += Double(max(0, (flag.endedAt ?? entry.end) - flag.openedAt)) / Double(millisecondsPerDay)
        if let isRight = entry.verdict.isRight {
            right.add(isRight)
            if isRight, let lead = entry.verdict.lead { leads.append(lead) }
        }
        if let isSilent = entry.verdict.isSilent { silent.add(isSilent) }
        if entry.namesLeaver { named.insert(flag.company) }
        if entry.namesLeaverRecently { namedRecently.insert(flag.company) }
    }

    var leadJSON: JSON {
        let sorted = leads.sorted()
        let middle = Self.medianInterval(of: sorted)
        return [
            "count": .int(sorted.count), "p10": .optional(Self.quantile(0.1, of: sorted)),
            "p50": .optional(Self.quantile(0.5, of: sorted)), "p90": .optional(Self.quantile(0.9, of: sorted)),
            "p50_low": .optional(middle?.low), "p50_high": .optional(middle?.high),
        ]
    }

    /// The least element with at least the share `q` of `sorted` at or below it; nil of none.
    private static func quantile(_ q: Double, of sorted: [Int]) -> Int? {
        guard !sorted.isEmpty else { return nil }
        return sorted[max(0, Int((q * Double(sorted.count)).rounded(.up)) - 1)]
    }

    /// The median's interval at 95 %, from ranks alone: how many of n lie below the true median is binomial,
    /// about normal (Conover, Practical Nonparametric Statistics). Nil of too few to have one.
    private static func medianInterval(of sorted: [Int]) -> (low: Int, high: Int)? {
        let half = Double(sorted.count) / 2
        let spread = Proportion.z * Double(sorted.count).squareRoot() / 2
        let low = Int((half - spread).rounded(.down))
        let high = Int((half + spread).rounded(.up))
        guard low >= 1, high < sorted.count else { return nil }
        return (sorted[low - 1], sorted[high])
    }
}
