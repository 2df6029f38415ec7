public import UsageModel

public final class CompanyPortrait {
    public let company: CompanyID
    init(company: CompanyID) { self.company = company }
    public func value(of metric: Metric, at moment: Moment) -> MetricValue { .unknown }

    public var zone: Zone { .utc }
    public var firstActivity: Timestamp? { nil }
    public var lastActivity: Timestamp? { nil }
    public var lastUserActivity: Timestamp? { nil }
    /// Least time of any record of the company.
    public var firstRecord: Timestamp? { nil }
    public var usersTotal: Int { 0 }
    public var beyondHorizon: UInt64 { 0 }
    public var outcome: String? { nil }
    /// Current company traits as one object, names in byte order.
    public var traits: JSON { .object([]) }
    public func trait(_ name: String) -> JSON? { nil }
    /// Nil for an empty set or a window past the horizon.
    public func events(_ scope: TaskScope, _ window: Window, at moment: Moment) -> UInt64? { nil }
    public func eventsLifetime(_ scope: TaskScope) -> UInt64? { nil }
    /// Nil also for mixed units.
    public func amount(_ scope: TaskScope, _ window: Window, at moment: Moment) -> Amount? { nil }
    public func amountLifetime(_ scope: TaskScope) -> Amount? { nil }
    /// h_1 … h_28.
    public func powerCurve(at moment: Moment) -> [Int] { [] }
    public func series(days: Int, at moment: Moment) -> Series { Series(from: moment.today, events: [], activeUsers: []) }
    /// active_users(7d, ago: 7k) for k = weeks−1 … 0.
    public func weeklyActiveUsers(weeks: Int, at moment: Moment) -> [Int] { [] }
    /// Most in 28 days first; ties by lifetime, then by name.
    public func tasks(at moment: Moment) -> [TaskSummary] { [] }
    public func task(_ task: TaskID, at moment: Moment) -> TaskSummary? { nil }
    /// Ordered as "most active" orders them.
    public func users(at moment: Moment) -> [UserSummary] { [] }
    public func user(_ user: UserID, at moment: Moment) -> UserSummary? { nil }
    public func people(at moment: Moment) -> People { People() }
}

public struct Series: Sendable, Equatable {
    public var from: Day
    public var events: [UInt64]
    public var activeUsers: [Int]
}
public struct TaskSummary: Sendable, Equatable {
    public var task: TaskID
    public var events7d: UInt64
    public var events28d: UInt64
    public var eventsPrior28d: UInt64
    public var lifetime: UInt64
    public var amount28d: Amount?
    public var last: Timestamp
}
public struct UserSummary: Sendable, Equatable {
    public var user: UserID
    public var events28d: UInt64
    public var activeDays28d: Int
    public var lifetime: UInt64
    public var first: Timestamp?
    public var last: Timestamp?
    public var traits: JSON
    public var left: Bool
    public var staff: Bool
}
public struct People: Sendable, Equatable {
    /// The user with the most events in 28 days, its share of all users' events there.
    public var mostActive: UserSummary?
    public var mostActiveShare: Double?
    public var first: UserSummary?
    public var last: UserSummary?
    public var champion: UserSummary?
    public var topUserShare28d: Double?
    public var busFactor28d: Int
    public init() { busFactor28d = 0 }
}
