import Portraits

/// What a node does. Numbers, truths and texts are computed by three functions; an operation
/// belongs to one of them, and the checker guarantees that nodes fit together.
enum Operation: UInt8, BitwiseCopyable {
    // Numbers. Durations are numbers of milliseconds; NaN is unknown.
    /// `number`.
    case constant
    /// Metric in slot `a`: a plain number.
    case metric
    /// Metric in slot `a`, elapsed or in whole days, in milliseconds.
    case durationMetric
    /// Milliseconds since the company's stage began.
    case stageAge
    case add
    case subtract
    case multiply
    case divide
    case negate
    case absolute
    /// The `b` nodes listed from `a` on.
    case least
    case greatest
    /// Score number `a`.
    case score
    /// The dynamic node `a` read as a number, numeric text included.
    case asNumber

    // Truths.
    /// Raw verdict `a`.
    case truthConstant
    /// The `b` nodes listed from `a` on.
    case all
    case any
    case not
    /// Nodes `a` and `b`.
    case compareNumbers
    /// The same in whole milliseconds.
    case compareDurations
    /// Elapsed metric in slot `a` against `number` whole milliseconds.
    case compareElapsed
    case compareTexts
    /// Dynamic nodes `a` and `b`: as numbers where both are, else as texts.
    case compareDynamics
    /// Whether node `a` is among the `b - 1` nodes listed behind it: the list begins with `a` itself.
    case numberIn
    case textIn
    case isKnownNumber
    case isKnownTruth
    case isKnownText
    case isKnownDynamic
    /// Flag number `a` is open.
    case flagOpen
    case asTruth

    // Texts.
    /// Text number `a`.
    case textConstant
    case textMetric
    /// The instant in elapsed metric `a`, as RFC 3339.
    case instant
    case stage
    case companyName
    case asText

    // Dynamic: what type it has is known only when it is read.
    case dynamicMetric
    /// `EvaluationContext.atRaise[a]`.
    case atRaise
}

/// How a node's value can change but by a control record or a late event.
struct Timing: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// At the company's midnight.
    static let daily = Timing(rawValue: 1 << 0)
    /// In proportion to `now`.
    static let linear = Timing(rawValue: 1 << 1)
    /// With `now`, but not in proportion: looked at on each UTC hour.
    static let curved = Timing(rawValue: 1 << 2)
    /// By an event of today.
    static let eventful = Timing(rawValue: 1 << 3)
    /// By a move.
    static let moved = Timing(rawValue: 1 << 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ timing: MetricTiming) {
        self = []
        if timing.contains(.daily) { insert(.daily) }
        if timing.contains(.linear) { insert(.linear) }
        if timing.contains(.eventful) { insert(.eventful) }
    }

    var followsNow: Bool { !isDisjoint(with: [.linear, .curved]) }

    /// Only the company's midnight, a control record or a late event changes it.
    var isClosed: Bool { isDisjoint(with: [.linear, .curved, .eventful, .moved]) }
}

/// One step of a compiled expression. What `a`, `b` and `number` mean depends on the operation.
struct Node: Hashable, BitwiseCopyable {
    var operation: Operation
    var comparison: Comparison = .equal
    var timing: Timing.RawValue = 0
    var a: Int32 = 0
    var b: Int32 = 0
    var number: Double = 0
}

/// A score as the evaluator needs it: its components are `parts[first ..< first + count]`.
struct ScoreProgram: BitwiseCopyable {
    var combine: ScoreRule.Combination
    var first: Int
    var count: Int
    var totalWeight: Double
}

struct ScorePart: BitwiseCopyable {
    var weight: Double
    var node: Int32
}

/// The compiled expressions of a whole rule set: one array of nodes that refer to each other by
/// index, children before parents, and one list of metrics, so that a metric that several rules
/// use is read once a look. Immutable once made.
///
/// What every step reads lies in plain memory that lives as long as the program: an array would be
/// retained and released at each step, which costs more than the step.
final class Program: Sendable {
    nonisolated(unsafe) let nodes: UnsafeBufferPointer<Node>
    /// Child indices of nodes with more than two children.
    nonisolated(unsafe) let children: UnsafeBufferPointer<Int32>
    nonisolated(unsafe) let metrics: UnsafeBufferPointer<Metric>
    /// Whether a metric that is unknown stays so at midnight and through events: only a control record
    /// can make it known.
    nonisolated(unsafe) let staysUnknown: UnsafeBufferPointer<Bool>
    /// By metric.
    nonisolated(unsafe) let influences: UnsafeBufferPointer<EventInfluence>
    let texts: [String]
    nonisolated(unsafe) let scores: UnsafeBufferPointer<ScoreProgram>
    nonisolated(unsafe) let scoreParts: UnsafeBufferPointer<ScorePart>

    static let empty = Program(ProgramBuilder())

    init(_ builder: ProgramBuilder) {
        nodes = Self.copy(builder.nodes)
        children = Self.copy(builder.children)
        metrics = Self.copy(builder.metrics)
        staysUnknown = Self.copy(builder.metrics.map(\.staysUnknown))
        influences = Self.copy(builder.metrics.map(\.eventInfluence))
        texts = builder.texts
        scores = Self.copy(builder.scores)
        scoreParts = Self.copy(builder.scoreParts)
    }

    deinit {
        Self.release(nodes)
        Self.release(children)
        Self.release(metrics)
        Self.release(staysUnknown)
        Self.release(influences)
        Self.release(scores)
        Self.release(scoreParts)
    }

    private static func copy<Element>(_ array: [Element]) -> UnsafeBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: array.count)
        _ = buffer.initialize(fromContentsOf: array)
        return UnsafeBufferPointer(buffer)
    }

    private static func release<Element>(_ buffer: UnsafeBufferPointer<Element>) {
        let buffer = UnsafeMutableBufferPointer(mutating: buffer)
        buffer.deinitialize()
        buffer.deallocate()
    }
}

extension Metric {
    fileprivate var staysUnknown: Bool {
        switch self {
        case .daysUntil, .seatsUtil, .seatsFill: true
        case .events(.tasks(let tasks), _), .amount(.tasks(let tasks), _): tasks.isEmpty
        default: false
        }
    }
}
