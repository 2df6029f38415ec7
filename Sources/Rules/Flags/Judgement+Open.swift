import Portraits
import UsageModel

/// Rules with an open flag: clearing, the end of a snooze, folding.
extension Judgement {
    mutating func judgeOpen(_ rule: FlagRule, _ flag: OpenFlag) {
        var flag = flag
        if flag.version != rule.version {
            var move = move(.revised, rule)
            move.flag = flag.id
            move.reason = "the rule was edited; the flag is judged under the new version"
            move.atRaise = raiseValues(for: rule, keeping: flag.atRaise)
            propose(move, slot: flag.slot)
            flag.atRaise = move.atRaise
        }
        if judgeClear(rule, flag) {
            context.openFlags[rule.index] = false
            return
        }
        judgeSnooze(rule, flag)
        judgeFolding(rule, flag)
        judgeFollowUp(rule, flag)
    }

    /// Returns whether the flag is over.
    private mutating func judgeClear(_ rule: FlagRule, _ flag: OpenFlag) -> Bool {
        if withholdsClear(rule) { return false }
        let verdict = clearVerdict(rule, flag)
        if verdict == .false, flag.clearingSince != nil {
            var move = move(.unclearing, rule)
            move.flag = flag.id
            move.evidence = clearEvidence(rule, flag)
            propose(move, slot: flag.slot)
        }
        // Unknown changes nothing: neither does it clear nor does it end a clearing.
        guard verdict == .true else { return false }
        let since = flag.clearingSince ?? now
        if now >= since + rule.keep {
            var move = move(.cleared, rule)
            move.flag = flag.id
            move.evidence = clearEvidence(rule, flag)
            move.witnesses = subject.recentEvents
            propose(move, slot: flag.slot)
            return true
        }
        if flag.clearingSince == nil {
            var move = move(.clearing, rule)
            move.flag = flag.id
            move.evidence = clearEvidence(rule, flag)
            propose(move, slot: flag.slot)
        }
        lookAgain(at: since + rule.keep)
        return false
    }

    /// Whether the flag's reason is over: `clear`, or `not when` where there is none.
    private mutating func clearVerdict(_ rule: FlagRule, _ flag: OpenFlag) -> Verdict {
        context.atRaise = flag.atRaise.map(\.value)
        defer { context.atRaise = [] }
        let verdict = verdict(of: rule.clear ?? rule.when)
        return rule.clear == nil ? !verdict : verdict
    }

    private func clearEvidence(_ rule: FlagRule, _ flag: OpenFlag) -> [Evidence] {
        context.withRaiseValues(flag.atRaise.map(\.value)) { evidence(of: rule.clear ?? rule.when) }
    }

    private mutating func judgeSnooze(_ rule: FlagRule, _ flag: OpenFlag) {
        guard let until = state.standing(flag.slot)?.snoozedUntil else { return }
        guard now >= until else { return lookAgain(at: until) }
        var move = move(.woken, rule)
        move.flag = flag.id
        move.reason = "the snooze is over and the flag has not cleared"
        propose(move, slot: flag.slot)
    }

    /// A touch at or after the raise is the follow-up that `due` waits for. Without one the flag is
    /// overdue at that instant and a step more severe; a snooze or an inhibitor puts that off.
    private mutating func judgeFollowUp(_ rule: FlagRule, _ flag: OpenFlag) {
        if let touch = subject.lastTouch, !flag.isFollowedUp, touch.time >= flag.openedAt, !isHeld || touch.time <= now
        {
            var move = move(.followedUp, rule)
            move.flag = flag.id
            move.touchedAt = touch.time
            move.witnesses = [touch.seq]
            propose(move, slot: flag.slot)
        } else if let due = flag.due, state.openFlag(flag.slot)?.under == nil {
            let due = max(due, state.standing(flag.slot)?.snoozedUntil ?? due)
            guard now >= due else { return lookAgain(at: due) }
            var move = move(.overdue, rule)
            move.flag = flag.id
            move.severity = flag.severity.raised
            move.reason = "nobody has touched the company since the raise"
            propose(move, slot: flag.slot)
        }
    }

    /// A flag is folded while an inhibitor that opened after it is open. An inhibitor that opened
    /// before it cannot be: it would have kept it from opening. So of any flags that inhibit each
    /// other in a ring the latest stands.
    private mutating func judgeFolding(_ rule: FlagRule, _ flag: OpenFlag) {
        if rule.inhibitedBy.isEmpty, flag.under == nil { return }
        var above: FlagID?
        for index in rule.inhibitedBy where context.openFlags[index] {
            guard let inhibitor = state.openFlag(evaluator.slots[index]), inhibitor.id > flag.id else { continue }
            // It stays under the one that it is under.
            if above == nil || inhibitor.id == flag.under { above = inhibitor.id }
        }
        guard above != flag.under else { return }
        var move = move(above == nil ? .unfolded : .folded, rule)
        move.flag = flag.id
        move.under = above
        move.reason =
            above.map { "\($0) opened and inhibits this flag" } ?? "no open flag inhibits this one any more"
        propose(move, slot: flag.slot)
    }
}
