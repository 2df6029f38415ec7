import Rules
import Yams

// The sections of a rule file.
extension RulesReader {
    mutating func readSets(_ node: Node?, into draft: inout RuleSetDraft) {
        guard let node else { return }
        guard case .mapping(let mapping) = node else {
            return report(position(node), nil, "sets are expected here, as in core: [\"report.exported\"]")
        }
        for (key, value) in mapping {
            guard let name = source(key, nil) else { continue }
            let subject = "set \"\(name.text)\""
            if name.text.hasPrefix("@") {
                report(
                    name.start, subject, "a set is named without @ here", suggestion: "write \(name.text.dropFirst())")
                continue
            }
            var tasks: [String] = []
            for item in items(value, subject) {
                guard let task = source(item, subject) else { continue }
                if task.text.isEmpty || task.text.utf8.count > RuleSetLimits.nameBytes {
                    report(task.start, subject, "a task's name has 1 to \(RuleSetLimits.nameBytes) bytes")
                    continue
                }
                tasks.append(task.text)
            }
            draft.sets.append(RuleSetDraft.TaskSet(name: name, tasks: tasks))
        }
    }

    private static let flagKeys = [
        "name", "kind", "severity", "when", "clear", "for", "keep", "cooldown", "inhibits", "due", "owner", "summary",
        "brief",
    ]

    mutating func readFlag(_ node: Node, into draft: inout RuleSetDraft) {
        let subject = subject("flag", node)
        guard let fields = fields(of: node, allowed: Self.flagKeys, subject) else { return }
        // A flag without a name is checked like any other; the compiler reports the name.
        let name = source(fields["name"], subject) ?? SourceText("", at: position(node))
        let kind = word("kind", fields, subject, as: FlagKind.self)
        let severity = word("severity", fields, subject, as: Severity.self)
        let when = required("when", fields, subject)
        // What is missing or wrong has been reported; the rest is still worth checking.
        var flag = RuleSetDraft.Flag(
            name: name, kind: kind ?? .info, severity: severity ?? .medium,
            when: when ?? SourceText("false", at: position(node)))
        flag.clear = source(fields["clear"], subject)
        flag.hold = duration("for", fields, subject) ?? 0
        flag.keep = duration("keep", fields, subject) ?? 0
        flag.cooldown = duration("cooldown", fields, subject) ?? 0
        flag.due = duration("due", fields, subject)
        flag.owner = source(fields["owner"], subject)
        flag.summary = source(fields["summary"], subject)
        flag.brief = source(fields["brief"], subject)
        for item in items(fields["inhibits"], subject) {
            if let name = source(item, subject) { flag.inhibits.append(name) }
        }
        flag.text = map.text(of: node)
        draft.flags.append(flag)
    }

    mutating func readScore(_ node: Node, into draft: inout RuleSetDraft) {
        let subject = subject("score", node)
        guard let fields = fields(of: node, allowed: ["name", "combine", "components"], subject) else { return }
        let combine = word("combine", fields, subject, as: ScoreRule.Combination.self, default: .mean)
        guard let name = required("name", fields, subject) else { return }
        if fields["components"] == nil { report(position(node), subject, "\"components\" is missing") }
        var components: [RuleSetDraft.Component] = []
        for item in items(fields["components"], subject) {
            guard let parts = self.fields(of: item, allowed: ["name", "weight", "value"], subject) else { continue }
            guard let name = required("name", parts, subject), let value = required("value", parts, subject) else {
                continue
            }
            components.append(
                RuleSetDraft.Component(name: name, weight: weight(parts["weight"], subject), value: value))
        }
        var score = RuleSetDraft.Score(name: name, combine: combine ?? .mean, components: components)
        score.text = map.text(of: node)
        if fields["components"] != nil { draft.scores.append(score) }
    }

    /// 1 where none is given.
    private mutating func weight(_ node: Node?, _ subject: String) -> Double {
        guard let source = source(node, subject) else { return 1 }
        if let weight = Double(source.text), weight.isFinite { return weight }
        report(source.start, subject, "weight must be a number")
        return 1
    }

    /// A stage or a segment.
    mutating func condition(_ node: Node, _ what: String) -> RuleSetDraft.Condition? {
        let subject = subject(what, node)
        guard let fields = fields(of: node, allowed: ["name", "when"], subject) else { return nil }
        let name = required("name", fields, subject)
        let when = required("when", fields, subject)
        guard let name, let when else { return nil }
        var condition = RuleSetDraft.Condition(name: name, when: when)
        condition.text = map.text(of: node)
        return condition
    }
}
