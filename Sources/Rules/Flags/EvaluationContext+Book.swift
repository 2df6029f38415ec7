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
        read(book, rules)
    }

    /// Makes it the context of another company, as if it were new, without an allocation.
    public func begin(portrait: CompanyPortrait, moment: Moment, rules: RuleSet, book: FlagBook) {
        begin(portrait: portrait, moment: moment, company: portrait.company, names: names)
        read(book, rules)
    }

    private func read(_ book: FlagBook, _ rules: RuleSet) {
        for flag in book.companyFlags(company)?.open ?? [] {
            if let rule = rules.flag(named: book.names.rules.name(flag.slot)) { openFlags[rule.index] = true }
        }
        if let standing = book.stage(of: company) {
            stage = standing.name
            stageSince = standing.since
        }
    }
}
