import UsageModel

/// What a company knows of one user; 32 bytes, two to a line of the processor's cache, and 6 more for each active day
/// within the horizon but the last, 8 of one who did something more than 2,047 times on a day.
///
/// What hardly any user has stands in the details: `UserRows.lastTime` and `UserRows.lifetime` take both together.
struct UserRow: BitwiseCopyable {
    var user: UserID
    /// First day ever on which the user was active; `.max` when never.
    private(set) var firstDay: Int32 = .max
    /// The last of `days`, or the time without any.
    private var last = DayCount.none
    /// Where the days before the last stand.
    private var block: UInt32 = 0
    /// How many elements these are (15 bits), their width (2), the size class of their block (5), `mark` (2) and `flags` (8),
    /// from below.
    private var packed = UInt32(Self.noBlock) << Self.classShift
    /// Of the first time, on `firstDay`.
    private(set) var firstNote: UInt32 = 0
    /// The lower half of the sum of `count` over all qualifying events ever.
    var lifetimeLow: UInt32 = 0

    init(user: UserID) { self.user = user }

    var hasBeenActive: Bool { firstDay != .max }
    /// Ever active or identified.
    var isKnown: Bool { hasBeenActive || flags.contains(.identified) }
    /// Counted in `users_total`.
    var isMember: Bool { isKnown && !flags.contains(.gone) }

    private static let widthShift: UInt32 = 15
    private static let classShift: UInt32 = 17
    private static let noBlock: UInt8 = 31
    private static let markShift: UInt32 = 22
    private static let flagShift: UInt32 = 24
    private static let shapeMask: UInt32 = 1 << markShift - 1

    var flags: UserFlags {
        @inline(__always) get { UserFlags(rawValue: UInt8(truncatingIfNeeded: packed >> Self.flagShift)) }
        @inline(__always) set {
            packed = packed & (1 << Self.flagShift - 1) | UInt32(newValue.rawValue) << Self.flagShift
        }
    }

    /// Of the generation in which it changed last; see `PartChanges`.
    var mark: PartMark {
        @inline(__always) get {
            PartMark(rawValue: UInt8(truncatingIfNeeded: packed >> Self.markShift & 3)).unsafelyUnwrapped
        }
        @inline(__always) set { packed = packed & ~(3 << Self.markShift) | UInt32(newValue.rawValue) << Self.markShift }
    }

    // MARK: Days

    /// Of elements before the last day, of which a day has three at most. The horizon is 128 days.
    private static let greatestRestCount = 1 << Int(widthShift) - 1

    /// Whether a list with these days before its last one can stand in a row, and in a checkpoint.
    static func hasRoom(for rest: DayBlock) -> Bool {
        rest.count <= greatestRestCount && (rest.sizeClass == DayBlock.noBlock || rest.sizeClass < noBlock)
    }

    /// Sums of `count` by active day, each with the time of its last event.
    @inline(__always)
    var days: DayList {
        get {
            let sizeClass = UInt8(truncatingIfNeeded: (packed & Self.shapeMask) >> Self.classShift)
            guard sizeClass < Self.noBlock else { return DayList(last: last, rest: DayBlock()) }
            let width = DayWidth(rawValue: UInt8(truncatingIfNeeded: packed >> Self.widthShift & 3)).unsafelyUnwrapped
            let count = Int(packed) & Self.greatestRestCount
            return DayList(last: last, rest: DayBlock(block: block, sizeClass, width, count: count))
        }
        set {
            precondition(Self.hasRoom(for: newValue.rest), "a user with more days than a row has room for")
            last = newValue.last
            block = newValue.rest.block
            let sizeClass = min(newValue.rest.sizeClass, Self.noBlock)
            packed =
                packed & ~Self.shapeMask | UInt32(sizeClass) << Self.classShift
                | UInt32(newValue.rest.width.rawValue) << Self.widthShift
                | UInt32(truncatingIfNeeded: newValue.rest.count)
        }
    }

    // MARK: Times

    /// Least time of qualifying events, ms; `.max` when there is none.
    ///
    /// An event's time lies within 26 hours of its day, whatever the zone is. So the least time lies less than 26 hours
    /// before the least day and less than 50 after it begins, also where they are of two events, and a note can say it.
    var firstTime: Int64 { hasBeenActive ? DayNote.time(UInt64(firstNote), on: firstDay) : .max }

    /// - Parameter time: no later than that of any event so far, as `day` is no later than its day.
    mutating func setFirst(_ time: Int64, on day: Int32) {
        firstDay = day
        firstNote = UInt32(DayNote.of(time, on: day))
    }

    /// The same as a checkpoint has it.
    mutating func setFirst(note: UInt32, on day: Int32) {
        firstDay = day
        firstNote = note
    }
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
    /// There are details.
    static let hasDetail = UserFlags(rawValue: 1 << 5)
    /// The details have a `lastTime`.
    static let lastTimeInDetail = UserFlags(rawValue: 1 << 6)
    /// The details have a `lifetimeHigh`: others need not look, since every user with traits has details.
    static let lifetimeInDetail = UserFlags(rawValue: 1 << 7)

    /// Those that say what details there are.
    static let ofDetail: UserFlags = [.hasDetail, .lastTimeInDetail, .lifetimeInDetail]

    /// Those that say something of the user and not of how it is kept.
    var facts: UserFlags { subtracting(.ofDetail).subtracting(.firstCounted) }
}

/// What few users have and hardly any event touches.
struct UserDetail {
    var traits = TraitBytes()
    /// Of the `leave` record with the greatest time.
    var leftTime = Timestamp(milliseconds: .min)
    var leftDay = Day(number: 0)
    /// Greatest time of those qualifying events that the days did not tell of when they came: on days not reached yet,
    /// beyond the horizon while there are later ones, or counted in another zone. `.min` when there is none.
    var lastTime = Int64.min
    /// The upper half of the user's lifetime.
    var lifetimeHigh: UInt32 = 0
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
