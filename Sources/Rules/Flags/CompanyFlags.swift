import UsageModel

/// Flags, standings of rules and stage of one company: the fold of its moves.
///
/// Sparse: 64 bytes, and more only for rules that have spoken. A copy is two reference counts, so a
/// look works on a copy and applies to it what it proposes.
struct CompanyFlags: Sendable {
    /// Ascending by slot.
    private(set) var standings: [RuleStanding] = []
    /// Flags that are neither cleared nor closed, ascending by slot.
    private(set) var open: [OpenFlag] = []
    /// The book's number of the stage; 0 for none.
    private(set) var stage: Int32 = 0
    private(set) var stageSince: Timestamp?
    private(set) var rest: RestState?

    struct RestState: Sendable {
        var mark: FlagMove.Rest
        /// False once the company is back; `mark` stays, so that one outcome rests the rules once.
        var isResting: Bool
    }

    init() {}

    init(
        standings: [RuleStanding], open: [OpenFlag], stage: Int32, stageSince: Timestamp?, rest: RestState?
    ) {
        self.standings = standings
        self.open = open
        self.stage = stage
        self.stageSince = stageSince
        self.rest = rest
    }

    var isResting: Bool { rest?.isResting ?? false }

    func standing(_ slot: Int32) -> RuleStanding? {
        for standing in standings where standing.slot == slot { return standing }
        return nil
    }

    func openFlag(_ slot: Int32) -> OpenFlag? {
        for flag in open where flag.slot == slot { return flag }
        return nil
    }

    /// Applies a move of the rule with number `slot`. O(rules that have spoken here).
    mutating func apply(_ move: FlagMove, slot: Int32) throws(FlagBookError) {
        switch move.kind {
        case .pending, .lapsed, .suppressed, .rearmed: try wait(move, slot)
        case .raised: try raise(move, slot)
        case .cleared, .closed: try end(move, slot)
        case .snoozed:
            guard let until = move.until else { throw .incomplete(rule: move.rule, move: .snoozed) }
            try updateOpen(move, slot) { _ in }
            updateStanding(slot) { $0.snoozedUntil = until }
        case .woken:
            try updateOpen(move, slot) { _ in }
            updateStanding(slot) { $0.snoozedUntil = nil }
        case .clearing: try updateOpen(move, slot) { $0.clearingSince = move.at }
        case .unclearing: try updateOpen(move, slot) { $0.clearingSince = nil }
        case .folded: try updateOpen(move, slot) { $0.under = move.under }
        case .unfolded: try updateOpen(move, slot) { $0.under = nil }
        case .revised:
            try updateOpen(move, slot) {
                $0.version = move.ruleVersion
                $0.atRaise = move.atRaise
            }
        case .overdue: try updateOpen(move, slot) { $0.due = nil }
        case .followedUp:
            try updateOpen(move, slot) {
                $0.due = nil
                $0.isFollowedUp = true
            }
        case .acked, .assigned: try updateOpen(move, slot) { _ in }
        case .noted, .judged, .retracted, .resting, .resumed, .stage: break
        }
    }

    mutating func enter(stage: Int32, at: Timestamp) {
        self.stage = stage
        stageSince = at
    }

    mutating func restRules(_ mark: FlagMove.Rest) { rest = RestState(mark: mark, isResting: true) }

    mutating func resumeRules() { rest?.isResting = false }

    private mutating func wait(_ move: FlagMove, _ slot: Int32) throws(FlagBookError) {
        guard openFlag(slot) == nil else { throw .alreadyRaised(rule: move.rule) }
        updateStanding(slot) { standing in
            switch move.kind {
            case .pending:
                standing.settle(.pending)
                standing.since = move.at
            case .suppressed:
                standing.settle(.suppressed)
                standing.suppression = move.suppression
                standing.since = move.since
                standing.until = move.until
                standing.under = move.under
            default: standing.settle(.inactive)
            }
        }
    }

    private mutating func raise(_ move: FlagMove, _ slot: Int32) throws(FlagBookError) {
        guard let id = move.flag, let raise = move.raise else { throw .incomplete(rule: move.rule, move: .raised) }
        guard openFlag(slot) == nil else { throw .alreadyRaised(rule: move.rule) }
        let flag = OpenFlag(
            slot: slot, id: id, kind: raise.kind, severity: raise.severity, openedAt: move.at, due: raise.due,
            version: move.ruleVersion, atRaise: raise.atRaise)
        open.insert(flag, at: open.firstIndex { $0.slot > slot } ?? open.count)
        updateStanding(slot) { standing in
            standing.settle(.raised)
            standing.snoozedUntil = nil
        }
    }

    private mutating func end(_ move: FlagMove, _ slot: Int32) throws(FlagBookError) {
        guard let index = open.firstIndex(where: { $0.slot == slot }) else {
            throw .notRaised(rule: move.rule, move: move.kind)
        }
        open.remove(at: index)
        updateStanding(slot) { standing in
            if move.kind == .cleared {
                standing.settle(.inactive)
                standing.endedAt = move.at
            } else if move.verdict == .removed {
                // A rule that comes back into the file starts afresh.
                standing = RuleStanding(slot: slot)
            } else {
                standing.settle(.closed)
                standing.endedAt = move.at
                standing.snoozedUntil = nil
            }
        }
    }

    private mutating func updateOpen(
        _ move: FlagMove, _ slot: Int32, _ change: (inout OpenFlag) -> Void
    ) throws(FlagBookError) {
        guard let index = open.firstIndex(where: { $0.slot == slot }) else {
            throw .notRaised(rule: move.rule, move: move.kind)
        }
        change(&open[index])
    }

    /// Changes the standing of `slot`, making one when there is none and dropping one that says nothing.
    private mutating func updateStanding(_ slot: Int32, _ change: (inout RuleStanding) -> Void) {
        let index = standings.firstIndex { $0.slot >= slot } ?? standings.count
        if index == standings.count || standings[index].slot != slot {
            standings.insert(RuleStanding(slot: slot), at: index)
        }
        change(&standings[index])
        if standings[index].isForgettable { standings.remove(at: index) }
    }
}
