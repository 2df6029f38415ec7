import Rules
import UsageModel

/// How a backtest tells the companies that left from those that stayed, with hindsight.
public enum BacktestTruth: Sendable, Equatable {
    /// Those with this outcome: renewed, expanded, contracted, converted or churned.
    case outcome(String)
    /// Those without a qualifying event for so many days, and those with the outcome churned.
    case silence(days: Int)

    /// How long after an alert a loss still counts as what it warned of, where only outcomes speak.
    static let outcomeHorizonDays = 180

    /// How many days after an alert a company has to leave for the alert to be right.
    var horizonDays: Int {
        switch self {
        case .outcome: Self.outcomeHorizonDays
        case .silence(let days): days
        }
    }

    /// The kinds of rules that this speaks about.
    var kinds: Set<FlagKind> {
        switch self {
        case .outcome("renewed"), .outcome("expanded"), .outcome("converted"): [.upsell, .lead]
        case .outcome, .silence: [.churn]
        }
    }

    /// Whether the companies it picks out are those that left.
    var isLeaving: Bool {
        switch self {
        case .outcome(let word): word == Self.churned
        case .silence: true
        }
    }

    /// The outcome of a company that left.
    static let churned = "churned"

    /// `outcome:churned`, or a silence of whole days such as `180d`; nil for anything else.
    public init?(against: String?, churnedAfter: String?) {
        if let churnedAfter, against == nil {
            guard let milliseconds = DurationText.milliseconds(churnedAfter), milliseconds >= millisecondsPerDay,
                milliseconds % millisecondsPerDay == 0
            else { return nil }
            self = .silence(days: Int(milliseconds / millisecondsPerDay))
        } else {
            guard let against, churnedAfter == nil,
                let word = Self.outcomes.first(where: { against == "outcome:" + $0 })
            else { return nil }
            self = .outcome(word)
        }
    }

    private static let outcomes = ["renewed", "expanded", "contracted", "converted", churned]
}
