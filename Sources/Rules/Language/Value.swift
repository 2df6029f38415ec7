/// What an expression is worth: the values of metrics as rules, evidence and summaries see them.
public enum Value: Sendable, Equatable {
    case unknown
    /// Counts, ratios, amounts, scores; durations in days.
    case number(Double)
    case text(String)
    case truth(Bool)
}

/// Kleene's three truth values. The order of the raw values makes `and` a minimum and `or` a maximum.
public enum Verdict: UInt8, Sendable, BitwiseCopyable {
    case `false` = 0
    case unknown = 1
    case `true` = 2

    @inlinable
    public init(_ isTrue: Bool) { self = isTrue ? .true : .false }

    @inlinable
    public static prefix func ! (verdict: Verdict) -> Verdict {
        switch verdict {
        case .false: .true
        case .unknown: .unknown
        case .true: .false
        }
    }
}

/// One leaf of a condition with what it was worth: the evidence of a flag and the answer of `why-not`.
public struct Term: Sendable, Equatable {
    /// The leaf as written, e.g. `user_idle_days > 7`.
    public var text: String
    /// Its left side as written, e.g. `user_idle_days`; the whole leaf when it compares nothing.
    public var metric: String
    public var value: Value
    /// The comparison's sign as written; empty when the leaf compares nothing.
    public var comparison: String
    /// The right side's value; `.unknown` when the leaf compares nothing. For `in […]` the list as text.
    public var threshold: Value
    public var verdict: Verdict

    public init(
        text: String, metric: String, value: Value, comparison: String, threshold: Value, verdict: Verdict
    ) {
        self.text = text
        self.metric = metric
        self.value = value
        self.comparison = comparison
        self.threshold = threshold
        self.verdict = verdict
    }
}
