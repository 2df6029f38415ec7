import Portraits
import Rules
import UsageModel

/// What a work list counts over all flags and all companies.
struct WorklistTally {
    /// Whoever owns a flag or a company, now or then.
    private(set) var owners: Set<String> = []
    private(set) var inCooldown = 0
    /// The greatest time of an event.
    private(set) var dataTo: Timestamp?

    private let owner: String?
    private let kind: String?
    private let since: Timestamp
    private let recordFrom: Timestamp
    private var new = 0
    private var recovered = 0
    private var renewed = 0
    private var churned = 0
    /// By rule; all owners', since a rule is the same for all.
    private var records: [String: Record] = [:]

    private struct Record {
        var raised = 0
        var actedOn = 0
        var falseAlarms = 0
    }

    /// A quarter: long enough for verdicts, short enough to be about the rules of today.
    private static let recordDays: Int64 = 90

    init(writer: Writer, owner: String?, kind: String?, since: Timestamp, now: Timestamp) {
        self.owner = owner
        self.kind = kind
        self.since = since
        recordFrom = now + -Self.recordDays * millisecondsPerDay
        let book = writer.desk.book
        for number in 0..<UInt64(book.flagCount) {
            if let flag = book.flag(FlagID(number: number + 1)) { count(flag) }
        }
        for company in writer.portraits.companies() {
            guard let portrait = writer.portraits.portrait(company) else { continue }
            count(portrait, traits: writer.configuration.traitNames, book: book)
        }
    }

    private mutating func count(_ flag: Flag) {
        if let owner = flag.owner { owners.insert(owner) }
        if flag.openedAt >= recordFrom, !flag.company.isNone {
            records[flag.rule, default: Record()].raised += 1
            if flag.actedOnAt != nil { records[flag.rule]?.actedOn += 1 }
            if flag.verdict == .falseAlarm { records[flag.rule]?.falseAlarms += 1 }
        }
        guard owner == nil || flag.owner == owner, kind == nil || flag.kind.rawValue == kind else { return }
        if flag.openedAt >= since, flag.severity != .low, flag.retractedAt == nil { new += 1 }
        let isSaved = flag.state == .cleared || flag.verdict == .saved
        if flag.kind == .churn, isSaved, let end = flag.endedAt, end >= since { recovered += 1 }
    }

    private mutating func count(_ portrait: CompanyPortrait, traits: TraitNames, book: FlagBook) {
        if let last = portrait.lastActivity { dataTo = max(dataTo ?? last, last) }
        let companysOwner = Account.owner(of: portrait, traits: traits)
        if let companysOwner { owners.insert(companysOwner) }
        guard owner == nil || companysOwner == owner else { return }
        if let time = portrait.outcomeAt, time >= since {
            if portrait.outcome == "renewed" { renewed += 1 }
            if portrait.outcome == "churned" { churned += 1 }
        }
        inCooldown += book.waitingRules(of: portrait.company).count { $0.suppression == .cooldown }
    }

    /// What has happened since the list's beginning.
    var changes: JSON {
        .object([
            .init("new", .int(new)), .init("recovered", .int(recovered)), .init("renewed", .int(renewed)),
            .init("churned", .int(churned)),
        ])
    }

    /// How the rules have done, the rule with most false alarms first.
    var record: JSON {
        let rules = records.sorted { left, right in
            (right.value.falseAlarms, right.value.raised, left.key)
                < (left.value.falseAlarms, left.value.raised, right.key)
        }
        func sum(_ count: KeyPath<Record, Int>) -> JSON { .int(rules.reduce(0) { $0 + $1.value[keyPath: count] }) }
        return .object([
            .init("days", .int(Self.recordDays)), .init("raised", sum(\.raised)), .init("acted_on", sum(\.actedOn)),
            .init("false_alarms", sum(\.falseAlarms)),
            .init(
                "by_rule",
                .array(
                    rules.map { rule, record in
                        .object([
                            .init("rule", .string(rule)), .init("raised", .int(record.raised)),
                            .init("acted_on", .int(record.actedOn)), .init("false_alarms", .int(record.falseAlarms)),
                        ])
                    })),
        ])
    }
}
