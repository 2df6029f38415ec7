public import UsageModel

/// Daily numbers, the first of them on `from`.
public struct Series: Sendable, Equatable {
    public var from: Day
    public var events: [UInt64]
    public var activeUsers: [Int]
}

/// A row of a company's task table. Ignored events count here, as they do for no user.
public struct TaskSummary: Sendable, Equatable {
    public var task: TaskID
    public var events7d: UInt64
    public var events28d: UInt64
    /// The 28 days before the last 28.
    public var eventsPrior28d: UInt64
    public var lifetime: UInt64
    /// Nil over mixed units.
    public var amount28d: Amount?
    /// Greatest time.
    public var last: Timestamp
}

/// A row of a company's user table.
public struct UserSummary: Sendable, Equatable {
    public var user: UserID
    public var events28d: UInt64
    public var activeDays28d: Int
    /// Sum of `count` over all qualifying events ever.
    public var lifetime: UInt64
    /// Least and greatest time of qualifying events; nil for a user who was only identified.
    public var first: Timestamp?
    public var last: Timestamp?
    /// One object, names in byte order.
    public var traits: JSON
    /// Gone by a `leave` record, and not back since.
    public var left: Bool
    /// The trait `staff` is true: one of our own.
    public var staff: Bool

    public var role: String? { traits["role"]?.stringValue }
    public var email: String? { traits["email"]?.stringValue }
    public var name: String? { traits["name"]?.stringValue }
}

/// Key people of a company.
public struct People: Sendable, Equatable {
    /// The user with most events in 28 days; its share of all users' events is `topUserShare28d`.
    public var mostActive: UserSummary?
    public var first: UserSummary?
    public var last: UserSummary?
    public var champion: UserSummary?
    /// Nil when no user had an event in 28 days.
    public var topUserShare28d: Double?
    /// Least number of users who cover 80 % of the events of 28 days.
    public var busFactor28d = 0
}
