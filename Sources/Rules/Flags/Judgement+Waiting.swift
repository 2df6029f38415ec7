import Portraits
import UsageModel

/// Rules without an open flag: inactive, pending, suppressed, or closed until false once.
extension Judgement {
    /// Judges one rule. For an inactive rule whose condition is not true, that is the condition's
    /// evaluation and nothing else.
    mutating func judge(_ condition: BoundCondition) {
        let index = Int(condition.index)
        if context.openFlags[index], let flag = state.openFlag(condition.number) {
            return judgeOpen(evaluator.rules.flags[index], flag)
        }
        let isInactive = (state.standing(condition.number)?.phase ?? .inactive) == .inactive
        let verdict = isInactive ? verdict(ofInactive: condition) : verdict(of: condition)
        // Unknown changes nothing.
        if verdict == .unknown || verdict == .false && state.standings.isEmpty { return }
        settle(evaluator.rules.flags[index], slot: condition.number, isTrue: verdict == .true)
    }

    /// What follows from a condition that is known.
    private mutating func settle(_ rule: FlagRule, slot: Int32, isTrue: Bool) {
        let standing = state.standing(slot)
        let phase = standing?.phase ?? .inactive
        if !isTrue || clearContradicts(rule) {
            if phase != .inactive { fallBack(rule, slot: slot, from: phase) }
            return
        }
        switch phase {
        case .closed, .raised: return
        case .inactive:
            guard rule.hold > 0 else { return open(rule, slot: slot, standing: standing, since: now) }
            var move = move(.pending, rule)
            move.evidence = evidence(of: rule.when)
            propose(move, slot: slot)
            lookAgain(at: now + rule.hold)
        case .pending:
            let since = standing?.since ?? now
            if now >= since + rule.hold {
                open(rule, slot: slot, standing: standing, since: since)
            } else {
                lookAgain(at: since + rule.hold)
            }
        case .suppressed: open(rule, slot: slot, standing: standing, since: standing?.since ?? now)
        }
    }

    /// The condition has been false once.
    private mutating func fallBack(_ rule: FlagRule, slot: Int32, from phase: RulePhase) {
        var move = move(phase == .closed ? .rearmed : .lapsed, rule)
        move.evidence = evidence(of: rule.when)
        propose(move, slot: slot)
    }

    /// `when` and an explicit `clear` both hold: the flag would clear as soon as it opened, and open
    /// again, look by look. `clear` wins.
    private mutating func clearContradicts(_ rule: FlagRule) -> Bool {
        guard let clear = rule.clear else { return false }
        // Taken anew at each look, these move with every event.
        if !clear.atRaiseArguments.isEmpty { forgoSlack() }
        context.atRaise = clear.atRaiseArguments.map { $0.expression.value(in: context) }
        defer { context.atRaise = [] }
        return verdict(of: clear) == .true
    }

    /// The condition holds and has held for `for`: opens the flag, or records what keeps it from opening.
    private mutating func open(_ rule: FlagRule, slot: Int32, standing: RuleStanding?, since: Timestamp) {
        if let obstacle = obstacle(rule, standing) {
            lookAgain(at: obstacle.until)
            let isKnown =
                standing?.phase == .suppressed && standing?.suppression == obstacle.suppression
                && standing?.until == obstacle.until && standing?.under == obstacle.under
            guard !isKnown else { return }
            var move = move(.suppressed, rule)
            move.since = since
            move.suppression = obstacle.suppression
            move.until = obstacle.until
            move.under = obstacle.under
            move.reason = obstacle.reason
            move.evidence = evidence(of: rule.when)
            move.witnesses = subject.recentEvents
            propose(move, slot: slot)
        } else {
            raise(rule, slot: slot, standing: standing, since: since)
        }
    }

    private mutating func raise(_ rule: FlagRule, slot: Int32, standing: RuleStanding?, since: Timestamp) {
        var move = move(.raised, rule)
        move.flag = nextFlag
        move.since = since
        move.reason = standing?.suppression.map { "the condition still holds after the \($0.ending)" }
        move.evidence = evidence(of: rule.when)
        move.witnesses = subject.recentEvents
        move.raise = RaiseDetails(
            kind: rule.kind, severity: rule.severity, summary: rule.summary.text(in: context),
            owner: rule.owner.flatMap { $0.value(in: context).personName },
            due: rule.due.map { min(now + $0, .greatest) },
            atRaise: raiseValues(for: rule, keeping: []))
        propose(move, slot: slot)
        context.openFlags[rule.index] = true
    }

    /// The values that the rule's `clear` wants from the raise; those in `kept` stay what they are.
    func raiseValues(for rule: FlagRule, keeping kept: [RaiseValue]) -> [RaiseValue] {
        (rule.clear?.atRaiseArguments ?? []).map { argument in
            kept.first { $0.expression == argument.text }
                ?? RaiseValue(expression: argument.text, value: argument.expression.value(in: context))
        }
    }

    // MARK: - Obstacles

    private struct Obstacle {
        var suppression: Suppression
        var until: Timestamp?
        var under: FlagID?
        var reason: String
    }

    /// What keeps the flag from opening now, the first of snooze, cooldown and inhibitor.
    private func obstacle(_ rule: FlagRule, _ standing: RuleStanding?) -> Obstacle? {
        if let until = standing?.snoozedUntil, until > now {
            return Obstacle(suppression: .snooze, until: until, reason: "snoozed until \(until.rfc3339)")
        }
        if let endedAt = standing?.endedAt, rule.cooldown > 0 {
            let until = min(endedAt + rule.cooldown, .greatest)
            if until > now {
                return Obstacle(
                    suppression: .cooldown, until: until,
                    reason: "in cooldown until \(until.rfc3339), since the last flag ended at \(endedAt.rfc3339)")
            }
        }
        for index in rule.inhibitedBy where context.openFlags[index] {
            guard let inhibitor = state.openFlag(evaluator.slots[index]) else { continue }
            return Obstacle(
                suppression: .inhibited, under: inhibitor.id,
                reason: "inhibited by \(evaluator.rules.flags[index].name) (\(inhibitor.id))")
        }
        return nil
    }

    // MARK: - Making moves

    func move(_ kind: MoveKind, _ rule: FlagRule) -> FlagMove {
        var move = FlagMove(
            kind: kind, rule: rule.name, ruleVersion: rule.version, at: now, observed: observed)
        move.ruleText = rule.text
        return move
    }

    func evidence(of condition: Expression) -> [Evidence] {
        condition.terms(in: context).map { term in
            Evidence(
                term: term.text, metric: term.metric, value: term.value.json, threshold: term.threshold.json,
                holds: term.verdict == .unknown ? nil : term.verdict == .true)
        }
    }
}

extension Suppression {
    fileprivate var ending: String {
        switch self {
        case .cooldown: "cooldown"
        case .snooze: "snooze"
        case .inhibited: "inhibition"
        }
    }
}

extension Value {
    /// A trait that names somebody; nil when unknown or a truth value.
    fileprivate var personName: String? {
        switch self {
        case .text(let name): name.isEmpty ? nil : name
        case .number: json.numberText
        case .unknown, .truth: nil
        }
    }
}

extension JSON {
    fileprivate var numberText: String? { if case .number(let text) = self { text } else { nil } }
}
