import Portraits
import UsageModel

// Names and functions that are no metrics.
extension ExpressionCompiler {
    mutating func named(_ name: String, _ syntax: Syntax) -> Typed {
        switch name {
        case "stage": return Typed(node: builder.add(.stage, timing: .moved), kind: .text, text: name)
        case "stage_days":
            return Typed(node: builder.add(.stageAge, timing: [.linear, .moved]), kind: .duration, text: name)
        case "company": return Typed(node: builder.add(.companyName), kind: .text, text: name)
        default: break
        }
        if let metric = Vocabulary.metric(named: name) { return self.metric(metric, [], syntax, isCall: false) }
        if Vocabulary.functions.contains(name) {
            return refuse(syntax, "\(name) needs arguments in brackets", suggestion: "write \(usage(of: name))")
        }
        return unknown(name, syntax)
    }

    private func usage(of function: String) -> String {
        switch function {
        case "min", "max": "\(function)(60, events(7d))"
        case "abs": "abs(change(events(28d)))"
        case "change": "change(events(28d))"
        case "is_known": "is_known(trait(\"seats\"))"
        case "at_raise": "at_raise(events(28d))"
        default: "\(function)(\"name\")"
        }
    }

    private mutating func unknown(_ name: String, _ syntax: Syntax) -> Typed {
        if name == "lifetime" {
            return refuse(syntax, "lifetime stands for a window only", suggestion: "write events(lifetime)")
        }
        if names.stages.contains(name) {
            return refuse(syntax, "unknown metric \"\(name)\"", suggestion: "a text stands in quotes: \"\(name)\"")
        }
        // The name alone: what stands in brackets behind it may be right, and so may those around it.
        let start = bytes[syntax.start...].firstIndex(of: name.utf8.first ?? 0) ?? syntax.start
        report(
            start..<(start + name.utf8.count), "unknown metric \"\(name)\"",
            suggestion: Suggestion.nearest(to: name, among: Vocabulary.words))
        return invalid(syntax)
    }

    mutating func call(_ name: String, _ arguments: [Syntax.Argument], _ syntax: Syntax) -> Typed {
        if let metric = Vocabulary.metric(named: name) { return self.metric(metric, arguments, syntax, isCall: true) }
        if Vocabulary.names.contains(name) {
            return refuse(syntax, "\(name) takes no arguments", suggestion: "write \(name)")
        }
        guard Vocabulary.functions.contains(name) else {
            // What stands in the brackets of an unknown name cannot be judged.
            return unknown(name, syntax)
        }
        if let labelled = arguments.first(where: { $0.label != nil }) {
            report(labelled.start..<labelled.value.end, "\(name) takes no \"\(labelled.label ?? "")\"")
            return invalid(syntax)
        }
        switch name {
        case "min": return extreme(.least, arguments, syntax)
        case "max": return extreme(.greatest, arguments, syntax)
        default: break
        }
        guard arguments.count == 1 else {
            return refuse(
                syntax, "\(name) takes one argument, not \(arguments.count)", suggestion: "write \(usage(of: name))")
        }
        let argument = arguments[0].value
        switch name {
        case "abs": return absolute(argument, syntax)
        case "change": return change(argument, syntax)
        case "is_known": return isKnown(argument, syntax)
        case "at_raise": return atRaise(argument, syntax)
        default: return reference(name, argument, syntax)
        }
    }

    private mutating func extreme(
        _ operation: Operation, _ arguments: [Syntax.Argument], _ syntax: Syntax
    ) -> Typed {
        guard arguments.count >= 2 else {
            return refuse(syntax, "min and max take two or more arguments")
        }
        var values = arguments.map { numeric(value($0.value), at: $0.value) }
        if values.contains(where: { $0.kind == .invalid }) { return invalid(syntax) }
        if let duration = values.first(where: { $0.kind == .duration }) {
            for index in values.indices {
                var beside = duration
                guard sameUnit(&values[index], &beside, at: arguments[index].value) else { return invalid(syntax) }
            }
        }
        let kind = values.first { $0.kind != .bare }?.kind ?? .bare
        let timing = values.reduce(into: Timing()) { $0.formUnion(builder.timing(of: $1.node)) }
        return Typed(
            node: builder.add(operation, over: values.map(\.node), timing: timing), kind: kind, text: text(syntax))
    }

    private mutating func absolute(_ argument: Syntax, _ syntax: Syntax) -> Typed {
        let inner = numeric(value(argument), at: argument)
        if inner.kind == .invalid { return invalid(syntax) }
        let node = builder.add(.absolute, inner.node, timing: builder.timing(of: inner.node))
        return Typed(node: node, kind: inner.kind, text: text(syntax))
    }

    private mutating func isKnown(_ argument: Syntax, _ syntax: Syntax) -> Typed {
        let kept = leaves
        let inner = value(argument)
        leaves = kept
        let operation: Operation
        switch inner.kind {
        case .invalid: return invalid(syntax)
        case .number, .bare, .duration: operation = .isKnownNumber
        case .truth: operation = .isKnownTruth
        case .text, .instant: operation = .isKnownText
        case .dynamic: operation = .isKnownDynamic
        }
        // Time alone makes nothing known that was not, except where a window moves or a divisor passes zero.
        let timing = builder.timing(of: inner.node).subtracting(.linear)
        return Typed(node: builder.add(operation, inner.node, timing: timing), kind: .truth, text: text(syntax))
    }

    private mutating func atRaise(_ argument: Syntax, _ syntax: Syntax) -> Typed {
        guard allowsAtRaise else {
            return refuse(syntax, "at_raise can stand in clear only: nothing has been raised before")
        }
        allowsAtRaise = false
        let kept = leaves
        let inner = value(argument)
        leaves = kept
        allowsAtRaise = true
        if inner.kind == .invalid { return invalid(syntax) }
        let text = text(argument)
        let index: Int
        if let known = atRaise.firstIndex(where: { $0.text == text }) {
            index = known
        } else {
            index = atRaise.count
            atRaise.append((text, inner.node, inner.kind))
        }
        var node = builder.add(.atRaise, index)
        switch inner.kind {
        case .number, .bare: node = builder.add(.asNumber, node)
        // Kept in days, as every duration that leaves the evaluator.
        case .duration:
            node = join(.multiply, builder.add(.asNumber, node), builder.constant(Double(millisecondsPerDay)))
        case .truth: node = builder.add(.asTruth, node)
        case .text: node = builder.add(.asText, node)
        case .dynamic: break
        case .instant, .invalid: return refuse(syntax, "at_raise remembers no points in time")
        }
        return Typed(node: node, kind: inner.kind, text: self.text(syntax))
    }

    /// `flag("idle")`, `score("health")`, `segment("enterprise")`.
    private mutating func reference(_ function: String, _ argument: Syntax, _ syntax: Syntax) -> Typed {
        guard case .text(let name) = argument.form else {
            return refuse(argument, "\(function) needs a name in quotes", suggestion: "write \(function)(\"name\")")
        }
        let text = text(syntax)
        switch function {
        case "flag":
            if let index = names.flags[name] {
                return Typed(node: builder.add(.flagOpen, index, timing: .moved), kind: .truth, text: text)
            }
            return unknown(function, name, among: names.flags.keys, argument)
        case "score":
            guard let known = names.scores[name] else {
                return unknown(function, name, among: names.scores.keys, argument)
            }
            guard let index = known else { return brokenReference(syntax) }
            return Typed(
                node: builder.add(.score, index, timing: builder.timing(ofScore: index)), kind: .number, text: text)
        default:
            guard let known = names.segments[name] else {
                return unknown(function, name, among: names.segments.keys, argument)
            }
            guard let node = known else { return brokenReference(syntax) }
            return Typed(node: node, kind: .truth, text: text)
        }
    }

    /// What is named has mistakes of its own, which are reported where they are. To go on, anything
    /// that is never run will do.
    private func brokenReference(_ syntax: Syntax) -> Typed { invalid(syntax) }

    private mutating func unknown(
        _ what: String, _ name: String, among candidates: some Sequence<String>, _ syntax: Syntax
    ) -> Typed {
        refuse(
            syntax, "unknown \(what) \"\(name)\"",
            suggestion: mistakes.count < ExpressionLimits.mistakes
                ? Suggestion.nearest(to: name, among: candidates.sorted()) : nil)
    }
}
