import Portraits
import Rules
import RulesFile
import UsageModel

/// Answers about one rule in one company.
extension Writer {
    func whyNot(_ company: String, _ name: String) throws(QuestionError) -> JSON {
        let portrait = try portrait(named: company)
        let rule = try Self.rule(named: name, of: desk.rules)
        let moment = portraits.moment(for: portrait.company, at: queryNow)
        let answer = desk.whyNot(rule, at: portrait, moment: moment, names: names) { instant in
            portraits.moment(for: portrait.company, at: instant)
        }
        let conditions = answer.when.conditions
        var sentence = answer.sentence
        var withheldBy: String?
        if answer.situation != .raised, answer.situation != .resting,
            let source = withholdingSource(of: rule, at: portrait.company)
        {
            withheldBy = source.name
            sentence = "withheld: source \(source.name) is silent since \(source.since.rfc3339); \(sentence)"
        }
        return .object([
            .init("company", .string(company)), .init("rule", .string(name)),
            .init("now", .string(moment.now.rfc3339)), .init("sentence", .string(sentence)),
            .init("situation", .string(answer.situation.rawValue)), .init("since", .optional(answer.since?.rfc3339)),
            .init("until", .optional(answer.until?.rfc3339)), .init("flag", .optional(answer.flag?.description)),
            .init("raises_at", .optional(answer.raisesAt?.rfc3339)),
            .init("quiet_until", .optional(answer.quietUntil?.rfc3339)), .init("withheld_by", .optional(withheldBy)),
            .init("conditions", .int(conditions.count)),
            .init("holding", .int(conditions.count { $0.verdict == .true })),
            .init("rule_version", .string(rule.version)), .init("when", .string(rule.when.text)),
            .init("terms", .array(answer.when.neededTerms.map(\.json))), .init("tree", answer.when.json),
        ])
    }

    func ruleTest(_ query: RuleTestQuery) throws(QuestionError) -> JSON {
        let portrait = try portrait(named: query.company)
        let rules = try query.file.map { (file) throws(QuestionError) in try self.rules(of: file) } ?? desk.rules
        let rule = try Self.rule(named: query.rule, of: rules)
        let moment = portraits.moment(for: portrait.company, at: queryNow)
        let context = desk.context(for: portrait, moment: moment, names: names, rules: rules)
        let test = rule.test(in: context, book: desk.book)
        return .object([
            .init("company", .string(query.company)), .init("rule", .string(query.rule)),
            .init("now", .string(moment.now.rfc3339)), .init("file", .string(query.file?.fileName ?? desk.fileName)),
            .init("in_force", .bool(query.file == nil)), .init("rule_version", .string(rule.version)),
            .init("when", test.when.json), .init("clear", test.clear?.json ?? .null),
        ])
    }

    /// A rule file that is not in force. Tasks that only it names have no number, and so no events.
    private func rules(of file: RulesSource) throws(QuestionError) -> RuleSet {
        do throws(RulesFileError) {
            return try RulesFile.parse(text: file.text, fileName: file.fileName) { [names] task in
                names.find(task, as: TaskID.self) ?? .none
            }
        } catch {
            throw .badRequest("the rule file has mistakes:\n\(error)")
        }
    }

    private static func rule(named name: String, of rules: RuleSet) throws(QuestionError) -> FlagRule {
        guard let rule = rules.flag(named: name) else {
            throw .notFound(
                "there is no flag rule \"\(name)\"; `tenure rules` lists them all", name, rules.flags.map(\.name))
        }
        return rule
    }
}

extension ConditionTree {
    /// Nested as written: `all`, `any` and `not` around terms, each with its verdict.
    fileprivate var json: JSON {
        let verdict = JSON.Member("verdict", .string(verdict.word))
        return switch form {
        case .term(let term): term.json(text: term.text, verdict: term.verdict)
        case .not(let part): .object([verdict, .init("not", part.json)])
        case .all(let parts): .object([verdict, .init("all", .array(parts.map(\.json)))])
        case .any(let parts): .object([verdict, .init("any", .array(parts.map(\.json)))])
        }
    }
}

extension NeededTerm {
    fileprivate var json: JSON { term.json(text: text, verdict: verdict) }
}

extension Term {
    fileprivate func json(text: String, verdict: Verdict) -> JSON {
        .object([
            .init("term", .string(text)), .init("metric", .string(metric)), .init("value", value.json),
            .init("threshold", threshold.json), .init("verdict", .string(verdict.word)),
        ])
    }
}

extension Verdict {
    /// As answers say it.
    var word: String {
        switch self {
        case .true: "holds"
        case .false: "fails"
        case .unknown: "unknown"
        }
    }
}
