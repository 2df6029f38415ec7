import UsageModel

/// What a rule's conditions are worth in one company at one moment.
public struct RuleTest: Sendable, Equatable {
    public let when: ConditionTree
    /// Nil: the rule clears when `when` is definitely false.
    public let clear: ConditionTree?
}

extension FlagRule {
    /// Evaluates `when` and `clear` without raising anything. `at_raise(…)` reads what the company's open
    /// flag of this name remembers; without one, the values now, as if the flag were raised now.
    public func test(in context: EvaluationContext, book: FlagBook) -> RuleTest {
        let kept = book.raiseValues(ofRule: name, in: context.company)
        let raiseValues = (clear?.atRaiseArguments ?? []).map { argument in
            kept.first { $0.expression == argument.text }?.value ?? argument.expression.value(in: context)
        }
        return RuleTest(
            when: when.tree(in: context), clear: context.withRaiseValues(raiseValues) { clear?.tree(in: context) })
    }
}

extension FlagBook {
    /// What the open flag of the rule remembers of its raise; empty when none is open.
    fileprivate func raiseValues(ofRule rule: String, in company: CompanyID) -> [RaiseValue] {
        names.rules.find(rule).flatMap { companyFlags(company)?.openFlag($0)?.atRaise } ?? []
    }
}
