import EventLog
import Portraits
import Rules
import UsageModel

/// The company card: everything that is known of one company, as one JSON object.
struct CompanyCard {
    let writer: Writer
    let portrait: CompanyPortrait
    let moment: Moment

    /// Days of history that the card's series show: twelve weeks.
    static let seriesDays = 84
    /// Tasks on the card; the rest are in the list of tasks.
    static let tasksShown = 20

    init(writer: Writer, portrait: CompanyPortrait) {
        self.writer = writer
        self.portrait = portrait
        moment = writer.portraits.moment(for: portrait.company, at: writer.queryNow)
    }

    private var traits: TraitNames { writer.configuration.traitNames }

    var json: JSON {
        let standing = Standing(of: portrait, moment: moment, writer: writer)
        let account = Account(of: portrait, at: moment, traits: traits)
        return .object([
            .init("company", .string(writer.names.name(portrait.company))),
            .init("name", .optional(account.name)),
            .init("now", .string(moment.now.rfc3339)),
            .init("seq", .int(writer.seqOfAnswer(about: portrait.company))),
            .init("zone", .string(portrait.zone.name)),
            .init("first_activity", time(portrait.firstActivity)),
            .init("last_activity", time(portrait.lastActivity)),
            .init("idle_days", value(.idleDays)),
            .init("age_days", value(.ageDays)),
            .init("users", users),
            .init("events", events),
            .init("amount", amounts),
            .init("tasks_used_28d", value(.tasksUsed(Window(days: 28)))),
            .init("active_days_28d", value(.activeDays(Window(days: 28)))),
            .init("tasks", .array(portrait.tasks(at: moment).prefix(Self.tasksShown).map { task($0) })),
            .init("people", people),
            .init("account", .object(account.members)),
            .init("call", Callee.first(of: portrait, at: moment)?.json(names: writer.names, traits: traits) ?? .null),
            .init("last_touch", time(portrait.lastTouch?.time)),
            .init("seats", seats),
            .init("traits", portrait.traits),
            .init("scores", .object(standing.scores.map { .init($0.name, Self.score($0.value)) })),
            .init("stage", .optional(standing.stage)),
            .init("segments", .array(standing.segments.map(JSON.string))),
            .init("outcome", .optional(portrait.outcome)),
            .init("flags", .array(standing.flags)),
            .init("series", series),
        ])
    }

    // MARK: Parts

    private var users: JSON {
        let month = Window(days: 28)
        return .object([
            .init("total", .int(portrait.usersTotal)),
            .init("active_1d", value(.activeUsers(Window(days: 1)))),
            .init("active_7d", value(.activeUsers(Window(days: 7)))),
            .init("active_28d", value(.activeUsers(month))),
            .init("new_28d", value(.newUsers(month))),
            .init("retained_28d", value(.retained(month))),
            .init("resurrected_28d", value(.resurrected(month))),
            .init("dormant_28d", value(.dormant(month))),
            .init("dau_mau", value(.dauMAU)),
            .init("quick_ratio_28d", value(.quickRatio(month))),
            .init("power_curve", .array(portrait.powerCurve(at: moment).map { .int($0) })),
        ])
    }

    private var events: JSON {
        func events(_ days: Int, ago: Int = 0) -> JSON { value(.events(.all, Window(days: days, ago: ago))) }
        return .object([
            .init("1d", events(1)), .init("7d", events(7)), .init("28d", events(28)),
            .init("prior_28d", events(28, ago: 28)), .init("90d", events(90)),
            .init("lifetime", value(.eventsLifetime(.all))), .init("beyond_horizon", .int(portrait.beyondHorizon)),
        ])
    }

    private var amounts: JSON {
        .object([
            .init("7d", amount(portrait.amount(.all, Window(days: 7), at: moment))),
            .init("28d", amount(portrait.amount(.all, Window(days: 28), at: moment))),
            .init("lifetime", amount(portrait.amountLifetime(.all))),
        ])
    }

    private var people: JSON {
        let people = portrait.people(at: moment)
        func name(_ user: UserSummary) -> JSON { .string(writer.names.name(user.user)) }
        return .object([
            .init(
                "most_active",
                people.mostActive.map { user in
                    .object([
                        .init("user", name(user)), .init("events_28d", .int(user.events28d)),
                        .init("share_28d", .optional(people.topUserShare28d)), .init("last", time(user.last)),
                        .init("role", user.traits[traits.userRole] ?? .null),
                    ])
                } ?? .null),
            .init(
                "first",
                people.first.map { .object([.init("user", name($0)), .init("time", time($0.first))]) } ?? .null),
            .init(
                "last", people.last.map { .object([.init("user", name($0)), .init("time", time($0.last))]) } ?? .null),
            .init(
                "champion",
                people.champion.map {
                    .object([.init("user", name($0)), .init("idle_days", value(.championIdleDays))])
                } ?? .null),
            .init("top_user_share_28d", .optional(people.topUserShare28d)),
            .init("bus_factor_28d", .int(people.busFactor28d)),
        ])
    }

    private var seats: JSON {
        .object([
            .init("limit", portrait.trait("seats") ?? .null), .init("fill", value(.seatsFill)),
            .init("util", value(.seatsUtil)), .init("activation", value(.seatsActivation)),
        ])
    }

    private var series: JSON {
        let series = portrait.series(days: Self.seriesDays, at: moment)
        return .object([
            .init("from", .string(series.from.iso)),
            .init("events", .array(series.events.map { .int($0) })),
            .init("active_users", .array(series.activeUsers.map { .int($0) })),
        ])
    }

    // MARK: Values

    func task(_ task: TaskSummary) -> JSON {
        .object([
            .init("task", .string(writer.names.name(task.task))), .init("7d", .int(task.events7d)),
            .init("28d", .int(task.events28d)), .init("prior_28d", .int(task.eventsPrior28d)),
            .init("lifetime", .int(task.lifetime)), .init("amount_28d", amount(task.amount28d)),
            .init("last", .string(task.last.rfc3339)),
        ])
    }

    func user(_ user: UserSummary) -> JSON {
        .object([
            .init("user", .string(writer.names.name(user.user))), .init("events_28d", .int(user.events28d)),
            .init("active_days_28d", .int(user.activeDays28d)), .init("events_lifetime", .int(user.lifetime)),
            .init("first", time(user.first)), .init("last", time(user.last)),
            .init("role", user.traits[traits.userRole] ?? .null),
            .init("email", user.traits[traits.userEmail] ?? .null),
            .init("name", user.traits[traits.userName] ?? .null), .init("left", .bool(user.left)),
            .init("staff", .bool(user.staff)),
        ])
    }

    static func score(_ score: ScoreValue) -> JSON {
        .object([
            .init("value", .optional(score.value)), .init("coverage", .double(score.coverage)),
            .init(
                "components",
                .array(
                    score.contributions.map {
                        .object([
                            .init("name", .string($0.name)), .init("weight", .double($0.weight)),
                            .init("value", .optional($0.value)), .init("contribution", .optional($0.contribution)),
                        ])
                    })),
        ])
    }

    func value(_ metric: Metric) -> JSON { portrait.value(of: metric, at: moment).json(at: moment.now) }

    private func time(_ time: Timestamp?) -> JSON { .optional(time?.rfc3339) }

    private func amount(_ amount: Amount?) -> JSON { .optional(amount?.description) }
}

extension MetricValue {
    /// Unknown is null; elapsed times are days.
    func json(at now: Timestamp) -> JSON {
        switch self {
        case .unknown: .null
        case .number(let number): .double(number)
        case .elapsed(let since): .double(Double(max(0, now - since)) / Double(millisecondsPerDay))
        case .text(let text): .string(text)
        case .bool(let value): .bool(value)
        }
    }
}
