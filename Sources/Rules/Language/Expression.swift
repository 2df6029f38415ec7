public import Portraits
public import UsageModel

/// A checked, compiled expression: a root in a program's node array. Immutable; a class, so that
/// handing one around counts one reference.
public final class Expression: Sendable {
    /// As written.
    public let text: String
    let program: Program
    let root: Int
    let kind: ValueKind
    let leaves: [Leaf]
    /// What `at_raise(…)` must remember when a flag is raised, in order of first appearance.
    public let atRaiseArguments: [AtRaiseArgument]

    init(
        text: String, program: Program, root: Int, kind: ValueKind, leaves: [Leaf],
        atRaiseArguments: [AtRaiseArgument]
    ) {
        self.text = text
        self.program = program
        self.root = root
        self.kind = kind
        self.leaves = leaves
        self.atRaiseArguments = atRaiseArguments
    }

    /// The distinct metrics it reads, those of scores and segments that it names included, in a
    /// fixed order. O(nodes), for cold paths.
    public var metrics: [Metric] { program.metrics(below: root) }

    /// Whether it is a condition (`verdict` may be asked); else it is a value.
    public var isCondition: Bool { kind == .truth }
}

/// One `at_raise(…)`: its value is taken when the flag is raised and stands in the move's evidence
/// under `text`.
public struct AtRaiseArgument: Sendable {
    /// The argument as written, white space normalised, so that it survives a reformatted rule file.
    public let text: String
    public let expression: Expression
}

extension Expression {
    /// What it is worth now. Durations are numbers of days; a condition is a `.truth` or `.unknown`.
    public func value(in context: EvaluationContext) -> Value {
        context.attach(program)
        return program.value(root, kind, context)
    }

    /// A condition's verdict; `.unknown` for what is no condition. Allocates nothing.
    public func verdict(in context: EvaluationContext) -> Verdict {
        guard kind == .truth else { return .unknown }
        context.attach(program)
        return program.truth(root, context, now: context.moment.now.milliseconds)
    }

    /// The verdict, and the first later instant at which it may differ if no record arrives (nil:
    /// never): the company's midnight for daily metrics, the exact millisecond for comparisons that
    /// are linear in `now`, the next UTC hour for any other. Allocates nothing.
    public func verdictAndDeadline(
        in context: EvaluationContext
    ) -> (verdict: Verdict, deadline: Timestamp?) {
        let standing = standing(in: context)
        guard standing.until != .max else { return (standing.verdict, nil) }
        return (standing.verdict, Timestamp(milliseconds: standing.until))
    }

    /// The value, and the first later instant at which it may differ if no record arrives (nil: never); `now` for what
    /// follows it, and for an instant.
    public func valueAndDeadline(in context: EvaluationContext) -> (value: Value, deadline: Timestamp?) {
        let value = value(in: context)
        let timing = Timing(rawValue: program.nodes[root].timing)
        if timing.followsNow || kind == .instant { return (value, context.moment.now) }
        let until = program.nextChange(root, context)
        return (value, until == .max ? nil : Timestamp(milliseconds: until))
    }

    /// The same with what events of today it bears.
    func standing(in context: EvaluationContext) -> StandingVerdict {
        guard kind == .truth else { return StandingVerdict(verdict: .unknown, until: .max, slack: .unlimited) }
        context.attach(program)
        return program.standing(root, context)
    }
}

extension EvaluationContext {
    @inline(__always)
    func attach(_ program: Program) { MetricCache.attach(values, program, look: look) }
}

extension Program {
    func value(_ node: Int, _ kind: ValueKind, _ context: EvaluationContext) -> Value {
        let now = context.moment.now.milliseconds
        switch kind {
        case .number, .bare:
            let value = number(node, context, now: now)
            return value.isNaN ? .unknown : .number(value)
        case .duration:
            let value = number(node, context, now: now)
            return value.isNaN ? .unknown : .number(value / Double(millisecondsPerDay))
        case .text, .instant: return text(node, context).map(Value.text) ?? .unknown
        case .truth:
            switch truth(node, context, now: now) {
            case .true: return .truth(true)
            case .false: return .truth(false)
            case .unknown: return .unknown
            }
        case .dynamic:
            switch dynamic(node, context) {
            case .unknown, .elapsed: return .unknown
            case .number(let value): return .number(value)
            case .text(let value): return .text(value)
            case .bool(let value): return .truth(value)
            }
        case .invalid: preconditionFailure("an expression with mistakes is never evaluated")
        }
    }

    func metrics(below root: Int) -> [Metric] {
        var seen = [Bool](repeating: false, count: nodes.count)
        var slots: Set<Int> = []
        var pending = [root]
        while let index = pending.popLast() {
            if seen[index] { continue }
            seen[index] = true
            let node = nodes[index]
            if let slot = node.slot { slots.insert(slot) }
            pending.append(contentsOf: node.children { Int(children[$0]) })
            if node.operation == .score {
                let score = scores[Int(node.a)]
                pending.append(contentsOf: scoreParts[score.first..<(score.first + score.count)].map { Int($0.node) })
            }
        }
        return slots.sorted().map { metrics[$0] }
    }
}
