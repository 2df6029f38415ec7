import Portraits

/// What kind of value an expression has. Units are checked with it: a count is not a duration.
enum ValueKind: Sendable, Equatable {
    /// A count, a ratio, an amount, a score.
    case number
    /// A number without a unit: literals and what is computed from them alone.
    case bare
    case duration
    case text
    case truth
    /// A trait: a number, a text or a truth, as it was sent.
    case dynamic
    /// A point in time: shown, never compared.
    case instant
    /// Something is wrong with it, and has been reported.
    case invalid
}

/// One name that expressions may use for a metric.
struct MetricName: Sendable {
    enum Arguments: Sendable {
        case none(Metric)
        /// `active_users(28d)`, `active_users(28d, ago: 1d)`.
        case window(@Sendable (Window) -> Metric)
        /// `events(28d)`, `events("task", 28d)`, `events("@set", 28d)`, and `lifetime` for the window.
        case tasksAndWindow(
            @Sendable (TaskScope, Window) -> Metric, lifetime: @Sendable (TaskScope) -> Metric)
        /// `trait("plan")`, `trait("seats", ago: 365d)`.
        case trait
        /// `days_until("renewal")`.
        case dateTrait
        /// `power_curve(5)`.
        case dayCount
    }

    /// How far back its windows may reach.
    enum Reach: Sendable {
        case events
        case users
        /// It compares its window of users with the one before.
        case comparedUsers
    }

    let name: String
    let kind: ValueKind
    let arguments: Arguments
    var reach = Reach.events
    /// It can become unknown after it was known: a ratio whose divisor vanishes, a trait taken away,
    /// a champion whose window has emptied. First and last times, once known, stay known.
    var mayBeUnknown = false
    /// How it is written, for messages.
    let usage: String
}

enum Vocabulary {
    static let metrics: [MetricName] = [
        MetricName(
            name: "events", kind: .number,
            arguments: .tasksAndWindow(Metric.events, lifetime: Metric.eventsLifetime), usage: "events(28d)"),
        MetricName(
            name: "amount", kind: .number,
            arguments: .tasksAndWindow(Metric.amount, lifetime: Metric.amountLifetime), mayBeUnknown: true,
            usage: "amount(28d)"),
        MetricName(
            name: "tasks_used", kind: .number, arguments: .window(Metric.tasksUsed), usage: "tasks_used(28d)"),
        MetricName(
            name: "active_users", kind: .number, arguments: .window(Metric.activeUsers), reach: .users,
            usage: "active_users(28d)"),
        MetricName(
            name: "active_days", kind: .number, arguments: .window(Metric.activeDays), reach: .users,
            usage: "active_days(28d)"),
        MetricName(name: "dau_mau", kind: .number, arguments: .none(.dauMAU), mayBeUnknown: true, usage: "dau_mau"),
        MetricName(
            name: "power_curve", kind: .number, arguments: .dayCount, reach: .users, usage: "power_curve(5)"),
        MetricName(
            name: "new_users", kind: .number, arguments: .window(Metric.newUsers), reach: .users,
            usage: "new_users(28d)"),
        MetricName(
            name: "retained", kind: .number, arguments: .window(Metric.retained), reach: .comparedUsers,
            usage: "retained(28d)"),
        MetricName(
            name: "resurrected", kind: .number, arguments: .window(Metric.resurrected), reach: .comparedUsers,
            usage: "resurrected(28d)"),
        MetricName(
            name: "dormant", kind: .number, arguments: .window(Metric.dormant), reach: .comparedUsers,
            usage: "dormant(28d)"),
        MetricName(
            name: "quick_ratio", kind: .number, arguments: .window(Metric.quickRatio), reach: .comparedUsers,
            mayBeUnknown: true, usage: "quick_ratio(28d)"),
        MetricName(name: "users_total", kind: .number, arguments: .none(.usersTotal), usage: "users_total"),
        MetricName(
            name: "left", kind: .number, arguments: .window(Metric.left), reach: .users, usage: "left(28d)"),
        MetricName(
            name: "idle_days", kind: .duration, arguments: .none(.idleDays), usage: "idle_days"),
        MetricName(
            name: "user_idle_days", kind: .duration, arguments: .none(.userIdleDays),
            usage: "user_idle_days"),
        MetricName(
            name: "age_days", kind: .duration, arguments: .none(.ageDays), usage: "age_days"),
        MetricName(name: "known_days", kind: .duration, arguments: .none(.knownDays), usage: "known_days"),
        MetricName(name: "touches", kind: .number, arguments: .window(Metric.touches), usage: "touches(28d)"),
        MetricName(
            name: "touch_idle_days", kind: .duration, arguments: .none(.touchIdleDays),
            usage: "touch_idle_days"),
        MetricName(name: "trait", kind: .dynamic, arguments: .trait, mayBeUnknown: true, usage: "trait(\"plan\")"),
        MetricName(
            name: "days_until", kind: .duration, arguments: .dateTrait, mayBeUnknown: true,
            usage: "days_until(\"renewal\")"),
        MetricName(name: "outcome", kind: .text, arguments: .none(.outcome), mayBeUnknown: true, usage: "outcome"),
        MetricName(
            name: "top_user_share", kind: .number, arguments: .window(Metric.topUserShare), reach: .users,
            mayBeUnknown: true, usage: "top_user_share(28d)"),
        MetricName(
            name: "bus_factor", kind: .number, arguments: .window(Metric.busFactor), reach: .users,
            mayBeUnknown: true, usage: "bus_factor(28d)"),
        MetricName(
            name: "champion_idle_days", kind: .duration, arguments: .none(.championIdleDays), mayBeUnknown: true,
            usage: "champion_idle_days"),
        MetricName(
            name: "seats_fill", kind: .number, arguments: .none(.seatsFill), mayBeUnknown: true, usage: "seats_fill"),
        MetricName(
            name: "seats_util", kind: .number, arguments: .none(.seatsUtil), mayBeUnknown: true, usage: "seats_util"),
        MetricName(
            name: "seats_activation", kind: .number, arguments: .none(.seatsActivation), mayBeUnknown: true,
            usage: "seats_activation"),
        MetricName(name: "champion", kind: .text, arguments: .none(.champion), mayBeUnknown: true, usage: "champion"),
        MetricName(name: "last_user", kind: .text, arguments: .none(.lastUser), usage: "last_user"),
        MetricName(
            name: "first_user", kind: .text, arguments: .none(.firstUser), usage: "first_user"),
        MetricName(
            name: "most_active", kind: .text, arguments: .none(.mostActive), mayBeUnknown: true, usage: "most_active"),
        // The instants behind two of the ages.
        MetricName(
            name: "first_activity", kind: .instant, arguments: .none(.ageDays),
            usage: "first_activity"),
        MetricName(
            name: "last_activity", kind: .instant, arguments: .none(.idleDays),
            usage: "last_activity"),
    ]

    private static let metricsByName = Dictionary(uniqueKeysWithValues: metrics.map { ($0.name, $0) })

    static func metric(named name: String) -> MetricName? { metricsByName[name] }

    /// What is written with brackets besides metrics.
    static let functions = [
        "min", "max", "abs", "change", "is_known", "at_raise", "flag", "score", "segment",
    ]

    /// What is written without brackets besides metrics.
    static let names = ["stage", "stage_days", "company"]

    /// Every word, for suggestions. `and`, `or`, `not` and `in` are the parser's.
    static let words = metrics.map(\.name) + functions + names + ["true", "false", "lifetime"]
}
