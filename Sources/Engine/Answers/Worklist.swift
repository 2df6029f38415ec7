import Portraits
import Rules
import UsageModel

/// What somebody who looks after companies has to do on a Monday morning: one entry a company, the more
/// severe first and then the larger; what has changed; what is quiet; how the rules have done.
///
/// O(companies + flags ever raised), of each of which a few fields are read; only the companies that are
/// shown have their windows asked.
struct Worklist {
    private let writer: Writer
    private let query: WorklistQuery
    private let since: Timestamp
    private let now: Timestamp
    /// In the order in which they are to be worked on.
    private let entries: [WorklistEntry]
    private let quiet: Quiet
    private let tally: WorklistTally

    /// What is open and need not be looked at today.
    private struct Quiet {
        var low = 0
        var snoozed = 0
        var withheld = 0
        /// More are withheld than one page counts.
        var withholdsMore = false
    }

    init(writer: Writer, query: WorklistQuery) throws(QuestionError) {
        try Writer.check(kind: query.kind)
        self.writer = writer
        self.query = query
        now = writer.queryNow
        since = query.since ?? Self.monday(before: now.utcDay).startUTC
        tally = WorklistTally(writer: writer, owner: query.owner, kind: query.kind, since: since, now: now)
        if let owner = query.owner, !tally.owners.contains(owner) {
            throw .notFound("no flag and no company ever had the owner \"\(owner)\"", owner, tally.owners.sorted())
        }
        var quiet = Quiet()
        entries = Self.entries(writer, query, &quiet)
        try Self.countWithheld(writer, query, &quiet)
        self.quiet = quiet
    }

    /// On a Monday the one a week ago.
    private static func monday(before day: Day) -> Day { day - Int32(day.isoWeekday == 1 ? 7 : day.isoWeekday - 1) }

    private static func entries(_ writer: Writer, _ query: WorklistQuery, _ quiet: inout Quiet) -> [WorklistEntry] {
        let book = writer.desk.book
        // Sorted below by a total order, so the dictionary's own never shows.
        var active: [CompanyID: [Flag]] = [:]
        for case let flag? in book.openFlags.map({ book.flag($0) }) where query.wants(flag) && !flag.company.isNone {
            switch flag.state {
            case .open, .acked: active[flag.company, default: []].append(flag)
            case .snoozed: quiet.snoozed += 1
            // Its inhibitor tells the same story.
            case .folded, .cleared, .closed: break
            }
        }
        var entries: [WorklistEntry] = []
        // Whoever has churned is no work any more; the rules rest there as well.
        for (company, flags) in active where !book.isResting(company) {
            if flags.allSatisfy({ $0.severity == .low }) {
                quiet.low += flags.count
            } else if let portrait = writer.portraits.portrait(company) {
                entries.append(WorklistEntry(portrait: portrait, flags: flags, writer: writer))
            }
        }
        return entries.sorted { $0.precedes($1, names: writer.names) }
    }

    private static func countWithheld(
        _ writer: Writer, _ query: WorklistQuery, _ quiet: inout Quiet
    ) throws(QuestionError) {
        guard writer.watch.isHolding else { return }
        let page = Page(limit: Page.greatestLimit)
        let list = try writer.withheldList(
            FlagsQuery(kind: query.kind, owner: query.owner, withheld: true, page: page))
        quiet.withheld = list["flags"]?.arrayValue?.count ?? 0
        quiet.withholdsMore = list["next"]?.isNull == false
    }

    var json: JSON {
        let watched = writer.watch.sources
        let silent = watched.filter { $0.silence != nil }.map { JSON.string($0.flag.source) }
        return .object([
            .init("now", .string(now.rfc3339)), .init("since", .string(since.rfc3339)),
            .init("owner", .optional(query.owner)), .init("companies", .int(writer.portraits.companyCount)),
            .init("data_to", .optional(tally.dataTo.map { min($0, now).rfc3339 })),
            .init("sources", .object([.init("watched", .int(watched.count)), .init("silent", .array(silent))])),
            .init(
                "counts",
                .object([
                    .init("entries", .int(entries.count)), .init("to_do", .int(entries.count { $0.isToDo })),
                    .init("overdue", .int(entries.count { $0.isOverdue })),
                ])),
            .init("changes", tally.changes),
            .init("entries", .array(entries.prefix(query.limit).map { $0.json(since: since, writer: writer) })),
            .init(
                "quiet",
                .object([
                    .init("low", .int(quiet.low)), .init("snoozed", .int(quiet.snoozed)),
                    .init("cooldown", .int(tally.inCooldown)), .init("withheld", .int(quiet.withheld)),
                    .init("withholds_more", .bool(quiet.withholdsMore)),
                ])),
            .init("rules", tally.record),
        ])
    }
}

extension WorklistQuery {
    func wants(_ flag: Flag) -> Bool {
        (owner == nil || flag.owner == owner) && (kind == nil || flag.kind.rawValue == kind)
    }
}
