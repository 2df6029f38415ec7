public import Portraits
public import UsageModel

extension EvaluationContext {
    /// What an expression outside a look sees of the portrait's company: open flags and stage as they stand
    /// in `book`, by the numbers of `rules`.
    public convenience init(
        portrait: CompanyPortrait, moment: Moment, names: NameTable, rules: RuleSet, book: FlagBook
    ) {
        self.init(portrait: portrait, moment: moment, company: portrait.company, names: names)
        for flag in book.openFlags(of: portrait.company) {
            if let rule = rules.flag(named: flag.rule) { openFlags[rule.index] = true }
        }
        if let standing = book.stage(of: portrait.company) {
            stage = standing.name
            stageSince = standing.since
        }
    }
}
