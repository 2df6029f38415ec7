import Portraits
import UsageModel

// Arithmetic and comparisons with their units.
extension ExpressionCompiler {
    mutating func value(_ syntax: Syntax) -> Typed {
        switch syntax.form {
        case .number(let number): Typed(node: builder.constant(number), kind: .bare, text: text(syntax))
        case .duration(let milliseconds):
            Typed(node: builder.constant(Double(milliseconds)), kind: .duration, text: text(syntax))
        case .text(let content): Typed(node: builder.text(content), kind: .text, text: text(syntax))
        case .truth(let isTrue):
            Typed(
                node: builder.add(.truthConstant, Int(Verdict(isTrue).rawValue)), kind: .truth, text: text(syntax))
        case .name(let name): named(name, syntax)
        case .call(let name, let arguments): call(name, arguments, syntax)
        case .negate(let part): negate(part, syntax)
        case .arithmetic(let sign, let left, let right): arithmetic(sign, left, right, syntax)
        case .not, .all, .any: quietCondition(syntax)
        case .compare(let comparison, let left, let right): compare(comparison, left, right, syntax)
        case .isIn(let part, let list, let negated): isIn(part, list, negated: negated, syntax)
        }
    }

    /// `typed` where a number is needed: a trait is read as one.
    mutating func numeric(_ typed: Typed, at syntax: Syntax) -> Typed {
        switch typed.kind {
        case .number, .bare, .duration, .invalid: return typed
        case .dynamic:
            let node = builder.add(.asNumber, typed.node, timing: builder.timing(of: typed.node))
            return Typed(node: node, kind: .bare, text: typed.text)
        case .text, .truth, .instant:
            return refuse(syntax, "a number is needed here, but \(typed.text) is \(noun(typed.kind))")
        }
    }

    private mutating func negate(_ part: Syntax, _ syntax: Syntax) -> Typed {
        let inner = numeric(value(part), at: part)
        if inner.kind == .invalid { return inner }
        let node =
            builder.constantValue(of: inner.node).map { builder.constant(-$0) }
            ?? builder.add(.negate, inner.node, timing: builder.timing(of: inner.node))
        return Typed(node: node, kind: inner.kind, text: text(syntax))
    }

    private mutating func arithmetic(
        _ sign: Syntax.Sign, _ leftSyntax: Syntax, _ rightSyntax: Syntax, _ syntax: Syntax
    ) -> Typed {
        var left = numeric(value(leftSyntax), at: leftSyntax)
        var right = numeric(value(rightSyntax), at: rightSyntax)
        if left.kind == .invalid || right.kind == .invalid { return invalid(syntax) }
        let durations = (left.kind == .duration ? 1 : 0) + (right.kind == .duration ? 1 : 0)
        var kind: ValueKind = left.kind == .bare && right.kind == .bare ? .bare : .number
        switch sign {
        case .add, .subtract:
            guard sameUnit(&left, &right, at: syntax) else { return invalid(syntax) }
            if durations > 0 { kind = .duration }
        case .multiply:
            if durations == 2 { return refuse(syntax, "two durations cannot be multiplied") }
            if durations == 1 { kind = .duration }
        case .divide:
            if left.kind == .duration, right.kind != .duration { kind = .duration }
            // Something per duration is something per day.
            if left.kind != .duration, right.kind == .duration {
                right.node = join(.divide, right.node, builder.constant(Double(millisecondsPerDay)))
            }
        }
        let operation: Operation =
            switch sign {
            case .add: .add
            case .subtract: .subtract
            case .multiply: .multiply
            case .divide: .divide
            }
        return Typed(node: join(operation, left.node, right.node), kind: kind, text: text(syntax))
    }

    /// A node over two numbers, computed at once where both are constants.
    func join(_ operation: Operation, _ left: Int, _ right: Int) -> Int {
        if let a = builder.constantValue(of: left), let b = builder.constantValue(of: right) {
            let result: Double? =
                switch operation {
                case .add: a + b
                case .subtract: a - b
                case .multiply: a * b
                case .divide: a / b
                default: nil
                }
            // What is not finite is unknown, as it would be at run time.
            if let result { return builder.constant(result.isFinite ? result : .nan) }
        }
        let leftTiming = builder.timing(of: left)
        let rightTiming = builder.timing(of: right)
        var timing = leftTiming.union(rightTiming)
        // The product of two things that grow with time, and the inverse of one, are no straight lines.
        let bends =
            (operation == .multiply && leftTiming.followsNow && rightTiming.followsNow)
            || (operation == .divide && rightTiming.followsNow)
        if bends { timing.insert(.curved) }
        return builder.add(operation, left, right, timing: timing)
    }

    /// A plain number read as days where a duration stands beside it. Reports false when the two do
    /// not go together.
    mutating func sameUnit(_ left: inout Typed, _ right: inout Typed, at syntax: Syntax) -> Bool {
        if (left.kind == .duration) == (right.kind == .duration) { return true }
        let duration = left.kind == .duration ? left : right
        let other = left.kind == .duration ? right : left
        if other.kind == .bare {
            if left.kind == .duration { right = inDays(right) } else { left = inDays(left) }
            return true
        }
        let fix: String
        if let milliseconds = builder.constantValue(of: duration.node) {
            fix = "write \(NumberText.shortText(milliseconds / Double(millisecondsPerDay)))"
        } else {
            fix = "\(duration.text) / 1d is its number of days"
        }
        report(syntax, "\(other.text) is a number, but \(duration.text) is a duration", suggestion: fix)
        return false
    }

    /// A bare number of days as a duration; snapped to whole milliseconds where only the Double's
    /// last bit is in the way.
    func inDays(_ typed: Typed) -> Typed {
        let perDay = Double(millisecondsPerDay)
        if let days = builder.constantValue(of: typed.node) {
            let milliseconds = days * perDay
            let snapped = abs(milliseconds - milliseconds.rounded()) < 1e-3 ? milliseconds.rounded() : milliseconds
            return Typed(node: builder.constant(snapped), kind: .duration, text: typed.text)
        }
        return Typed(node: join(.multiply, typed.node, builder.constant(perDay)), kind: .duration, text: typed.text)
    }
}

extension ExpressionCompiler {
    private mutating func compare(
        _ comparison: Comparison, _ leftSyntax: Syntax, _ rightSyntax: Syntax, _ syntax: Syntax
    ) -> Typed {
        let left = value(leftSyntax)
        let right = value(rightSyntax)
        if left.kind == .invalid || right.kind == .invalid { return invalid(syntax) }
        for (side, part) in [(left, leftSyntax), (right, rightSyntax)] where side.kind == .instant {
            let age = side.text == "first_activity" ? "age_days" : "idle_days"
            return refuse(part, "\(side.text) is a point in time and cannot be compared", suggestion: "use \(age)")
        }
        let kinds = [left.kind, right.kind]
        let compiled: Compared?
        if kinds.contains(.truth) {
            compiled = compareTruths(comparison, left, right, syntax)
        } else if kinds.contains(.text) {
            compiled = compareTexts(comparison, left, right, syntax)
        } else if kinds == [.dynamic, .dynamic], comparison == .equal || comparison == .notEqual {
            compiled = Compared(
                node: pair(.compareDynamics, left.node, right.node, comparison), left: left, right: right)
        } else {
            compiled = compareNumbers(
                comparison, numeric(left, at: leftSyntax), numeric(right, at: rightSyntax), syntax)
        }
        guard let compiled else { return invalid(syntax) }
        let typed = Typed(node: compiled.node, kind: .truth, text: text(syntax))
        leaves.append(
            Leaf(
                text: typed.text, value: side(compiled.left), comparison: comparison.sign,
                threshold: .value(side(compiled.right)), node: typed.node))
        return typed
    }

    /// A comparison with its sides as they are compared.
    private struct Compared {
        var node: Int
        var left: Typed
        var right: Typed
    }

    private func side(_ typed: Typed) -> Leaf.Side { Leaf.Side(text: typed.text, node: typed.node, kind: typed.kind) }

    private func pair(_ operation: Operation, _ left: Int, _ right: Int, _ comparison: Comparison) -> Int {
        builder.add(
            operation, left, right, comparison: comparison,
            timing: builder.timing(of: left).union(builder.timing(of: right)))
    }

    /// Only with `true` and `false`: other questions about conditions are what `and`, `or` and `not` are for.
    private mutating func compareTruths(
        _ comparison: Comparison, _ left: Typed, _ right: Typed, _ syntax: Syntax
    ) -> Compared? {
        guard comparison == .equal || comparison == .notEqual,
            let constant = [right, left].first(where: { builder.nodes[$0.node].operation == .truthConstant })
        else {
            report(syntax, "conditions cannot be compared", suggestion: "join them with and, or, not")
            return nil
        }
        var other = constant.node == right.node ? left : right
        if other.kind == .dynamic {
            other.node = builder.add(.asTruth, other.node, timing: builder.timing(of: other.node))
        } else if other.kind != .truth {
            report(syntax, "\(other.text) is \(noun(other.kind)), but \(constant.text) is a truth value")
            return nil
        }
        other.kind = .truth
        let wantsTrue = (builder.nodes[constant.node].a == Int32(Verdict.true.rawValue)) == (comparison == .equal)
        let node = wantsTrue ? other.node : builder.add(.not, other.node, timing: builder.timing(of: other.node))
        return Compared(node: node, left: other, right: constant)
    }

    private mutating func compareTexts(
        _ comparison: Comparison, _ left: Typed, _ right: Typed, _ syntax: Syntax
    ) -> Compared? {
        guard let left = asText(left, beside: right, syntax), let right = asText(right, beside: left, syntax) else {
            return nil
        }
        guard comparison == .equal || comparison == .notEqual else {
            report(syntax, "texts are compared with == and != only")
            return nil
        }
        if case .compare(_, let leftSyntax, let rightSyntax) = syntax.form {
            checkStage(left, right, at: rightSyntax)
            checkStage(right, left, at: leftSyntax)
        }
        return Compared(node: pair(.compareTexts, left.node, right.node, comparison), left: left, right: right)
    }

    private mutating func asText(_ typed: Typed, beside other: Typed, _ syntax: Syntax) -> Typed? {
        switch typed.kind {
        case .text: return typed
        case .dynamic:
            let node = builder.add(.asText, typed.node, timing: builder.timing(of: typed.node))
            return Typed(node: node, kind: .text, text: typed.text)
        default:
            report(
                syntax, "\(typed.text) is \(noun(typed.kind)), but \(other.text) is \(noun(other.kind))")
            return nil
        }
    }

    /// `stage == "laed"` would be false for ever.
    mutating func checkStage(_ stage: Typed, _ constant: Typed, at syntax: Syntax) {
        let node = builder.nodes[constant.node]
        guard builder.nodes[stage.node].operation == .stage, node.operation == .textConstant else { return }
        let name = builder.texts[Int(node.a)]
        if names.stages.contains(name) { return }
        report(
            syntax, "unknown stage \"\(name)\"",
            suggestion: Suggestion.nearest(to: name, among: names.stages.sorted()))
    }

    private mutating func compareNumbers(
        _ comparison: Comparison, _ leftSide: Typed, _ rightSide: Typed, _ syntax: Syntax
    ) -> Compared? {
        var left = leftSide
        var right = rightSide
        if left.kind == .invalid || right.kind == .invalid { return nil }
        guard sameUnit(&left, &right, at: syntax) else { return nil }
        guard left.kind == .duration else {
            return Compared(
                node: pair(.compareNumbers, left.node, right.node, comparison), left: left, right: right)
        }
        let node =
            elapsed(comparison, left.node, right.node) ?? elapsed(comparison.mirrored, right.node, left.node)
            ?? pair(.compareDurations, left.node, right.node, comparison)
        return Compared(node: node, left: left, right: right)
    }

    /// The comparison of nearly every rule, an elapsed metric with a constant, as one node.
    private func elapsed(_ comparison: Comparison, _ metric: Int, _ threshold: Int) -> Int? {
        let node = builder.nodes[metric]
        guard node.operation == .durationMetric, builder.metrics[Int(node.a)].timing.contains(.linear),
            let milliseconds = builder.constantValue(of: threshold), abs(milliseconds) < 9e15
        else { return nil }
        return builder.add(
            .compareElapsed, Int(node.a), comparison: comparison, number: milliseconds.rounded(),
            timing: builder.timing(of: metric))
    }

    private mutating func isIn(_ part: Syntax, _ list: [Syntax], negated: Bool, _ syntax: Syntax) -> Typed {
        var subject = value(part)
        let elements = list.map { value($0) }
        if subject.kind == .invalid || elements.contains(where: { $0.kind == .invalid }) { return invalid(syntax) }
        let areTexts = elements.allSatisfy { $0.kind == .text }
        guard areTexts || elements.allSatisfy({ $0.kind == .number || $0.kind == .bare }) else {
            return refuse(list[0], "a list holds texts or numbers, all of one kind")
        }
        if subject.kind == .dynamic {
            let timing = builder.timing(of: subject.node)
            subject.node = builder.add(areTexts ? .asText : .asNumber, subject.node, timing: timing)
            subject.kind = areTexts ? .text : .bare
        }
        guard (subject.kind == .text) == areTexts, [.text, .number, .bare].contains(subject.kind) else {
            return refuse(
                syntax, "\(subject.text) is \(noun(subject.kind)), but the list holds \(areTexts ? "texts" : "numbers")"
            )
        }
        for (element, position) in zip(elements, list) { checkStage(subject, element, at: position) }
        let nodes = [subject.node] + elements.map(\.node)
        let timing = nodes.reduce(into: Timing()) { $0.formUnion(builder.timing(of: $1)) }
        var node = builder.add(areTexts ? .textIn : .numberIn, over: nodes, timing: timing)
        if negated { node = builder.add(.not, node, timing: timing) }
        let whole = text(syntax)
        let listText = "[" + elements.map(\.text).joined(separator: ", ") + "]"
        leaves.append(
            Leaf(
                text: whole, value: side(subject), comparison: negated ? "not in" : "in", threshold: .list(listText),
                node: node))
        return Typed(node: node, kind: .truth, text: whole)
    }
}
