public import Portraits
public import UsageModel

/// Where an expression's metrics come from: a company's portrait, or a table in a test.
public protocol MetricSource: AnyObject {
    func value(of metric: Metric, at moment: Moment) -> MetricValue

    /// Whether the company's next midnight may change `metric` although no record arrives. A cheap
    /// test that says false for a company whose data the window can no longer reach saves a look a
    /// day; true is always correct.
    func canChangeAtMidnight(_ metric: Metric, at moment: Moment) -> Bool
}

extension MetricSource {
    public func canChangeAtMidnight(_ metric: Metric, at moment: Moment) -> Bool { true }
}

extension CompanyPortrait: MetricSource {}

/// Which flags of a rule set are open in one company, by `FlagRule.index`. A bit a rule, in place,
/// so that `flag("x")` costs a shift and a mask.
public struct OpenFlags: Hashable, Sendable, BitwiseCopyable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// As many flags as a rule set may have.
    public static let capacity = 256

    public init() {}

    public subscript(index: Int) -> Bool {
        get {
            let bit = UInt64(1) << UInt64(index & 63)
            return switch index >> 6 {
            case 0: words.0 & bit != 0
            case 1: words.1 & bit != 0
            case 2: words.2 & bit != 0
            default: words.3 & bit != 0
            }
        }
        set {
            precondition(index >= 0 && index < Self.capacity, "flag index out of range")
            let bit = UInt64(1) << UInt64(index & 63)
            switch index >> 6 {
            case 0: words.0 = newValue ? words.0 | bit : words.0 & ~bit
            case 1: words.1 = newValue ? words.1 | bit : words.1 & ~bit
            case 2: words.2 = newValue ? words.2 | bit : words.2 & ~bit
            default: words.3 = newValue ? words.3 | bit : words.3 & ~bit
            }
        }
    }

    public static func == (left: OpenFlags, right: OpenFlags) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// Everything an expression may ask in one look at one company.
///
/// `portrait` and `moment` stay the same for the whole look, so metrics are read once and shared by
/// all rules through `cache`; what the rules themselves change (flags, stage) may be set in between.
public struct EvaluationContext {
    public let portrait: any MetricSource
    public let moment: Moment
    public let company: CompanyID
    public let names: NameTable
    private let cache: MetricCache
    let look: UInt64
    /// The inside of `cache`, which this context keeps alive: steps of an evaluation count no references.
    let values: UnsafeMutablePointer<MetricCache.Values>

    /// Which flags are open, by `FlagRule.index`.
    public var openFlags = OpenFlags()
    /// The company's stage, nil before it has any.
    public var stage: String?
    public var stageSince: Timestamp?
    /// The values at raising that `at_raise(…)` reads, in the order of `Expression.atRaiseArguments`.
    public var atRaise: [Value] = []

    /// - Parameter cache: one that is kept over many looks saves its allocation. It belongs to one
    ///   thread; making a new context on it ends the life of the values of the one before.
    public init(
        portrait: any MetricSource, moment: Moment, company: CompanyID, names: NameTable,
        cache: MetricCache = MetricCache()
    ) {
        self.portrait = portrait
        self.moment = moment
        self.company = company
        self.names = names
        self.cache = cache
        look = cache.newLook()
        values = cache.values
    }
}
