import Portraits

/// Which way a value may move without anything having happened: because events are missing, or because
/// time passes. Of a truth, up means towards true.
struct Drift: Equatable {
    /// The age in days of the youngest missing event that makes it larger; `never` when none does.
    var up = Self.never
    /// The same for smaller.
    var down = Self.never
    /// The same for what makes it unknown although it is known, or the other way round.
    var unknown = Self.never
    /// Whether it grows as time passes and no record comes.
    var rises = false
    /// Whether it shrinks then.
    var falls = false

    static let never = Int.max

    /// What changes by records alone, and not because one is missing.
    static let none = Drift()

    /// What events add to and the days take away again.
    static func counted(_ window: Window) -> Drift {
        Drift(down: window.ago, rises: window.ago > 0, falls: true)
    }

    /// What may go either way.
    static func mixed(_ ago: Int) -> Drift { Drift(up: ago, down: ago, unknown: ago, rises: true, falls: true) }

    /// For a condition that must come true while no record comes: the age of the youngest missing event
    /// that may be the reason; nil when missing events are none.
    ///
    /// It takes both. That `users_total < 2` holds may be due to a missing event, but without a record it
    /// does not begin to hold; with `known_days > 14` beside it, it does.
    var reason: Int? { rises && up != Self.never ? up : nil }

    var negated: Drift { Drift(up: down, down: up, unknown: unknown, rises: falls, falls: rises) }

    /// Either way, as far as it may go any way.
    var moved: Drift {
        let ago = min(up, down)
        return Drift(up: ago, down: ago, unknown: unknown, rises: rises || falls, falls: rises || falls)
    }

    func joined(_ other: Drift) -> Drift {
        Drift(
            up: min(up, other.up), down: min(down, other.down), unknown: min(unknown, other.unknown),
            rises: rises || other.rises, falls: falls || other.falls)
    }
}

/// Finds the drift of conditions from their steps. Where a direction cannot be told it takes both, so
/// that nothing is raised for want of events that only seemed to be missing none.
struct DriftAnalysis {
    private let program: Program
    /// By `FlagRule.index`, of `flag("x")`.
    private var flags: [Drift] = []
    /// By node: expressions share parts, and each is walked once.
    private var known: [Drift?]

    init(_ program: Program) {
        self.program = program
        known = Array(repeating: nil, count: program.nodes.count)
    }

    /// The next rule in the order of evaluation: those that it names came before. O(nodes not met before).
    mutating func absence(when: Expression, clear: Expression?) -> RuleAbsence {
        let raised = drift(when.root)
        let cleared = clear.map { drift($0.root) } ?? raised.negated
        flags.append(Drift(up: raised.up, down: cleared.up, rises: raised.rises, falls: cleared.rises))
        return RuleAbsence(raise: raised.reason, clear: cleared.reason)
    }

    /// Recurses at most as deep as `ExpressionLimits.expandedDepth`.
    private mutating func drift(_ index: Int) -> Drift {
        if let drift = known[index] { return drift }
        let drift = computed(program.nodes[index])
        known[index] = drift
        return drift
    }

    private mutating func computed(_ node: Node) -> Drift {
        switch node.operation {
        case .constant, .truthConstant, .textConstant, .stage, .companyName, .atRaise: return .none
        case .stageAge: return Drift(rises: true)
        case .metric, .durationMetric, .textMetric, .instant, .dynamicMetric:
            return program.metrics[Int(node.a)].drift
        case .add, .least, .greatest, .all, .any, .asNumber, .asText: return joined(node)
        case .subtract: return drift(Int(node.a)).joined(drift(Int(node.b)).negated)
        case .multiply, .divide: return scaled(node)
        case .negate, .not: return drift(Int(node.a)).negated
        case .absolute, .compareTexts, .compareDynamics, .numberIn, .textIn, .asTruth: return joined(node).moved
        case .compareNumbers, .compareDurations:
            return compared(node.comparison, drift(Int(node.a)).joined(drift(Int(node.b)).negated))
        case .compareElapsed: return compared(node.comparison, program.metrics[Int(node.a)].drift)
        case .score: return score(program.scores[Int(node.a)])
        case .isKnownNumber, .isKnownTruth, .isKnownText, .isKnownDynamic:
            let ago = drift(Int(node.a)).unknown
            return Drift(up: ago, down: ago, rises: ago != Drift.never, falls: ago != Drift.never)
        case .flagOpen: return flags[Int(node.a)]
        }
    }

    private mutating func joined(_ node: Node) -> Drift {
        node.children { Int(program.children[$0]) }.reduce(Drift.none) { $0.joined(drift($1)) }
    }

    /// A factor or a divisor that is written down keeps the direction or turns it; any other may be of
    /// either sign, and a divisor may pass zero.
    private mutating func scaled(_ node: Node) -> Drift {
        let left = drift(Int(node.a))
        let right = drift(Int(node.b))
        if right == .none, let factor = constant(Int(node.b)) { return factor < 0 ? left.negated : left }
        if node.operation == .multiply, left == .none, let factor = constant(Int(node.a)) {
            return factor < 0 ? right.negated : right
        }
        var drift = left.joined(right).moved
        if node.operation == .divide { drift.unknown = min(drift.unknown, right.moved.up) }
        return drift
    }

    private func constant(_ index: Int) -> Double? {
        program.nodes[index].operation == .constant ? program.nodes[index].number : nil
    }

    private func compared(_ comparison: Comparison, _ difference: Drift) -> Drift {
        switch comparison {
        case .greater, .greaterOrEqual: difference
        case .less, .lessOrEqual: difference.negated
        case .equal, .notEqual: difference.moved
        }
    }

    /// A sum grows with its parts; of a mean, parts that become unknown change the weights.
    private mutating func score(_ score: ScoreProgram) -> Drift {
        var drift = Drift.none
        for part in program.scoreParts[score.first..<(score.first + score.count)] {
            drift = drift.joined(self.drift(Int(part.node)))
        }
        return score.combine == .sum ? drift : drift.moved
    }
}

extension Metric {
    /// The last day on which events decide who the champion is: today − 14.
    private static let championAgo = 14

    /// Which way missing events and time move it.
    fileprivate var drift: Drift {
        switch self {
        case .events(_, let window), .tasksUsed(let window), .activeUsers(let window), .activeDays(let window),
            .newUsers(let window):
            .counted(window)
        // Refunds are negative.
        case .amount(_, let window): .mixed(window.ago)
        case .amountLifetime: Drift(up: 0, down: 0, unknown: 0)
        case .eventsLifetime, .usersTotal, .seatsFill: Drift(down: 0)
        case .seatsUtil: .counted(Window(days: 28))
        case .retained(let window), .resurrected(let window), .dormant(let window), .quickRatio(let window),
            .topUserShare(let window), .busFactor(let window):
            .mixed(window.ago)
        // Activity today brings a user back who left on any day.
        case .dauMAU, .powerCurve, .seatsActivation, .left, .mostActive: .mixed(0)
        case .idleDays, .userIdleDays: Drift(up: 0, unknown: 0, rises: true)
        case .championIdleDays:
            Drift(up: 0, down: Self.championAgo, unknown: Self.championAgo, rises: true, falls: true)
        case .champion: .mixed(Self.championAgo)
        case .lastUser: Drift(up: 0, down: 0, unknown: 0)
        // What senders of other things say, and what was settled by the first event.
        case .ageDays, .knownDays, .touchIdleDays: Drift(rises: true)
        case .touches(let window): Drift(rises: window.ago > 0, falls: true)
        case .daysUntil: Drift(falls: true)
        case .trait(_, let ago): Drift(rises: ago > 0, falls: ago > 0)
        case .outcome, .firstUser: .none
        }
    }
}
