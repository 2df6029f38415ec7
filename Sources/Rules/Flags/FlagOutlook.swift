public import Portraits
public import UsageModel

/// How a flag stands now: what the comparisons that raised it are worth today, and what would end it.
public struct FlagOutlook: Sendable, Equatable {
    /// Whether the rule is still the one that raised the flag.
    public enum RuleState: String, Sendable {
        case unchanged
        /// Another version is in force, and the flag is judged under that.
        case edited
        /// The rule file has no rule of this name any more.
        case removed
    }

    public let rule: RuleState
    /// The comparisons of the raise, in their order, with today's values; nil for one that cannot be
    /// told today, because the rule was edited and the comparison names something else of the rule file.
    public let terms: [Term?]
    /// What would clear the flag; nil when it is over.
    public let ending: Ending?

    /// How far a raised flag is from its end.
    public struct Ending: Sendable, Equatable {
        /// `clear` as written; nil where the rule has none and the flag clears when its condition is false.
        public let condition: String?
        public let verdict: Verdict
        /// In one clause: what has to come about, and when it would if nothing happened.
        public let words: String
        /// When the flag would clear if no record arrived; nil: not by itself, or not before `quietUntil`.
        public let clearsAt: Timestamp?
        /// How far the forecast could look; nil where time alone decides nothing.
        public let quietUntil: Timestamp?
    }
}

extension FlagEvaluator {
    /// How `flag` stands now. For cold paths: compiles the comparisons of an edited rule anew, and
    /// forecasts the end of a raised flag (see `forecastLooks`).
    ///
    /// - Parameters:
    ///   - evidence: of the flag's raise.
    ///   - taskID: the number of a task's name, `.none` where no event has it.
    ///   - momentAt: the company's moment at a later instant; nil where nothing can be said of it.
    public func outlook(
        of flag: Flag, evidence: [Evidence], portrait: some FlagSubject, context: EvaluationContext,
        book: FlagBook, taskID: (String) -> TaskID, momentAt: (Timestamp) -> Moment?
    ) -> FlagOutlook {
        guard let rule = rules.flag(named: flag.rule) else {
            return FlagOutlook(
                rule: .removed, terms: evidence.map { $0.term(in: context, rules: rules, taskID: taskID) }, ending: nil)
        }
        let isUnchanged = rule.version == flag.ruleVersion
        let terms: [Term?]
        if isUnchanged {
            let termsNow = rule.when.terms(in: context)
            terms = evidence.map { raised in termsNow.first { $0.text == raised.term } }
        } else {
            terms = evidence.map { $0.term(in: context, rules: rules, taskID: taskID) }
        }
        var ending: FlagOutlook.Ending?
        if flag.state.isRaised {
            let forecast = forecast(
                of: .cleared, by: rule, at: flag.company, portrait: portrait, moment: context.moment, book: book,
                names: context.names, momentAt: momentAt)
            ending = FlagOutlook.Ending(rule, in: rule.clearing(in: context, book: book), forecast)
        }
        return FlagOutlook(rule: isUnchanged ? .unchanged : .edited, terms: terms, ending: ending)
    }
}

extension Evidence {
    /// The comparison with today's values, where it means by itself what it meant then: without sets,
    /// scores, segments, flags and stages, which an edited rule file may have given another meaning.
    fileprivate func term(
        in context: EvaluationContext, rules: RuleSet, taskID: (String) -> TaskID
    ) -> Term? {
        guard let syntax = Syntax.parse(term).0, syntax.references.isEmpty else { return nil }
        let expression = try? Expression.parse(term, purpose: .condition, rules: rules, taskID: taskID)
        return expression?.terms(in: context).first
    }
}

extension FlagRule {
    /// What has to hold for an open flag to clear, with its values now.
    fileprivate func clearing(in context: EvaluationContext, book: FlagBook) -> ConditionTree {
        let test = test(in: context, book: book)
        return test.clear ?? ConditionTree(verdict: !test.when.verdict, form: .not(test.when))
    }
}

extension FlagOutlook.Ending {
    fileprivate init(_ rule: FlagRule, in tree: ConditionTree, _ forecast: Forecast) {
        condition = rule.clear?.text
        verdict = tree.verdict
        clearsAt = forecast.at
        quietUntil = forecast.quietUntil
        words = Self.words(tree, forecast)
    }

    /// As many as one can read in a sentence.
    private static let alternativesNamed = 3
    private static let missesNamed = 3

    private static func words(_ tree: ConditionTree, _ forecast: Forecast) -> String {
        var later = "does not clear by itself"
        if let at = forecast.at {
            later = "would clear at \(InstantText.text(at)) if nothing happens"
        } else if let quietUntil = forecast.quietUntil {
            later = "would not clear before \(InstantText.text(quietUntil)) if nothing happens"
        }
        guard tree.verdict != .true else { return later }
        return "clears when \(goals(tree)); \(later)"
    }

    /// What has to come about, alternatives in the order written. That something becomes unknown is a way
    /// out of the rule, and nothing that anybody works towards.
    private static func goals(_ tree: ConditionTree) -> String {
        var alternatives = [tree]
        if case .any(let parts) = tree.form { alternatives = parts }
        let misses = alternatives.map(\.misses)
        let known = misses.filter { !$0.contains(where: \.asksWhetherKnown) }
        let shown = known.isEmpty ? misses : known
        let more = shown.count - alternativesNamed
        return shown.prefix(alternativesNamed).map(goals).joined(separator: " or ")
            + (more > 0 ? " or \(more) more" : "")
    }

    private static func goals(_ misses: [NeededTerm]) -> String {
        let more = misses.count - missesNamed
        return misses.prefix(missesNamed).map(\.goalText).joined(separator: " and ")
            + (more > 0 ? " and \(more) more" : "")
    }
}
