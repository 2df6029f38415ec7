import Portraits

// What all rules together may cost a look at one company: the writer looks at every company in turn, and a
// file that takes a second there would stop everything.
extension RuleSetCompiler {
    /// Reports the first rule with which the file costs too much.
    mutating func checkCost(flags compiled: [CompiledFlag?], stages stageExpressions: [CompiledExpression?]) {
        var steps = stageExpressions.compactMap { $0 }.reduce(0) { $0 + builder.steps[$1.root] }
        for case .some(let flag) in compiled {
            steps += builder.steps[flag.when.root] + (flag.clear.map { builder.steps[$0.root] } ?? 0)
            guard steps > RuleSetLimits.steps else { continue }
            let source = flags[flag.source]
            report(
                source.draft.name.start, source.subject,
                "with it the conditions of the file take more than \(RuleSetLimits.steps) steps in a look at a company")
            break
        }
        let place = draft.flags.first?.name.start ?? SourcePosition(line: 1, column: 1)
        if builder.metrics.count(where: \.countsUsers) > RuleSetLimits.userMetrics {
            report(
                place, nil, "the file asks for more than \(RuleSetLimits.userMetrics) different windows of users",
                suggestion: "let rules share the lengths of their windows")
        }
        let reads = builder.metrics.reduce(0) { $0 + $1.tasksRead }
        if reads > RuleSetLimits.taskReads {
            report(
                place, nil, "the metrics of the file add up more than \(RuleSetLimits.taskReads) tasks",
                suggestion: "make its sets smaller, or ask for fewer windows of them")
        }
    }
}

extension Metric {
    /// Whether it may have to go through all users of a company.
    fileprivate var countsUsers: Bool {
        switch self {
        case .activeUsers, .activeDays, .newUsers, .retained, .resurrected, .dormant, .quickRatio, .left,
            .topUserShare, .busFactor:
            true
        default: false
        }
    }

    /// How many tasks it looks up; at least 1, so that every metric counts.
    fileprivate var tasksRead: Int {
        switch self {
        case .events(.tasks(let tasks), _), .eventsLifetime(.tasks(let tasks)), .amount(.tasks(let tasks), _),
            .amountLifetime(.tasks(let tasks)):
            max(1, tasks.count)
        default: 1
        }
    }
}
