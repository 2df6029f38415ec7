public enum FlagKind: String, Sendable, CaseIterable { case churn, upsell, lead, info }

public enum Severity: String, Sendable, CaseIterable {
    case low, medium, high

    /// A step higher; the highest stays.
    var raised: Severity { self == .low ? .medium : .high }
}

/// One rule that watches every company. A class, so that a loop over many rules copies a reference and
/// not twenty strings; immutable like all of a rule set.
public final class FlagRule: Sendable {
    /// Its place in `RuleSet.flags` and its bit in `RuleMask`.
    public let index: Int
    public let name: String
    public let kind: FlagKind
    public let severity: Severity
    public let when: Expression
    /// Nil: cleared when `when` is definitely false.
    public let clear: Expression?
    /// `for`: how long `when` must hold before the flag opens, in milliseconds.
    public let hold: Int64
    /// How long the clear condition must hold, in milliseconds.
    public let keep: Int64
    /// How long after a clear no new flag opens, in milliseconds.
    public let cooldown: Int64
    /// How long after opening somebody should have acted, in milliseconds.
    public let due: Int64?
    /// Names of the flags that rest while this one is open.
    public let inhibits: [String]
    /// Indices into `RuleSet.flags` of the rules that inhibit this one, ascending.
    public let inhibitedBy: [Int]
    public let owner: Expression?
    public let summary: Summary
    /// Why, in the few words that a list has room for.
    public let brief: Summary?
    /// 16 hexadecimal digits over the rule's text and the sets, scores and segments that it uses.
    public let version: String
    /// The rule's YAML as written.
    public let text: String
    /// What missing events can do to it.
    public let absence: RuleAbsence

    init(
        index: Int, draft: RuleSetDraft.Flag, when: Expression, clear: Expression?, inhibitedBy: [Int],
        owner: Expression?, summary: Summary, brief: Summary?, version: String, text: String, absence: RuleAbsence
    ) {
        self.index = index
        name = draft.name.text
        kind = draft.kind
        severity = draft.severity
        self.when = when
        self.clear = clear
        hold = draft.hold
        keep = draft.keep
        cooldown = draft.cooldown
        due = draft.due
        inhibits = draft.inhibits.map(\.text)
        self.inhibitedBy = inhibitedBy
        self.owner = owner
        self.summary = summary
        self.brief = brief
        self.version = version
        self.text = text
        self.absence = absence
    }
}

/// One line of `stages`: the first whose condition is true is the company's stage.
public struct StageRule: Sendable {
    public let name: String
    public let when: Expression
}

/// A named condition, used as `segment("x")` and shown on the card.
public struct SegmentRule: Sendable {
    public let name: String
    public let when: Expression
}
