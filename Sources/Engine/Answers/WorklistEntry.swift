import Portraits
import Rules
import UsageModel

/// One company of a work list: its flags folded into one entry, and what one needs to know for a call.
struct WorklistEntry {
    private let portrait: CompanyPortrait
    private let moment: Moment
    private let account: Account
    /// The most urgent first; never empty.
    private let flags: [Flag]

    /// Weeks of events: as many as people see a trend in, and no more than are kept of users.
    private static let weeks = 12

    init(portrait: CompanyPortrait, flags: [Flag], writer: Writer) {
        self.portrait = portrait
        self.flags = flags.sorted(by: Writer.isMoreUrgent)
        moment = writer.portraits.moment(for: portrait.company, at: writer.queryNow)
        account = Account(of: portrait, at: moment, traits: writer.configuration.traitNames)
    }

    /// Nobody has been in touch yet about one of the flags.
    var isToDo: Bool { flags.contains { $0.followedUpAt == nil } }

    var isOverdue: Bool { flags.contains(where: Self.isOverdue) }

    private static func isOverdue(_ flag: Flag) -> Bool { flag.overdueSince != nil && flag.followedUpAt == nil }

    /// Severity, then revenue with the unknown last, then name.
    func precedes(_ other: WorklistEntry, names: NameTable) -> Bool {
        let ranks = (flags[0].severity.rank, other.flags[0].severity.rank)
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
        let revenues = (account.revenue ?? -.infinity, other.account.revenue ?? -.infinity)
        if revenues.0 != revenues.1 { return revenues.0 > revenues.1 }
        return names.precedes(portrait.company, other.portrait.company)
    }

    func json(since: Timestamp, writer: Writer) -> JSON {
        let traits = writer.configuration.traitNames
        let callee = Callee.first(of: portrait, at: moment)
        return .object(
            [
                .init("company", .string(writer.names.name(portrait.company))), .init("name", .optional(account.name)),
                .init("severity", .string(flags[0].severity.rawValue)), .init("kind", .string(flags[0].kind.rawValue)),
            ] + account.members + [
                .init("weeks", weeks), .init("users", users),
                .init("call", callee?.json(names: writer.names, traits: traits) ?? .null),
                .init("last_touch", .optional(portrait.lastTouch?.time.rfc3339)),
                .init("due", .optional(due?.rfc3339)), .init("is_overdue", .bool(isOverdue)),
                .init("is_to_do", .bool(isToDo)),
                .init("flags", .array(flags.map { json($0, since: since, writer: writer) })),
            ])
    }

    /// The next thing due, or what was due first of what is overdue.
    private var due: Timestamp? { flags.filter { $0.followedUpAt == nil }.compactMap(\.due).min() }

    private func json(_ flag: Flag, since: Timestamp, writer: Writer) -> JSON {
        .object(
            (writer.listed(flag).members ?? []) + [
                .init("brief", .string(brief(of: flag, writer: writer))),
                .init("is_new", .bool(flag.openedAt >= since)),
            ])
    }

    /// In a few words, with today's values; where the rule has no such words, or is no more, its name.
    private func brief(of flag: Flag, writer: Writer) -> String {
        let context = writer.desk.context(for: portrait, moment: moment, names: writer.names)
        return writer.desk.rules.flag(named: flag.rule)?.brief?.knownText(in: context)
            ?? flag.rule.split(separator: "_").joined(separator: " ")
    }

    /// Whole weeks, the last of which ended yesterday: today is only partly over.
    private var weeks: JSON {
        let events = (0..<Self.weeks).reversed().map { week in
            portrait.value(of: .events(.all, Window(days: 7, ago: 1 + 7 * week)), at: moment).json(at: moment.now)
        }
        let first = Window(days: 7, ago: 1 + 7 * (Self.weeks - 1)).first(today: moment.today)
        return .object([.init("from", .string(first.iso)), .init("events", .array(events))])
    }

    /// Active users of the first and of the last four of those weeks.
    private var users: JSON {
        func active(ago: Int) -> JSON {
            portrait.value(of: .activeUsers(Window(days: 28, ago: ago)), at: moment).json(at: moment.now)
        }
        return .object([.init("then", active(ago: 1 + 7 * (Self.weeks - 4))), .init("now", active(ago: 1))])
    }
}
