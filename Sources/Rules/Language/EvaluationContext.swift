public import Portraits
public import UsageModel

/// Where an expression's metrics come from: a company's portrait, or a table in a test.
public protocol MetricSource: AnyObject {
    func value(of metric: Metric, at moment: Moment) -> MetricValue

    /// The first midnight at which `metric` may change although no record arrives; nil for never. Too early
    /// is always correct; an exact answer saves a look a day.
    func nextChange(of metric: Metric, at moment: Moment) -> Timestamp?

    /// The most that one event of today does to a `metric` whose influence is `varying`. Too much is always correct.
    func effect(on metric: Metric, at moment: Moment) -> EventEffect

    /// Whether the company had an event today, so that most windows change at the next midnight and a search for the
    /// first that does would be in vain.
    func isAtWork(at moment: Moment) -> Bool
}

extension MetricSource {
    public func nextChange(of metric: Metric, at moment: Moment) -> Timestamp? { moment.nextMidnight }

    public func effect(on metric: Metric, at moment: Moment) -> EventEffect { .anything }

    public func isAtWork(at moment: Moment) -> Bool { false }
}

extension CompanyPortrait: MetricSource {}

/// Everything an expression may ask in one look at one company.
///
/// `portrait` and `moment` stay the same for the whole look, so metrics are read once and shared by
/// all rules through `cache`; what the rules themselves change (flags, stage) may be set in between.
/// A class, since each step of an evaluation is handed it: a structure of this size would be copied.
public final class EvaluationContext {
    public private(set) var portrait: any MetricSource
    public private(set) var moment: Moment
    public private(set) var company: CompanyID
    public private(set) var names: NameTable
    private let cache: MetricCache
    private(set) var look: UInt64
    /// Whether a metric that midnight may change is taken to change at the next one.
    private(set) var changesAtMidnight: Bool
    /// The inside of `cache`, which this context keeps alive: steps of an evaluation count no references.
    let values: UnsafeMutablePointer<MetricCache.Values>

    // One thread reads and sets these some ten times a look, never one inside the other: checks at run
    // time for overlapping access would be a tenth of the look.
    /// Which flags are open, by `FlagRule.index`.
    @exclusivity(unchecked) public var openFlags = RuleMask()
    /// The company's stage, nil before it has any.
    @exclusivity(unchecked) public var stage: String?
    @exclusivity(unchecked) public var stageSince: Timestamp?
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
        changesAtMidnight = portrait.isAtWork(at: moment)
    }

    /// Makes it the context of another look, as if it were new, without an allocation.
    func begin(portrait: any MetricSource, moment: Moment, company: CompanyID, names: NameTable) {
        self.portrait = portrait
        self.moment = moment
        self.company = company
        self.names = names
        look = cache.newLook()
        changesAtMidnight = portrait.isAtWork(at: moment)
        openFlags = RuleMask()
        stage = nil
        stageSince = nil
        atRaise = []
    }

    /// Runs `body` while `at_raise(…)` reads `values`.
    func withRaiseValues<Result>(_ values: [Value], _ body: () -> Result) -> Result {
        atRaise = values
        defer { atRaise = [] }
        return body()
    }
}
