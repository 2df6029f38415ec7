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
    /// Companies as large that did not leave, in the order in which they appeared.
    private var stayers: [CompanyID] = []
    private var taskOdds: [TaskOdds] = []
    private var byRule: [String: BacktestTally] = [:]
    private var byKind: [FlagKind: BacktestTally] = [:]
    /// Days on which a company had been active in the last 90, over all companies.
    private var companyDays = 0

    static let activeDays = 90
    private static let flappingMilliseconds = 7 * millisecondsPerDay
    /// A company is worth naming from so many users and events on.
    static let leastUsers = 3
    static let leastEvents: UInt64 = 10
    /// In its last days nobody can be won back: an alert must come before.
    static let lastDays = 30
    /// Rows of tasks in the report: those with the strongest evidence.
    private static let mostTasks = 20

    init(_ backtest: Backtest, seq: UInt64) {
        self.backtest = backtest
        self.seq = seq
        var history = backtest.history
        history.settle()
        self.history = history
        end = backtest.portraits.now ?? Timestamp(milliseconds: 0)
        for (company, active) in history.active { add(company, active) }
        addFlags()
        addTasks()
    }

    private var endDay: Int { Int(end.utcDay.number) }
    private var judge: BacktestJudge? {
        backtest.request.truth.map { BacktestJudge(truth: $0, history: history, end: endDay) }
    }

    private mutating func add(_ company: CompanyID, _ active: ActivityHistory.Company) {
        let since = backtest.request.since.map { Int($0.utcDay.number) }
        let first = max(since ?? .min, Int(active.days.values[0]))
        companyDays += active.daysActive(within: Self.activeDays, first: first, end: endDay)
        guard let judge, active.events >= Self.leastEvents,
            (backtest.portraits.portrait(company)?.usersTotal ?? 0) >= Self.leastUsers
        else { return }
        guard let lastDay = judge.lastDay(of: active) else {
            stayers.append(company)
            return
        }
        if lastDay - Self.lastDays >= since ?? .min { leavers[company] = lastDay }
    }

    private mutating func addTasks() {
        guard backtest.request.truth?.isLeaving == true else { return }
        var tasks = backtest.taskHistory
        tasks.settle()
        let left = leavers.compactMap { company, lastDay in
            history[company]?.days.last(notAfter: lastDay).map { (company, TaskHistory.week(ofDay: $0)) }
        }
        taskOdds = tasks.odds(left: left, stayed: stayers)
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
            .init("since", .optional(backtest.request.since?.rfc3339)),
            .init("part", .optional(backtest.request.part?.text)), .init("through", .string(end.rfc3339)),
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
            .init("tasks", .array(taskOdds.prefix(Self.mostTasks).map(row))),
            .init("tasks_left_out", .int(max(0, taskOdds.count - Self.mostTasks))),
            .init(
                "definitions",
                .array(Self.definitions(of: backtest.request, isEventClock: backtest.isEventClock).map { .string($0) })),
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

    private func row(_ odds: TaskOdds) -> JSON {
        func count(_ share: Proportion) -> JSON { ["count": .int(share.count), "of": .int(share.of)] }
        return [
            "task": .string(backtest.names.name(odds.task)), "left": count(odds.left), "stayed": count(odds.stayed),
            "odds_ratio": .double(odds.ratio), "low": .double(odds.low), "high": .double(odds.high),
        ]
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
}
