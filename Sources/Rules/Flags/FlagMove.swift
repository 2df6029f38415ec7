public import UsageModel

/// What a move does. Raw values stand in the log: never change one.
public enum MoveKind: String, Sendable, CaseIterable {
    // Moves that evaluation makes.
    /// The condition came true and waits out `for`.
    case pending
    /// A pending or suppressed condition came false before a flag opened.
    case lapsed
    /// The flag opened.
    case raised
    /// The condition holds (and has held for `for`), but a cooldown, a snooze or an inhibitor keeps the flag from opening.
    case suppressed
    /// `clear` came true and waits out `keep`.
    case clearing
    /// `clear` came false again before `keep` was over.
    case unclearing
    /// The flag is over because its condition is.
    case cleared
    /// An inhibitor opened later and took the flag under itself.
    case folded
    /// The last inhibitor is gone; the flag stands on its own again.
    case unfolded
    /// The snooze is over, by time or by the operator.
    case woken
    /// A flag closed by the operator may be raised again: its condition has been false once.
    case rearmed
    /// The flag stays open and is judged under another version of its rule from here on.
    case revised
    /// The company left (`outcome: churned`); its rules rest.
    case resting
    /// The company is back, by activity or by another outcome; its rules watch again.
    case resumed
    /// The company passed from one stage to another.
    case stage
    /// `due` went by and nobody had touched the company since the raise: the severity rises a step.
    case overdue
    /// Our side touched the company after the raise.
    case followedUp = "followed_up"
    /// What arrived later shows that the flag should not have opened. It is marked, not erased.
    case retracted

    // Moves that an operator makes.
    case acked
    case snoozed
    case assigned
    case noted
    /// Over because somebody said so: the operator, a churned outcome, or the rule's removal.
    case closed
    /// The operator's verdict on a flag that was over already.
    case judged
}

/// Why a flag did not open although its condition holds.
public enum Suppression: String, Sendable {
    case cooldown
    case snooze
    case inhibited
}

/// How a flag was judged when it was closed.
public enum FlagVerdict: String, Sendable, CaseIterable {
    case saved
    case lost
    case falseAlarm = "false_alarm"
    /// Closed by the daemon because its rule is no longer in the file.
    case removed
}

/// One comparison of a rule's condition as it stood at a move.
public struct Evidence: Sendable, Equatable {
    /// The comparison as written in the rule.
    public var term: String
    /// The side that was measured, as written; nil when the comparison names no metric.
    public var metric: String?
    public var value: JSON
    public var threshold: JSON
    /// Nil when the comparison was unknown.
    public var holds: Bool?

    public init(term: String, metric: String?, value: JSON, threshold: JSON, holds: Bool?) {
        self.term = term
        self.metric = metric
        self.value = value
        self.threshold = threshold
        self.holds = holds
    }
}

/// A value kept from the instant of raising, for `at_raise(…)` in `clear`.
public struct RaiseValue: Sendable, Equatable {
    /// The argument of `at_raise` as written in the rule.
    public var expression: String
    public var value: Value

    public init(expression: String, value: Value) {
        self.expression = expression
        self.value = value
    }
}

/// What only a raise has to say.
public struct RaiseDetails: Sendable, Equatable {
    public var kind: FlagKind
    public var severity: Severity
    public var summary: String
    public var owner: String?
    public var due: Timestamp?
    /// In the order of `atRaiseArguments` of the rule's `clear`.
    public var atRaise: [RaiseValue]

    public init(
        kind: FlagKind, severity: Severity, summary: String, owner: String?, due: Timestamp?, atRaise: [RaiseValue]
    ) {
        self.kind = kind
        self.severity = severity
        self.summary = summary
        self.owner = owner
        self.due = due
        self.atRaise = atRaise
    }
}

/// One change of a flag, of a rule's standing in a company, or of a company's stage: a fact in the log.
///
/// Replay applies moves and never evaluates, so whatever a later look relies on is in a move or follows
/// from the moves before it.
public struct FlagMove: Sendable, Equatable {
    public var kind: MoveKind
    /// The flag that the move concerns; nil when none is or was open.
    public var flag: FlagID?
    /// The rule's name; empty for `resting`, `resumed` and `stage`, which concern the whole company.
    public var rule: String
    /// The content hash of the rule that judged; empty where no rule did.
    public var ruleVersion: String
    /// The rule as it was written, in moves that evaluation made; nil otherwise.
    public var ruleText: String?
    /// When it became true.
    public var at: Timestamp
    /// When it was noticed: later than `at` when the daemon was down over the instant.
    public var observed: Timestamp
    /// The operator; nil for the daemon.
    public var by: String?
    /// For people: why.
    public var reason: String?
    public var evidence: [Evidence]
    /// Positions in the log of the last events that mattered, latest first.
    public var witnesses: [UInt64]
    /// `raised` and `suppressed`: when the condition came true; earlier than `at` when `for`, a
    /// cooldown, a snooze or an inhibitor had to pass.
    public var since: Timestamp?
    /// `raised` only.
    public var raise: RaiseDetails?
    /// `suppressed` only.
    public var suppression: Suppression?
    /// `snoozed`, and `suppressed` by a cooldown or a snooze: when it ends.
    public var until: Timestamp?
    /// `folded`, and `suppressed` by an inhibitor: the flag above.
    public var under: FlagID?
    /// `closed` and `judged` only.
    public var verdict: FlagVerdict?
    /// `assigned` only; nil takes the owner away.
    public var owner: String?
    /// `noted`, and what the operator said beside another action.
    public var note: String?
    /// `revised` only: what the new version's `clear` asks for, in the order of its `atRaiseArguments`.
    /// What the old version did not keep is as of this move.
    public var atRaise: [RaiseValue]
    /// `stage` only: the new stage; nil when none matches.
    public var stage: String?
    /// `stage` only: the stage before.
    public var fromStage: String?
    /// `overdue` only: how severe the flag is from here on.
    public var severity: Severity?
    /// `followed_up` only: the time of the touch; its record is the witness.
    public var touchedAt: Timestamp?
    /// `resting` only: the time of the outcome, and the greatest time of activity by people so far.
    public var rest: Rest?

    /// From which outcome a company's rules rest, and what counts as a sign of life.
    public struct Rest: Sendable, Equatable {
        /// The outcome's own time: tells one `churned` from the next.
        public var outcomeAt: Timestamp
        /// Activity later than this ends the rest.
        public var quietSince: Timestamp

        public init(outcomeAt: Timestamp, quietSince: Timestamp) {
            self.outcomeAt = outcomeAt
            self.quietSince = quietSince
        }
    }

    public init(kind: MoveKind, rule: String = "", ruleVersion: String = "", at: Timestamp, observed: Timestamp) {
        self.kind = kind
        self.rule = rule
        self.ruleVersion = ruleVersion
        self.at = at
        self.observed = observed
        evidence = []
        witnesses = []
        atRaise = []
    }
}
