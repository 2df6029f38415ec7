import Portraits
import Rules
import UsageModel

/// The rules in force with everything that judging by them needs: the book of flags, the evaluator
/// bound to both, and what answers ask of them. Not copyable: a copy a look would be a dozen retains.
struct RuleDesk: ~Copyable {
    private(set) var book: FlagBook
    private(set) var rules: RuleSet
    private(set) var fileName = ""
    private var evaluator: FlagEvaluator
    private(set) var files: RuleFiles

    init(book: FlagBook, files: RuleFiles = RuleFiles()) {
        self.book = book
        self.files = files
        rules = .empty
        evaluator = FlagEvaluator(rules: .empty, book: book)
    }

    /// Puts `rules` in force; returns the moves that end what removed rules had begun.
    mutating func use(
        _ rules: RuleSet, fileName: String, now: Timestamp, observed: Timestamp
    ) -> [(company: CompanyID, move: FlagMove)] {
        self.rules = rules
        self.fileName = fileName
        evaluator = FlagEvaluator(rules: rules, book: book)
        return evaluator.movesForRemovedRules(book: book, at: now, observed: observed)
    }

    func look(
        at portrait: CompanyPortrait, moment: Moment, observed: Timestamp, names: NameTable, scope: LookScope = .all
    ) -> Look {
        evaluator.look(at: portrait, moment: moment, observed: observed, book: book, names: names, scope: scope)
    }

    /// Notes that the record at `seq` holds the text of the rules that come into force.
    mutating func noteFile(_ text: String, seq: UInt64) { files.note(text, seq: seq) }

    /// The flags of the portrait's company that `late` records prove wrong; see `Hindsight`.
    mutating func retractions(
        at portrait: CompanyPortrait, late: [LateRecord], moment: Moment, observed: Timestamp, names: NameTable
    ) -> [FlagMove] {
        Hindsight(book: book, names: names).retractions(
            of: portrait.company, late: late, portrait: portrait, moment: moment, observed: observed
        ) { flag in
            if rules.flag(named: flag.rule)?.version == flag.ruleVersion { return rules }
            return flag.moves.first.flatMap { files.rules(at: $0, names: names) }
        }
    }

    /// Why `rule` has no open flag in the portrait's company, and when it would raise one by itself.
    func whyNot(
        _ rule: FlagRule, at portrait: CompanyPortrait, moment: Moment, names: NameTable,
        momentAt: (Timestamp) -> Moment
    ) -> WhyNot {
        portrait.lookingAhead(from: moment.today) { end in
            evaluator.whyNot(
                rule, at: portrait.company, portrait: portrait,
                context: context(for: portrait, moment: moment, names: names), book: book
            ) { instant in
                let later = momentAt(instant)
                return end.map { later.today < $0 } ?? true ? later : nil
            }
        }
    }

    /// How `flag` stands in the portrait's company now, and what would end it.
    ///
    /// - Parameter evidence: of the flag's raise.
    func outlook(
        of flag: Flag, evidence: [Evidence], at portrait: CompanyPortrait, moment: Moment, names: NameTable,
        momentAt: (Timestamp) -> Moment
    ) -> FlagOutlook {
        portrait.lookingAhead(from: moment.today) { end in
            evaluator.outlook(
                of: flag, evidence: evidence, portrait: portrait,
                context: context(for: portrait, moment: moment, names: names), book: book,
                taskID: { names.find($0, as: TaskID.self) ?? .none }
            ) { instant in
                let later = momentAt(instant)
                return end.map { later.today < $0 } ?? true ? later : nil
            }
        }
    }

    /// The raises that would stand at `end` after the looks of `scope` from `start` on.
    func rehearse(
        at portrait: CompanyPortrait, from start: Timestamp, through end: Timestamp, scope: LookScope,
        names: NameTable, momentAt: (Timestamp) -> Moment
    ) -> [FlagMove] {
        portrait.lookingAhead(from: momentAt(start).today) { _ in
            evaluator.rehearse(
                at: portrait.company, portrait: portrait, from: start, through: end, scope: scope, book: book,
                names: names, momentAt: momentAt)
        }
    }

    mutating func apply(_ move: FlagMove, company: CompanyID, seq: UInt64) throws(FlagBookError) {
        try book.apply(move, company: company, seq: seq)
    }

    /// What an expression outside a look sees: open flags and stage as they stand.
    ///
    /// - Parameter rules: the rule set that the expression is of; nil for the one in force.
    func context(
        for portrait: CompanyPortrait, moment: Moment, names: NameTable, rules: RuleSet? = nil
    ) -> EvaluationContext {
        EvaluationContext(portrait: portrait, moment: moment, names: names, rules: rules ?? self.rules, book: book)
    }

    /// Names of the rules with an open flag there, in order of raising.
    func openRuleNames(of company: CompanyID) -> [String] { book.openFlags(of: company).map(\.rule) }
}
