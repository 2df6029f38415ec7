import UsageModel

/// What a company knows of one user; 56 bytes, and 8 more for each active day within the horizon but the last.
struct UserRow: BitwiseCopyable {
    var user: UserID
    /// First day ever on which the user was active; `.max` when never.
    var firstDay: Int32 = .max
    /// Least and greatest time of qualifying events, ms; `.max` and `.min` when there is none.
    var firstTime: Int64 = .max
    var lastTime: Int64 = .min
    /// Sum of `count` over all qualifying events ever.
    var lifetime: UInt64 = 0
    /// Sums of `count` by active day, each with the time of its last event.
    var days = DayList()
    var flags: UserFlags = []
    /// Of the generation in which it changed last; see `PartChanges`.
    var mark = PartMark.unchanged
    /// Index + 1 into the details of users; 0 when there are none.
    var detail: UInt32 = 0

    var hasBeenActive: Bool { firstTime != .max }
    /// Ever active or identified.
    var isKnown: Bool { hasBeenActive || flags.contains(.identified) }
    /// Counted in `users_total`.
    var isMember: Bool { isKnown && !flags.contains(.gone) }
}

struct UserFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// An `identify` or a `group` call named the user here.
    static let identified = UserFlags(rawValue: 1 << 0)
    /// A `leave` record that no later activity has undone.
    static let gone = UserFlags(rawValue: 1 << 1)
    /// There was a `leave` record; its time stands in the details.
    static let hasLeft = UserFlags(rawValue: 1 << 2)
    /// The trait `staff` is true.
    static let staff = UserFlags(rawValue: 1 << 3)
    /// `firstDay` is counted in the company's `firsts` of that day.
    static let firstCounted = UserFlags(rawValue: 1 << 4)
}

/// What few users have and no event touches.
struct UserDetail {
    var traits = TraitBytes()
    /// Of the `leave` record with the greatest time.
    var leftTime = Timestamp(milliseconds: .min)
    var leftDay = Day(number: 0)
}

/// How many users did what on one day.
struct UserDay: BitwiseCopyable {
    var day: Int32
    /// Users active on this day.
    var active: UInt32 = 0
    /// Users whose first active day ever this is.
    var firsts: UInt32 = 0
    /// Users whose last active day so far this is.
    var lasts: UInt32 = 0
}

/// A user's events on a day that the company has not reached yet.
struct AheadDay: BitwiseCopyable {
    var day: Int32
    var user: UserID
    var count: UInt64
    /// As in the user's list.
    var note: UInt64
}
