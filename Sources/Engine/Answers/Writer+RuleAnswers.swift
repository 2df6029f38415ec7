import Portraits
import Rules
import UsageModel

/// Answers about one rule in one company.
extension Writer {
    func whyNot(_ company: String, _ name: String) throws(QuestionError) -> JSON {
        let portrait = try portrait(named: company)
        let rule = try rule(named: name)
        let moment = portraits.moment(for: portrait.company, at: queryNow)
        let answer = desk.whyNot(rule, at: portrait, moment: moment, names: names) { instant in
            portraits.moment(for: portrait.company, at: instant)
        }
        let conditions = answer.when.conditions
        return .object([
            .init("company", .string(company)), .init("rule", .string(name)),
            .init("now", .string(moment.now.rfc3339)), .init("sentence", .string(answer.sentence)),
            .init("situation", .string(answer.situation.rawValue)), .init("since", .optional(answer.since?.rfc3339)),
            .init("until", .optional(answer.until?.rfc3339)), .init("flag", .optional(answer.flag?.description)),
            .init("raises_at", .optional(answer.raisesAt?.rfc3339)),
            .init("quiet_until", .optional(answer.quietUntil?.rfc3339)),
            .init("conditions", .int(conditions.count)),
            .init("holding", .int(conditions.count { $0.verdict == .true })),
            .init("rule_version", .string(rule.version)), .init("when", .string(rule.when.text)),
            .init("terms", .array(answer.when.neededTerms.map(\.json))),
        ])
    }

    private func rule(named name: String) throws(QuestionError) -> FlagRule {
        guard let rule = desk.rules.flag(named: name) else {
            throw .notFound("there is no flag rule \"\(name)\"; `tenure rules` lists them all")
        }
        return rule
    }
}

extension NeededTerm {
    fileprivate var json: JSON {
        .object([
            .init("term", .string(text)), .init("metric", .string(term.metric)), .init("value", term.value.json),
            .init("threshold", term.threshold.json), .init("verdict", .string(verdict.word)),
        ])
    }
}

extension Verdict {
    /// As answers say it.
    fileprivate var word: String {
        switch self {
        case .true: "holds"
        case .false: "fails"
        case .unknown: "unknown"
        }
    }
}
