import Portraits
public import UsageModel

/// What missing events can do to a rule, found once when it is compiled: whether a condition can come
/// true only because a source of events is silent, and from which age of a silence on.
public struct RuleAbsence: Sendable, Equatable {
    /// `when` can come true because events of today − `raise` are missing, and no younger ones; nil:
    /// missing events never raise the flag.
    public var raise: Int?
    /// The same of what clears it: `clear`, or `not when` where there is none.
    public var clear: Int?

    public init(raise: Int? = nil, clear: Int? = nil) {
        self.raise = raise
        self.clear = clear
    }

    /// Whether a silence since `day` reaches what can raise the flag on `today`.
    public func reachesRaise(on today: Day, missingFrom day: Day) -> Bool {
        raise.map { today - day >= Int32($0) } ?? false
    }

    /// Whether a silence since `day` reaches what can clear the flag on `today`.
    func reachesClear(on today: Day, missingFrom day: Day) -> Bool { clear.map { today - day >= Int32($0) } ?? false }
}

/// Which rules a look judges while a source that feeds the company is silent. Raises and clears that
/// missing events can bring about are withheld: time is held still for them, and later they are judged
/// at the moments that were passed over, when it is known what happened then.
public enum LookScope: Sendable, Equatable {
    /// Everything: no source is silent.
    case all
    /// A look at the present: everything but what is withheld. Once missing events have begun to come
    /// (`isCatchingUp`) that is also every clear of a flag that missing events can raise: the event that
    /// clears it may be among them, at a moment that has gone by.
    case present(missingFrom: Day, isCatchingUp: Bool)
    /// A look at a moment that was passed over: only what is withheld. Stages and rest are of the present.
    case held(missingFrom: Day)

    var isAll: Bool { if case .all = self { true } else { false } }
}

extension Judgement {
    /// Whether this look leaves the rule alone.
    func passesOver(_ condition: BoundCondition) -> Bool {
        let rule = evaluator.rules.flags[Int(condition.index)]
        let today = context.moment.today
        switch scope {
        case .all: return false
        case .present(let day, _):
            return !context.openFlags[rule.index] && rule.absence.reachesRaise(on: today, missingFrom: day)
        case .held(let day):
            if let flag = state.openFlag(condition.number) {
                return isLater(flag.openedAt) || isLater(flag.clearingSince)
                    || rule.absence.raise == nil && !rule.absence.reachesClear(on: today, missingFrom: day)
            }
            guard rule.absence.reachesRaise(on: today, missingFrom: day) else { return true }
            let standing = state.standing(condition.number)
            return isLater(standing?.since) || isLater(standing?.endedAt)
        }
    }

    /// Whether an open flag may not be cleared in this look.
    func withholdsClear(_ rule: FlagRule) -> Bool {
        guard case .present(let day, let isCatchingUp) = scope else { return false }
        return isCatchingUp && rule.absence.raise != nil
            || rule.absence.reachesClear(on: context.moment.today, missingFrom: day)
    }

    var isHeld: Bool { if case .held = scope { true } else { false } }

    /// What stands in the book already may be later than the moment that is caught up with; it came
    /// from a look that knew more.
    private func isLater(_ time: Timestamp?) -> Bool { time.map { $0 > now } ?? false }

    /// Another day of the silence may reach rules that it does not reach yet.
    mutating func lookAgainAtMidnight() {
        guard case .held(let day) = scope, context.moment.today - day < evaluator.oldestAbsence else { return }
        lookAgain(at: context.moment.nextMidnight)
    }
}
