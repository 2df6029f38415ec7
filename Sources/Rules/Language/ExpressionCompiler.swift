import Portraits
import UsageModel

/// A checked expression before its program is complete.
struct CompiledExpression {
    var text: String
    var root: Int
    var kind: ValueKind
    var leaves: [Leaf]
    var atRaise: [(text: String, root: Int, kind: ValueKind)]
    var curved: [Curve]

    func expression(in program: Program) -> Expression {
        let arguments = atRaise.map { argument in
            AtRaiseArgument(
                text: argument.text,
                expression: Expression(
                    text: argument.text, program: program, root: argument.root, kind: argument.kind, leaves: [],
                    atRaiseArguments: []))
        }
        return Expression(
            text: text, program: program, root: root, kind: kind, leaves: leaves, atRaiseArguments: arguments)
    }
}

/// A comparison whose change in time cannot be solved.
struct Curve {
    /// As written.
    var text: String
    /// UTF-8 offsets.
    var part: Range<Int>
}

/// One leaf of a condition, for evidence.
struct Leaf: Sendable {
    struct Side: Sendable {
        var text: String
        var node: Int
        var kind: ValueKind
    }

    enum Threshold: Sendable {
        case none
        case value(Side)
        case list(String)
    }

    var text: String
    var value: Side
    var comparison: String
    var threshold: Threshold
    var node: Int
}

/// Checks names, types and units of one expression and turns it into nodes. Goes on behind a
/// mistake, so that one run reports them all.
struct ExpressionCompiler {
    /// A part of an expression with its type.
    struct Typed {
        var node: Int
        var kind: ValueKind
        var text: String
    }

    let bytes: [UInt8]
    let names: RuleNames
    let builder: ProgramBuilder
    let taskID: (String) -> TaskID
    var allowsAtRaise: Bool
    var mistakes: [ExpressionMistake] = []
    var leaves: [Leaf] = []
    var atRaise: [(text: String, root: Int, kind: ValueKind)] = []
    var curved: [Curve] = []

    init(
        text: String, names: RuleNames, builder: ProgramBuilder, allowsAtRaise: Bool,
        taskID: @escaping (String) -> TaskID
    ) {
        bytes = Array(text.utf8)
        self.names = names
        self.builder = builder
        self.allowsAtRaise = allowsAtRaise
        self.taskID = taskID
    }

    /// What an expression is for.
    enum Wanted {
        case condition
        case number
        case any
    }

    /// Nil when it has mistakes, or names a score or segment that has.
    mutating func compile(_ syntax: Syntax, wanted: Wanted) -> CompiledExpression? {
        let typed =
            switch wanted {
            case .condition: condition(syntax)
            case .number: numeric(value(syntax), at: syntax)
            case .any: value(syntax)
            }
        // Without a mistake of its own it may still name a score or segment that has some.
        guard mistakes.isEmpty, typed.kind != .invalid else { return nil }
        checkCost(of: typed.node)
        guard mistakes.isEmpty else { return nil }
        return CompiledExpression(
            text: String(decoding: bytes, as: UTF8.self), root: typed.node, kind: typed.kind, leaves: leaves,
            atRaise: atRaise, curved: curved)
    }

    private mutating func checkCost(of node: Int) {
        let whole = 0..<bytes.count
        if builder.steps[node] > ExpressionLimits.steps {
            report(whole, "with its segments and scores the expression takes more than \(ExpressionLimits.steps) steps")
        } else if builder.depths[node] > ExpressionLimits.expandedDepth {
            report(
                whole,
                "with its segments and scores the expression is nested deeper than "
                    + "\(ExpressionLimits.expandedDepth) levels")
        }
    }
}

extension ExpressionCompiler {
    mutating func report(_ part: Syntax, _ message: String, suggestion: String? = nil) {
        report(part.start..<part.end, message, suggestion: suggestion)
    }

    /// - Parameter part: UTF-8 offsets.
    mutating func report(_ part: Range<Int>, _ message: String, suggestion: String? = nil) {
        guard mistakes.count < ExpressionLimits.mistakes else { return }
        mistakes.append(
            ExpressionMistake(
                offset: part.lowerBound, end: part.upperBound, message: message, suggestion: suggestion))
    }

    /// Stands for a part that has been reported, so that one mistake is not followed by ten.
    func invalid(_ syntax: Syntax) -> Typed { Typed(node: builder.constant(.nan), kind: .invalid, text: text(syntax)) }

    mutating func refuse(_ syntax: Syntax, _ message: String, suggestion: String? = nil) -> Typed {
        report(syntax, message, suggestion: suggestion)
        return invalid(syntax)
    }

    /// As written, runs of white space as one blank.
    func text(_ syntax: Syntax) -> String {
        String(decoding: bytes[syntax.start..<syntax.end], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    func noun(_ kind: ValueKind) -> String {
        switch kind {
        case .number, .bare: "a number"
        case .duration: "a duration"
        case .text: "a text"
        case .truth: "a condition"
        case .dynamic: "a trait"
        case .instant: "a point in time"
        case .invalid: "a mistake"
        }
    }

    /// A part that must be true, false or unknown; its leaves become evidence.
    mutating func condition(_ syntax: Syntax) -> Typed {
        switch syntax.form {
        case .all(let parts): return combine(.all, parts, syntax)
        case .any(let parts): return combine(.any, parts, syntax)
        case .not(let part):
            let inner = condition(part)
            if inner.kind == .invalid { return invalid(syntax) }
            let node = builder.add(.not, inner.node, timing: builder.timing(of: inner.node))
            return Typed(node: node, kind: .truth, text: text(syntax))
        default: return leaf(syntax)
        }
    }

    private mutating func combine(_ operation: Operation, _ parts: [Syntax], _ syntax: Syntax) -> Typed {
        var nodes: [Int] = []
        var failed = false
        for part in parts {
            let typed = condition(part)
            if typed.kind == .invalid { failed = true } else { nodes.append(typed.node) }
        }
        if failed { return invalid(syntax) }
        let timing = nodes.reduce(into: Timing()) { $0.formUnion(builder.timing(of: $1)) }
        // Kleene's `and` and `or` do not mind the order. What can change only at a known instant
        // comes first: when it decides, windows are neither read nor looked at again at midnight. Windows
        // that ended before today come before open ones: what they decide stands until midnight.
        let ordered = nodes.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
        let node = builder.add(operation, over: ordered.map(\.element), timing: timing)
        return Typed(node: node, kind: .truth, text: text(syntax))
    }

    private func rank(_ node: Int) -> Int {
        let timing = builder.timing(of: node)
        if timing.contains(.curved) { return 4 }
        if timing.contains(.daily) { return timing.isClosed ? 2 : 3 }
        return timing.followsNow ? 1 : 0
    }

    private mutating func leaf(_ syntax: Syntax) -> Typed {
        let leavesBefore = leaves.count
        var typed = value(syntax)
        switch typed.kind {
        case .invalid: return typed
        case .truth: break
        case .dynamic:
            typed.node = builder.add(.asTruth, typed.node, timing: builder.timing(of: typed.node))
            typed.kind = .truth
        default:
            return refuse(
                syntax, "a condition is needed here, but \(typed.text) is \(noun(typed.kind))",
                suggestion: typed.kind == .number || typed.kind == .duration
                    ? "compare it, as in \(typed.text) > 0" : nil)
        }
        // `value` has added a comparison's leaf itself, with both sides; anything else is its own.
        if leaves.count == leavesBefore {
            let side = Leaf.Side(text: typed.text, node: typed.node, kind: .truth)
            leaves.append(Leaf(text: typed.text, value: side, comparison: "", threshold: .none, node: typed.node))
        }
        if builder.timing(of: typed.node).contains(.curved) {
            curved.append(Curve(text: typed.text, part: syntax.start..<syntax.end))
        }
        return typed
    }

    /// A condition inside a value, as in `is_known(a > b)`: no evidence of its own.
    mutating func quietCondition(_ syntax: Syntax) -> Typed {
        let kept = leaves
        defer { leaves = kept }
        return condition(syntax)
    }
}
