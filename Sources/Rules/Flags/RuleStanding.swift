public import UsageModel

/// Where one rule stands in one company.
public enum RulePhase: UInt8, Sendable {
    /// The condition is not known to be true.
    case inactive = 0
    /// It is true and waits out `for`.
    case pending = 1
    /// It is true, and something keeps the flag from opening.
    case suppressed = 2
    /// The flag is open.
    case raised = 3
    /// The flag was closed; the rule waits for its condition to be false once.
    case closed = 4
}

/// What a rule has to remember about a company. Most companies have none for most rules: no
/// standing means inactive, with nothing to remember.
struct RuleStanding: Sendable {
    /// The book's number of the rule.
    let slot: Int32
    var phase = RulePhase.inactive
    /// `suppressed`: by what.
    var suppression: Suppression?
    /// `pending`, `suppressed`: since when the condition is true.
    var since: Timestamp?
    /// `suppressed` by a cooldown or a snooze: when that ends.
    var until: Timestamp?
    /// `suppressed` by an inhibitor: its flag.
    var under: FlagID?
    /// When the last flag was cleared or closed: the cooldown runs from here.
    var endedAt: Timestamp?
    /// The operator's snooze; it outlives a clear.
    var snoozedUntil: Timestamp?

    init(slot: Int32) { self.slot = slot }

    /// Nothing here that no standing would not say as well.
    var isForgettable: Bool { phase == .inactive && endedAt == nil && snoozedUntil == nil }

    /// Leaves a wait for `phase`.
    mutating func settle(_ phase: RulePhase) {
        self.phase = phase
        suppression = nil
        since = nil
        until = nil
        under = nil
    }
}

/// What judging an open flag needs, kept apart from what people read of it.
struct OpenFlag: Sendable {
    let slot: Int32
    let id: FlagID
    let kind: FlagKind
    let severity: Severity
    let openedAt: Timestamp
    /// When somebody should have followed up; nil once that has happened or was missed.
    var due: Timestamp?
    var isFollowedUp = false
    /// The version of the rule under which it is judged.
    var version: String
    /// In the order of that version's `clear.atRaiseArguments`.
    var atRaise: [RaiseValue]
    /// Since when `clear` holds, while `keep` is waited out.
    var clearingSince: Timestamp?
    var under: FlagID?
}

/// A rule that is neither inactive nor raised in a company, for `flags --withheld` and `why-not`.
public struct WaitingRule: Sendable, Equatable {
    public let rule: String
    /// `pending`, `suppressed` or `closed`.
    public let phase: RulePhase
    public let since: Timestamp?
    public let suppression: Suppression?
    public let until: Timestamp?
    public let under: FlagID?
}
