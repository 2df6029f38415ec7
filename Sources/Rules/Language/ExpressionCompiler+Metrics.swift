import Portraits
import UsageModel

// Metrics with their windows, and how far those may reach.
extension ExpressionCompiler {
    mutating func metric(
        _ name: MetricName, _ arguments: [Syntax.Argument], _ syntax: Syntax, isCall: Bool
    ) -> Typed {
        if case .none(let metric) = name.arguments {
            if isCall { return refuse(syntax, "\(name.name) takes no arguments", suggestion: "write \(name.name)") }
            return typed(metric, name.kind, syntax)
        }
        guard isCall else {
            return refuse(syntax, "\(name.name) needs arguments", suggestion: "write \(name.usage)")
        }
        guard let metric = resolve(name, arguments, syntax, ago: 0) else { return invalid(syntax) }
        return typed(metric.metric, name.kind, syntax)
    }

    private func typed(_ metric: Metric, _ kind: ValueKind, _ syntax: Syntax) -> Typed {
        let slot = builder.slot(of: metric)
        let operation: Operation
        var timing = Timing(metric.timing)
        switch kind {
        case .number, .bare: operation = .metric
        case .duration: operation = .durationMetric
        case .text: operation = .textMetric
        case .dynamic: operation = .dynamicMetric
        case .instant:
            operation = .instant
            timing.formIntersection(.eventful)
        case .truth, .invalid: preconditionFailure("no metric is a condition")
        }
        return Typed(node: builder.add(operation, slot, timing: timing), kind: kind, text: text(syntax))
    }

    /// `f(Nd) ÷ f(Nd, ago: N) − 1`.
    mutating func change(_ argument: Syntax, _ syntax: Syntax) -> Typed {
        guard case .call(let function, let arguments) = argument.form,
            let name = Vocabulary.metric(named: function), name.hasWindow
        else {
            return refuse(argument, "change compares two windows", suggestion: "write change(events(28d))")
        }
        guard let now = resolve(name, arguments, argument, ago: 0) else { return invalid(syntax) }
        guard let window = now.window else {
            return refuse(argument, "a lifetime does not change from window to window")
        }
        guard let before = resolve(name, arguments, argument, ago: window.days) else { return invalid(syntax) }
        let current = typed(now.metric, .number, argument)
        let previous = typed(before.metric, .number, argument)
        let ratio = join(.divide, current.node, previous.node)
        return Typed(node: join(.subtract, ratio, builder.constant(1)), kind: .number, text: text(syntax))
    }

    private struct Resolved {
        var metric: Metric
        var window: Window?
    }

    /// The metric that a call names; reports what is wrong with it. `ago` shifts its window further back.
    private mutating func resolve(
        _ name: MetricName, _ arguments: [Syntax.Argument], _ syntax: Syntax, ago: Int
    ) -> Resolved? {
        let plain = arguments.filter { $0.label == nil }.map(\.value)
        guard checkLabels(name, arguments) else { return nil }
        let agoArgument = arguments.first { $0.label == "ago" }?.value
        switch name.arguments {
        case .none(let metric): return Resolved(metric: metric, window: nil)
        case .window(let make):
            guard plain.count == 1 else { return wrongCount(name, syntax) }
            if isLifetime(plain[0]) {
                report(
                    plain[0], "\(name.name) has no lifetime total", suggestion: "write \(name.usage)")
                return nil
            }
            guard let window = window(name, plain[0], ago: agoArgument, shift: ago, syntax) else { return nil }
            return Resolved(metric: make(window), window: window)
        case .tasksAndWindow(let make, let lifetime):
            return tasksAndWindow(name, plain, agoArgument, shift: ago, syntax, make, lifetime)
        case .trait:
            guard plain.count == 1 else { return wrongCount(name, syntax) }
            guard let trait = literal(plain[0], name) else { return nil }
            guard let days = agoArgument.map({ wholeDays($0, least: 0) }) ?? 0 else { return nil }
            guard days < Horizon.eventDays else {
                report(
                    syntax, "the history of traits goes back \(Horizon.eventDays) days",
                    suggestion: "use at most ago: \(Horizon.eventDays - 1)d")
                return nil
            }
            return Resolved(metric: .trait(trait, ago: days), window: nil)
        case .dateTrait:
            guard plain.count == 1 else { return wrongCount(name, syntax) }
            guard let trait = literal(plain[0], name) else { return nil }
            return Resolved(metric: .daysUntil(trait), window: nil)
        case .dayCount:
            guard plain.count == 1 else { return wrongCount(name, syntax) }
            guard case .number(let days) = plain[0].form, days == days.rounded(), days >= 1, days <= 28 else {
                report(plain[0], "power_curve takes a number of days from 1 to 28")
                return nil
            }
            return Resolved(metric: .powerCurve(Int(days)), window: nil)
        }
    }

    private mutating func tasksAndWindow(
        _ name: MetricName, _ plain: [Syntax], _ agoArgument: Syntax?, shift: Int, _ syntax: Syntax,
        _ make: (TaskScope, Window) -> Metric, _ lifetime: (TaskScope) -> Metric
    ) -> Resolved? {
        guard (1...2).contains(plain.count) else { return wrongCount(name, syntax) }
        var scope = TaskScope.all
        if plain.count == 2 {
            guard let text = literal(plain[0], name), let found = self.scope(text, at: plain[0]) else {
                return nil
            }
            scope = found
        } else if case .text(let task) = plain[0].form {
            report(
                plain[0], "\(name.name) needs a window behind the task",
                suggestion: "write \(name.name)(\"\(task)\", 28d)")
            return nil
        }
        let last = plain[plain.count - 1]
        if isLifetime(last) {
            if let agoArgument {
                report(agoArgument, "a lifetime has no ago")
                return nil
            }
            return Resolved(metric: lifetime(scope), window: nil)
        }
        guard let window = window(name, last, ago: agoArgument, shift: shift, syntax) else { return nil }
        return Resolved(metric: make(scope, window), window: window)
    }

    private mutating func wrongCount(_ name: MetricName, _ syntax: Syntax) -> Resolved? {
        report(syntax, "\(name.name) is written otherwise", suggestion: "as in \(name.usage)")
        return nil
    }

    private mutating func checkLabels(_ name: MetricName, _ arguments: [Syntax.Argument]) -> Bool {
        var seen = false
        for argument in arguments {
            guard let label = argument.label else { continue }
            guard label == "ago", name.takesAgo else {
                report(
                    argument.start..<argument.value.end, "\(name.name) takes no \"\(label)\"",
                    suggestion: name.takesAgo ? Suggestion.nearest(to: label, among: ["ago"]) ?? "it takes ago" : nil)
                return false
            }
            if seen {
                report(argument.start..<argument.value.end, "ago is given twice")
                return false
            }
            seen = true
        }
        return true
    }

    private func isLifetime(_ syntax: Syntax) -> Bool {
        if case .name("lifetime") = syntax.form { true } else { false }
    }

    private mutating func literal(_ syntax: Syntax, _ name: MetricName) -> String? {
        if case .text(let text) = syntax.form { return text }
        report(syntax, "\(name.name) needs a name in quotes here", suggestion: "as in \(name.usage)")
        return nil
    }

    /// `"task"` or `"@set"`.
    private mutating func scope(_ text: String, at syntax: Syntax) -> TaskScope? {
        guard text.hasPrefix("@") else { return .tasks([taskID(text)]) }
        if let tasks = names.sets[String(text.dropFirst())] { return .tasks(tasks) }
        report(
            syntax, "unknown set \"\(text)\"",
            suggestion: Suggestion.nearest(to: text, among: names.sets.keys.sorted().map { "@" + $0 }))
        return nil
    }

    private mutating func window(
        _ name: MetricName, _ length: Syntax, ago agoArgument: Syntax?, shift: Int, _ syntax: Syntax
    ) -> Window? {
        guard let days = wholeDays(length, least: 1) else { return nil }
        guard let ago = agoArgument.map({ wholeDays($0, least: 0) }) ?? 0 else { return nil }
        let horizon = name.reach == .events ? Horizon.eventDays : Horizon.userDays
        let windows = name.reach == .comparedUsers ? 2 : 1
        let reach = days * windows + ago + shift
        guard reach <= horizon else {
            let what = name.reach == .events ? "events" : "users"
            let most = (horizon - ago) / (windows + (shift > 0 ? 1 : 0))
            report(
                syntax, "\(text(syntax)) reaches \(reach) days back, but \(what) are kept by day for \(horizon)",
                suggestion: most >= 1 ? "use at most \(most)d" : nil)
            return nil
        }
        return Window(days: days, ago: ago + shift)
    }

    /// A length in whole days; what has another unit is reported with the fix.
    private mutating func wholeDays(_ syntax: Syntax, least: Int) -> Int? {
        switch syntax.form {
        case .duration(let milliseconds):
            let days = milliseconds / millisecondsPerDay
            if milliseconds % millisecondsPerDay != 0 {
                report(
                    syntax, "windows are whole calendar days, not \(text(syntax))",
                    suggestion: "write \(days + 1)d")
                return nil
            }
            guard days >= Int64(least) else {
                report(syntax, "a window has at least one day", suggestion: "write 1d")
                return nil
            }
            return Int(days)
        case .number(let number):
            report(
                syntax, "a window needs a unit",
                suggestion: "write \(NumberText.shortText(number))d")
            return nil
        default:
            report(syntax, "a window is a fixed number of days, as in 28d")
            return nil
        }
    }
}

extension MetricName {
    fileprivate var hasWindow: Bool {
        switch arguments {
        case .window, .tasksAndWindow: true
        case .none, .trait, .dateTrait, .dayCount: false
        }
    }

    fileprivate var takesAgo: Bool {
        if case .trait = arguments { true } else { hasWindow }
    }
}
