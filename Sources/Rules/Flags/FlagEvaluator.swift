public import Portraits
public import UsageModel

/// What one look at one company came to.
public struct Look: Sendable, Equatable {
    /// To be logged and applied in this order, all of them, before any other look.
    public var moves: [FlagMove]
    /// The first later instant at which another look may come to something although no record of the
    /// company arrives; nil: never.
    public var nextLook: Timestamp?
    /// What events of the company's today may come before another look comes to something.
    public var slack: EventSlack

    public init(moves: [FlagMove], nextLook: Timestamp?, slack: EventSlack) {
        self.moves = moves
        self.nextLook = nextLook
        self.slack = slack
    }
}

/// Judges companies by one rule set and proposes moves; changes nothing itself.
///
/// A look is a pure function of portrait, book, rules and moment, and a second look at the same
/// moment, after the first one's moves were applied, proposes nothing: so a crash between a look and
/// its commit costs nothing but another look. Belongs to one thread (it keeps a cache of metrics).
public final class FlagEvaluator {
    public let rules: RuleSet
    /// The conditions `when` of the rules, in the order of judging.
    let conditions: [BoundCondition]
    /// How many of `conditions` are judged before the stages.
    let conditionsBeforeStages: Int
    let stages: [BoundCondition]
    /// All conditions are compiled into one program.
    let program: Program
    /// By `FlagRule.index`: the book's number of the rule.
    let slots: [Int32]
    /// By the book's number of a rule: its index in `rules.flags`, or −1.
    private let indexBySlot: [Int32]
    let names: FlagNames
    /// The greatest age in days of missing events that some rule minds.
    let oldestAbsence: Int32
    private let cache = MetricCache()
    /// Of the last look; the next one reuses it.
    private var context: EvaluationContext?
    @exclusivity(unchecked) private var settled = SettledRules()

    /// Binds `rules` to the numbers that `book` has for their names. O(rules³), once a rule set.
    public init(rules: RuleSet, book: FlagBook) {
        self.rules = rules
        names = book.names
        let slots = rules.flags.map { book.names.rules.number($0.name) }
        self.slots = slots
        program = rules.program
        stages = rules.stages.enumerated().map {
            BoundCondition($1.when, index: $0, number: book.names.stages.number($1.name))
        }
        var indexBySlot = [Int32](repeating: -1, count: Int(slots.max() ?? -1) + 1)
        for (index, slot) in slots.enumerated() { indexBySlot[Int(slot)] = Int32(index) }
        self.indexBySlot = indexBySlot
        conditions = FlagOrder.order(of: rules).map {
            BoundCondition(rules.flags[$0].when, index: $0, number: slots[$0])
        }
        conditionsBeforeStages = rules.flagsBeforeStages
        oldestAbsence = Int32(rules.flags.map { max($0.absence.raise ?? 0, $0.absence.clear ?? 0) }.max() ?? 0)
    }

    /// Looks at `company` at the true instant `moment.now`.
    ///
    /// - Parameter observed: when that instant is noticed: later than `moment.now` when the daemon was
    ///   down over it. It is written into the moves and decides nothing.
    /// - Parameter scope: other than `all` while a source that feeds the company is silent.
    ///
    /// Costs the evaluation of the conditions and, while nothing changes, no allocation.
    public func look(
        at company: CompanyID, portrait: some FlagSubject, moment: Moment, observed: Timestamp, book: FlagBook,
        names: NameTable, scope: LookScope = .all
    ) -> Look {
        let context = context(portrait: portrait, moment: moment, company: company, names: names)
        var judgement = Judgement(
            evaluator: self, subject: portrait, context: context, observed: observed,
            nextFlag: book.nextFlag, state: book.companyFlags(company) ?? CompanyFlags(),
            settled: scope.isAll ? settled.mark(company, subject: portrait, moment: moment) : SettledRules.Mark(),
            scope: scope)
        let look = judgement.run()
        // What is withheld was not asked, and the past is no help for today.
        if scope.isAll { settled.keep(judgement.settled, of: company) }
        return look
    }

    private func context(
        portrait: some FlagSubject, moment: Moment, company: CompanyID, names: NameTable
    ) -> EvaluationContext {
        if let context {
            context.begin(portrait: portrait, moment: moment, company: company, names: names)
            return context
        }
        let new = EvaluationContext(portrait: portrait, moment: moment, company: company, names: names, cache: cache)
        context = new
        return new
    }

    /// The same at a portrait's own company. Not generic, so that it is compiled for portraits; a generic
    /// function called from another module finds each member in a table.
    public func look(
        at portrait: CompanyPortrait, moment: Moment, observed: Timestamp, book: FlagBook, names: NameTable,
        scope: LookScope = .all
    ) -> Look {
        look(
            at: portrait.company, portrait: portrait, moment: moment, observed: observed, book: book, names: names,
            scope: scope)
    }

    /// What taking `rules` (to which this evaluator is bound) into use does to flags and waits of rules
    /// that are no longer there. Changed rules need nothing: the next look at each company judges open
    /// flags under the new version, and so the caller looks at every company after this.
    ///
    /// O(companies that ever had a move), ascending by company number.
    public func movesForRemovedRules(
        book: FlagBook, at now: Timestamp, observed: Timestamp
    ) -> [(company: CompanyID, move: FlagMove)] {
        // As a rule all are still there, and a start asks when no company is in the processor's cache.
        guard (0..<Int32(names.rules.count)).contains(where: { ruleIndex($0) == nil }) else { return [] }
        var moves: [(company: CompanyID, move: FlagMove)] = []
        // Flags of sources belong to no company, and no rule file has their rules.
        for company in book.companiesWithMoves where !company.isNone {
            guard let state = book.companyFlags(company) else { continue }
            for flag in state.open where ruleIndex(flag.slot) == nil {
                var move = FlagMove(
                    kind: .closed, rule: names.rules.name(flag.slot), ruleVersion: flag.version, at: now,
                    observed: observed)
                move.flag = flag.id
                move.verdict = .removed
                move.reason = "the rule is no longer in the rule file"
                moves.append((company, move))
            }
            for standing in state.standings where standing.phase.isWaiting && ruleIndex(standing.slot) == nil {
                var move = FlagMove(
                    kind: .lapsed, rule: names.rules.name(standing.slot), at: now, observed: observed)
                move.reason = "the rule is no longer in the rule file"
                moves.append((company, move))
            }
        }
        return moves
    }

    /// The index in `rules.flags` of the rule with the book's number `slot`; nil when these rules do
    /// not have it.
    func ruleIndex(_ slot: Int32) -> Int? {
        guard Int(slot) < indexBySlot.count, indexBySlot[Int(slot)] >= 0 else { return nil }
        return Int(indexBySlot[Int(slot)])
    }
}

extension RulePhase {
    /// A condition came true and no flag is open yet.
    var isWaiting: Bool { self == .pending || self == .suppressed }
}
