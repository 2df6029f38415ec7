public import UsageModel

/// Where a flag stands, as lists and cards show it.
public enum FlagState: String, Sendable, CaseIterable {
    case open
    /// Open, and somebody has said that they saw it.
    case acked
    /// Open, and not to be shown before the snooze ends.
    case snoozed
    /// Open, and taken under an inhibitor that tells the same story.
    case folded
    /// Over because its condition is.
    case cleared
    /// Over because the operator, an outcome or the removal of its rule ended it.
    case closed
}

extension FlagState {
    /// Neither cleared nor closed. Such a flag counts for `flag("x")` and inhibits others.
    public var isRaised: Bool {
        switch self {
        case .open, .acked, .snoozed, .folded: true
        case .cleared, .closed: false
        }
    }
}

/// One flag from its raise on: what the log's moves have made of it so far.
public struct Flag: Sendable, Equatable {
    public let id: FlagID
    public let company: CompanyID
    public let rule: String
    public let kind: FlagKind
    /// One sentence for people, as it was at the raise.
    public let summary: String
    /// The rule that raised it; stays what it was when the rule is edited.
    public let ruleVersion: String
    public let ruleText: String
    /// The instant at which it opened.
    public let openedAt: Timestamp
    /// When the daemon noticed.
    public let observed: Timestamp
    /// When the condition came true, at or before `openedAt`.
    public let since: Timestamp
    public let due: Timestamp?

    public internal(set) var state = FlagState.open
    /// The rule's; a step higher once the flag is overdue.
    public internal(set) var severity: Severity
    public internal(set) var owner: String?
    public internal(set) var ackedBy: String?
    public internal(set) var snoozedUntil: Timestamp?
    /// The flag that it is folded under.
    public internal(set) var under: FlagID?
    /// When it was cleared or closed.
    public internal(set) var endedAt: Timestamp?
    /// How it was judged, when it was closed or later.
    public internal(set) var verdict: FlagVerdict?
    /// The instant at which `due` had gone by without a follow-up.
    public internal(set) var overdueSince: Timestamp?
    /// The time of the first touch after the raise.
    public internal(set) var followedUpAt: Timestamp?
    /// When the log came to know that it should not have opened.
    public internal(set) var retractedAt: Timestamp?
    /// When an operator first did something about it.
    public internal(set) var actedOnAt: Timestamp?
    /// Where its moves stand in the log, in order; the first is the raise, which holds the evidence.
    public internal(set) var moves: [UInt64]
}

/// How often a rule spoke, over all companies and all time.
public struct RuleCounts: Sendable, Equatable {
    public var raised = 0
    /// Not yet cleared or closed.
    public var open = 0
    public var cleared = 0
    // Verdicts, of whoever closed the flag or judged it later.
    public var saved = 0
    public var lost = 0
    public var falseAlarms = 0
    /// Closed because the rule was removed.
    public var removed = 0
    /// Flags about which somebody did something: an operator's action, or a touch after the raise.
    public var actedOn = 0
    /// Flags that later data proved wrong.
    public var retracted = 0

    public init() {}

    /// Every count there is, in an order of its own.
    static var all: [WritableKeyPath<RuleCounts, Int>] {
        [\.raised, \.open, \.cleared, \.saved, \.lost, \.falseAlarms, \.removed, \.actedOn, \.retracted]
    }
}
