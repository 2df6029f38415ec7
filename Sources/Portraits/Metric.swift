public import UsageModel

/// The `days` calendar days that end `ago` days before today: today−ago−days+1 … today−ago, in the
/// company's zone. Written `28d` and `28d, ago: 1d`.
public struct Window: Hashable, Sendable {
    public var days: Int
    public var ago: Int

    public init(days: Int, ago: Int = 0) {
        self.days = days
        self.ago = ago
    }

    public func first(today: Day) -> Day { today - Int32(ago + days - 1) }
    public func last(today: Day) -> Day { today - Int32(ago) }

    /// How many days back from today, today included, the window reaches.
    public var reach: Int { days + ago }
}

/// How far back day-level history goes.
public enum Horizon {
    /// Days of events, tasks and amounts.
    public static let eventDays = 400
    /// Days of user activity (today−127 … today).
    public static let userDays = 128
    /// Comparisons of two windows of users reach at most twice this.
    public static let comparedUserDays = 64
}

/// Which tasks a metric counts.
public enum TaskScope: Hashable, Sendable {
    case all
    /// One named task, or a set's members. An empty set makes the metric unknown.
    case tasks([TaskID])
}

/// Every number, name and date of a portrait that rules and filters can ask for.
public enum Metric: Hashable, Sendable {
    case events(TaskScope, Window)
    case eventsLifetime(TaskScope)
    case amount(TaskScope, Window)
    case amountLifetime(TaskScope)
    case tasksUsed(Window)
    case activeUsers(Window)
    case activeDays(Window)
    case dauMAU
    /// h_k for k in 1…28.
    case powerCurve(Int)
    case newUsers(Window)
    case retained(Window)
    case resurrected(Window)
    case dormant(Window)
    case quickRatio(Window)
    case usersTotal
    case left(Window)
    case idleDays
    case userIdleDays
    case ageDays
    case knownDays
    case touches(Window)
    case touchIdleDays
    /// A company trait today, or as it was so many days ago (at the end of that day).
    case trait(String, ago: Int)
    /// Whole days from today to a date trait, negative when it has passed.
    case daysUntil(String)
    case outcome
    case topUserShare(Window)
    case busFactor(Window)
    case championIdleDays
    case seatsFill
    case seatsUtil
    case seatsActivation
    // Names of people.
    case champion
    case lastUser
    case firstUser
    case mostActive
}

/// What a metric is worth at one instant.
public enum MetricValue: Sendable, Equatable {
    case unknown
    case number(Double)
    /// Days since an instant, as a real number ≥ 0 that grows with `now`; compared in whole milliseconds.
    case elapsed(since: Timestamp)
    case text(String)
    case bool(Bool)
}

/// How a metric's value can change but by a control record or a late event.
public struct MetricTiming: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It can change when the company's midnight passes (windows, `days_until`, trait history).
    public static let daily = MetricTiming(rawValue: 1 << 0)
    /// It grows with `now` (`.elapsed`).
    public static let linear = MetricTiming(rawValue: 1 << 1)
    /// An event of today can change it.
    public static let eventful = MetricTiming(rawValue: 1 << 2)
}

extension Metric {
    public var timing: MetricTiming { isClosed ? timingOfItself : timingOfItself.union(.eventful) }

    /// Whether no event of today changes it: a window that ended before today, or what only control
    /// records make.
    private var isClosed: Bool {
        switch self {
        case .events(_, let window), .amount(_, let window), .tasksUsed(let window), .activeUsers(let window),
            .activeDays(let window), .newUsers(let window), .retained(let window), .resurrected(let window),
            .dormant(let window), .quickRatio(let window), .topUserShare(let window), .busFactor(let window):
            window.ago > 0
        case .touches, .touchIdleDays, .knownDays, .trait, .daysUntil, .outcome: true
        default: false
        }
    }

    private var timingOfItself: MetricTiming {
        switch self {
        case .eventsLifetime, .amountLifetime, .usersTotal, .outcome, .seatsFill, .lastUser, .firstUser: []
        case .idleDays, .userIdleDays, .ageDays, .knownDays, .touchIdleDays: .linear
        case .championIdleDays: [.daily, .linear]
        case .trait(_, let ago): ago == 0 ? [] : .daily
        case .events, .amount, .tasksUsed, .activeUsers, .activeDays, .dauMAU, .powerCurve, .newUsers, .retained,
            .resurrected, .dormant, .quickRatio, .left, .touches, .daysUntil, .topUserShare, .busFactor, .seatsUtil,
            .seatsActivation, .champion, .mostActive:
            .daily
        }
    }
}

/// The instant at which metrics are asked, with what the company's zone makes of it.
public struct Moment: Hashable, Sendable {
    public var now: Timestamp
    /// Date of `now` in the company's zone.
    public var today: Day
    /// The first instant of the next date in the company's zone.
    public var nextMidnight: Timestamp

    public init(now: Timestamp, today: Day, nextMidnight: Timestamp) {
        self.now = now
        self.today = today
        self.nextMidnight = nextMidnight
    }
}
