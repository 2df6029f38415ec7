public import UsageModel

/// What is certain of a metric as of a past instant: every value that it may have had lies inside.
public enum MetricBounds: Sendable, Equatable {
    /// Nothing is certain, or it had no value.
    case unknown
    case number(ClosedRange<Double>)
    /// Days since an instant that lies between these two.
    case elapsed(since: ClosedRange<Timestamp>)
    case text(String)
    case bool(Bool)
}

extension MetricBounds {
    static func exact(_ value: Double) -> MetricBounds { value.isFinite ? .number(value...value) : .unknown }

    static func exact(_ value: Int) -> MetricBounds { .exact(Double(value)) }

    /// Unknown where the denominator may be zero.
    static func ratio(_ numerator: ClosedRange<Double>, to denominator: ClosedRange<Double>) -> MetricBounds {
        guard !denominator.contains(0) else { return .unknown }
        let quotients = [numerator.lowerBound, numerator.upperBound].flatMap {
            [$0 / denominator.lowerBound, $0 / denominator.upperBound]
        }
        guard let least = quotients.min(), let greatest = quotients.max(), (greatest - least).isFinite else {
            return .unknown
        }
        return .number(least...greatest)
    }
}

/// Whether something was so at a past instant: certainly, possibly, or not.
struct Certainty {
    var isCertain: Bool
    var isPossible: Bool

    static let yes = Certainty(isCertain: true, isPossible: true)
    static let no = Certainty(isCertain: false, isPossible: false)
    static let perhaps = Certainty(isCertain: false, isPossible: true)

    init(isCertain: Bool, isPossible: Bool) {
        self.isCertain = isCertain
        self.isPossible = isPossible
    }

    init(_ isSo: Bool) { self = isSo ? .yes : .no }

    static prefix func ! (value: Certainty) -> Certainty {
        Certainty(isCertain: !value.isPossible, isPossible: !value.isCertain)
    }

    static func && (left: Certainty, right: Certainty) -> Certainty {
        Certainty(isCertain: left.isCertain && right.isCertain, isPossible: left.isPossible && right.isPossible)
    }
}
