public import UsageModel

/// How much more of today something bears without a change: so many counts of events, and so many users' first
/// events of the day. Events of today that bring a company neither a new task of the day nor anything else out of
/// the common use it up; whatever else happens to the company ends it.
public struct EventSlack: Sendable, Equatable, BitwiseCopyable {
    public var counts: Int64
    public var userDays: Int64

    public init(counts: Int64, userDays: Int64) {
        self.counts = counts
        self.userDays = userDays
    }

    /// The next event may change it.
    public static let none = EventSlack(counts: 0, userDays: 0)
    /// No event of today changes it.
    public static let unlimited = EventSlack(counts: .max, userDays: .max)
    /// More has come than it bears.
    static let exceeded = EventSlack(counts: -1, userDays: -1)

    @inline(__always) var isExceeded: Bool { counts < 0 || userDays < 0 }

    /// What both bear.
    @inline(__always)
    public func least(_ other: EventSlack) -> EventSlack {
        EventSlack(counts: min(counts, other.counts), userDays: min(userDays, other.userDays))
    }

    @inline(__always)
    mutating func use(counts used: UInt64) {
        // Not below what `exceeded` is, so that it never wraps round.
        counts = max(-1, counts &- Int64(truncatingIfNeeded: min(used, UInt64(Int64.max))))
    }

    @inline(__always)
    mutating func useUserDay() { userDays = max(-1, userDays &- 1) }
}

/// The most by which one of those events moves a metric that is known, and leaves it known: `perCount` for each of its
/// counts, `perUserDay` once more if it is its user's first of the day.
public struct EventEffect: Sendable, BitwiseCopyable {
    public var perCount: Double
    public var perUserDay: Double

    public init(perCount: Double = 0, perUserDay: Double = 0) {
        self.perCount = perCount
        self.perUserDay = perUserDay
    }

    public static let nothing = EventEffect()
    /// Nothing is known of it.
    public static let anything = EventEffect(perCount: .infinity, perUserDay: .infinity)
}

/// What is known of a metric's `EventEffect` without the company.
public enum EventInfluence: BitwiseCopyable, Sendable {
    case none
    /// 1 for each count.
    case counts
    /// The same, and nothing while it is 0: then none of its tasks has been used today, and an event that changes that
    /// is out of the common.
    case taskCounts
    /// 1 for a user's first event of the day.
    case users
    /// `CompanyPortrait.effect(on:at:)` knows.
    case varying
    /// Nothing is known.
    case unbounded
}

extension Metric {
    public var eventInfluence: EventInfluence {
        guard timing.contains(.eventful) else { return .none }
        switch self {
        case .events(.all, _), .eventsLifetime(.all), .tasksUsed, .activeDays: return .counts
        case .events(.tasks, _), .eventsLifetime(.tasks): return .taskCounts
        case .activeUsers, .newUsers, .retained, .resurrected, .dormant, .usersTotal, .left: return .users
        case .seatsFill, .seatsUtil, .topUserShare: return .varying
        default: return .unbounded
        }
    }
}

extension CompanyPortrait {
    /// What one event of today does to a metric whose influence is `varying`. O(1).
    public func effect(on metric: Metric, at moment: Moment) -> EventEffect {
        switch metric {
        case .seatsFill, .seatsUtil:
            guard let seats, seats != 0 else { return .anything }
            return EventEffect(perUserDay: 1 / abs(seats))
        case .topUserShare(let window):
            guard let total = state.pointee.rankedTotal(window, today: moment.today), total > 0 else {
                return .anything
            }
            // (top + n) / (all + n) − top / all < n / all, and so for top / (all + n).
            return EventEffect(perCount: 1 / Double(total))
        default: return .anything
        }
    }
}

extension Portraits {
    /// Whether what came to the company since `grant(_:to:at:)` is more than that bears.
    @inline(__always)
    public func exceedsSlack(_ company: CompanyID) -> Bool {
        fold.pointee.state(company)?.pointee.slack.isExceeded ?? true
    }

    /// Notes what the company bears before rules need to look at it again; to be called when they have just looked.
    ///
    /// - Returns: whether anything is granted: only to a company with an event of today, since what is granted ends at
    ///   midnight and a look then would be one in vain at companies that rest.
    public func grant(_ slack: EventSlack, to company: CompanyID, at moment: Moment) -> Bool {
        guard let state = fold.pointee.state(company) else { return false }
        let today = moment.today.number
        let isGranted = slack.counts > 0 && state.pointee.today == today && state.pointee.eventDays.lastDay == today
        state.pointee.slack = isGranted ? slack : .none
        return isGranted
    }

    /// Sees to it that the rules look at the company after its next record.
    public func endSlack(of company: CompanyID) {
        fold.pointee.state(company)?.pointee.slack = .exceeded
    }
}
