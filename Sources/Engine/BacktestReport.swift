import Portraits
import Rules
import UsageModel

/// What a backtest found, rule by rule and for all rules of a kind together.
struct BacktestReport {
    private let backtest: Backtest
    private let seq: UInt64
    private let history: ActivityHistory
    private let end: Timestamp
    /// Companies that left for good and are large enough to count, each with its last day.
    private var leavers: [CompanyID: Int] = [:]
    private var byRule: [String: BacktestTally] = [:]
    private var byKind: [FlagKind: BacktestTally] = [:]
    /// Days on which a company had been active in the last 90, over all companies.
    private var companyDays = 0

    private static let activeDays = 90
    private static let flappingMilliseconds = 7 * millisecondsPerDay
    /// A company is worth naming from so many users and events on.
    private static let leastUsers = 3
    private static let leastEvents: UInt64 = 10
    /// In its last days nobody can be won back: an alert must come before.
    private static let lastDays = 30

    init(_ backtest: Backtest, seq: UInt64) {
        self.backtest = backtest
        self.seq = seq
        var history = backtest.history
        history.settle()
        self.history = history
        end = backtest.portraits.now ?? Timestamp(milliseconds: 0)
        for (company, active) in history.active { add(company, active) }
        addFlags()
    }

    private var endDay: Int { Int(end.utcDay.number) }
    private var judge: BacktestJudge? {
        backtest.request.truth.map { BacktestJudge(truth: $0, history: history, end: endDay) }
    }

    private mutating func add(_ company: CompanyID, _ active: ActivityHistory.Company) {
        let since = backtest.request.since.map { Int($0.utcDay.number) }
        let first = max(since ?? .min, Int(active.days[0]))
        companyDays += active.daysActive(within: Self.activeDays, first: first, end: endDay)
        guard let lastDay = judge?.lastDay(of: active), active.events >= Self.leastEvents,
            (backtest.portraits.portrait(company)?.usersTotal ?? 0) >= Self.leastUsers,
            lastDay - Self.lastDays >= since ?? .min
        else { return }
        leavers[company] = lastDay
    }

    private mutating func addFlags() {
        var cleared: [CompanyRule: Timestamp] = [:]
        for flag in backtest.flags {
            let place = CompanyRule(company: flag.company, rule: flag.rule)
            if flag.openedAt >= backtest.request.since ?? flag.openedAt {
                let isFlapping = cleared[place].map { flag.openedAt - $0 <= Self.flappingMilliseconds } ?? false
                add(flag, isFlapping: isFlapping)
            }
            if flag.state == .cleared { cleared[place] = flag.endedAt }
        }
    }

    private mutating func add(_ flag: Flag, isFlapping: Bool) {
        var entry = BacktestTally.Entry(flag: flag, isFlapping: isFlapping, end: end)
        if let judge, judge.truth.kinds.contains(flag.kind) {
            let day = Int(flag.openedAt.utcDay.number)
            entry.verdict = judge.verdict(on: flag.company, alerted: day)
            if let last = leavers[flag.company] {
                entry.namesLeaver = day <= last - Self.lastDays
                entry.namesLeaverRecently = entry.namesLeaver && day >= last - judge.truth.horizonDays
            }
        }
        byRule[flag.rule, default: BacktestTally()].add(entry)
        byKind[flag.kind, default: BacktestTally()].add(entry)
    }

    private struct CompanyRule: Hashable {
        var company: CompanyID
        var rule: String
    }

    // MARK: JSON

    var json: JSON {
        let kinds = FlagKind.allCases.filter { kind in backtest.rules.flags.contains { $0.kind == kind } }
        var members: [JSON.Member] = [
            .init("version", .string(backtest.rules.version)),
            .init("known_at", .string(backtest.isEventClock ? "event" : "log")),
            .init("since", .optional(backtest.request.since?.rfc3339)), .init("through", .string(end.rfc3339)),
            .init("seq", .int(seq)), .init("records", .int(backtest.recordCount)),
            .init("events", .int(backtest.eventCount)), .init("looks", .int(backtest.lookCount)),
            .init("companies", .int(backtest.portraits.companyCount)),
            .init("company_weeks_active_90d", .double(Double(companyDays) / 7)),
            .init(
                "rules",
                .array(
                    backtest.rules.fileOrder.map { index in
                        let rule = backtest.rules.flags[index]
                        return row(
                            rule.name, kind: rule.kind, severity: rule.severity, byRule[rule.name] ?? BacktestTally())
                    })),
            .init(
                "kinds",
                .array(
                    kinds.map { kind in
                        row("all \(kind.rawValue)", kind: kind, severity: nil, byKind[kind] ?? BacktestTally())
                    })),
            .init("definitions", .array(definitions.map { .string($0) })),
        ]
        if backtest.request.listsFlags { members.append(.init("flags", .array(flags))) }
        return .object(members)
    }

    private func row(_ name: String, kind: FlagKind, severity: Severity?, _ tally: BacktestTally) -> JSON {
        let weeks = Double(companyDays) / 7
        var members: [JSON.Member] = [
            .init("rule", .string(name)), .init("kind", .string(kind.rawValue)),
            .init("severity", .optional(severity?.rawValue)), .init("raised", .int(tally.raised)),
            .init("companies", .int(tally.companies.count)), .init("open", .int(tally.open)),
            .init("open_days", .double(tally.openDays)), .init("flapping", .int(tally.flapping)),
            .init("alerts_week_100", .optional(weeks > 0 ? 100 * Double(tally.raised) / weeks : nil)),
        ]
        guard let truth = backtest.request.truth, truth.kinds.contains(kind) else { return .object(members) }
        func recall(_ named: Set<CompanyID>) -> JSON { Proportion(count: named.count, of: leavers.count).json }
        members += [
            .init("precision", tally.right.json),
            .init("silent", tally.silent.of > 0 ? tally.silent.json : .null),
            .init("recall", recall(tally.named)), .init("recall_recent", recall(tally.namedRecently)),
            .init("lead_days", tally.leadJSON),
        ]
        return .object(members)
    }

    private var flags: [JSON] {
        backtest.flags.filter { $0.openedAt >= backtest.request.since ?? $0.openedAt }.map { flag in
            [
                "company": .string(backtest.names.name(flag.company)), "rule": .string(flag.rule),
                "kind": .string(flag.kind.rawValue), "at": .string(flag.openedAt.rfc3339),
                "ended": .optional(flag.endedAt?.rfc3339), "state": .string(flag.state.rawValue),
            ]
        }
    }

    /// What the figures mean, for whoever reads the report without this source.
    private var definitions: [String] {
        let knownAt =
            backtest.isEventClock
            ? "known_at event: now follows the events' times, so each rule knew what had happened by then, in the "
                + "order of the log; an event that came late counts from its place in the log on"
            : "known_at log: now is the log time of each block, so each rule knew what stood in the log by then"
        var lines = [
            knownAt,
            "what operators did to flags is left out: nobody acknowledges, snoozes or closes one here",
            "flapping: raised again within 7 days of a clear",
            "alerts_week_100: raises a week per 100 companies with a qualifying event in the last "
                + "\(Self.activeDays) days",
        ]
        guard let truth = backtest.request.truth else { return lines }
        let horizon = truth.horizonDays
        let size = "companies with at least \(Self.leastUsers) users and \(Self.leastEvents) events"
        switch truth {
        case .outcome(let word):
            lines += [
                "precision: alerts followed by the outcome \(word) within \(horizon) days, of those at least "
                    + "\(horizon) days before the end",
                "recall: \(size) whose last outcome is \(word), named at least \(Self.lastDays) days before it",
            ]
        case .silence(let days):
            lines += [
                "precision: alerts after which the company left within \(horizon) days, or had left already: a stretch "
                    + "of at least \(days) days without a qualifying event begins by then and lasts beyond the alert, "
                    + "or its outcome is churned; of the alerts at least \(horizon + days) days before the end",
                "silent: alerts after which no qualifying event came for \(days) days, or the outcome churned; "
                    + "of those at least \(days) days before the end",
                "recall: \(size) that had no qualifying event in the last \(days) days of the log, or ended with the "
                    + "outcome churned, named at any time at least \(Self.lastDays) days before their last day of use",
            ]
        }
        lines += [
            "recall_recent: the same, but named no earlier than \(horizon) days before that day",
            "lead_days: from a right alert to that company's last day; negative when the alert came after it",
            "low, high: Wilson's 95 % interval; days are UTC dates",
        ]
        return lines
    }
}
