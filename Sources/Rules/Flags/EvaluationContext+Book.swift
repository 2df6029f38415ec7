public import Portraits
public import UsageModel

extension EvaluationContext {
    /// What an expression outside a look sees of the portrait's company: open flags and stage as they stand
    /// in `book`, by the numbers of `rules`.
    public convenience init(
        portrait: CompanyPortrait, moment: Moment, names: NameTable, rules: RuleSet, book: FlagBook,
        cache: MetricCache = MetricCache()
    ) {
        self.init(portrait: portrait, moment: moment, company: portrait.company, names: names, cache: cache)
        for flag in book.companyFlags(portrait.company)?.open ?? [] {
            if let rule = rules.flag(named: book.names.rules.name(flag.slot)) { openFlags[rule.index] = true }
        }
        if let standing = book.stage(of: portrait.company) {
            stage = standing.name
            stageSince = standing.since
        }
    }
}
