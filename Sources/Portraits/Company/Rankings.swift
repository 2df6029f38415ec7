import UsageModel

/// The 28-day sums of all users, as far as rules need them: their total, the greatest, and whose it
/// is. Sums only grow within a day, so each event keeps it current; it is made anew when first asked
/// for on a new day.
struct Ranking: BitwiseCopyable {
    /// The `today` that it is for; `.min` when it must be made anew.
    private(set) var today = Int32.min
    var total: UInt64 = 0
    var topCount: UInt64 = 0
    /// None when several share the greatest sum and the tie has not been broken.
    var topUser = UserID.none

    static let days: Int32 = 28

    init() {}

    init(today: Int32) { self.today = today }

    var window: DayRange { DayRange(today - Self.days + 1, today) }

    @inline(__always)
    func covers(_ day: Int32) -> Bool { day <= today && day > today &- Self.days }
}

/// How many users have k active days in the 28 that end today.
struct PowerCurve: BitwiseCopyable {
    private(set) var today = Int32.min
    /// By k; none for k = 0.
    private var counts = Rows<UInt32>()

    static let days: Int32 = 28

    init() {}

    subscript(k: Int) -> Int { Int(counts[k]) }

    /// Counts anew for another day.
    mutating func start(_ today: Int32) {
        self.today = today
        counts.removeAll()
        counts.extend(toCount: Int(Self.days) + 1, filler: 0)
    }

    mutating func forget() { today = .min }

    var window: DayRange { DayRange(today - Self.days + 1, today) }

    mutating func count(_ activeDays: Int) {
        if activeDays > 0 { counts.base[activeDays] += 1 }
    }

    /// Notes that `day` has just been added to a user's `days`.
    @inline(__always)
    mutating func noteNewDay(_ day: Int32, of days: DayList, _ arena: UnsafeMutablePointer<DayArena>) {
        guard day <= today, day > today &- Self.days else { return }
        let now = days.work(window, arena).days
        counts.base[now] += 1
        if now > 1 { counts.base[now - 1] -= 1 }
    }

    func deallocate() { counts.deallocate() }
}

/// The champion for one `today`: it depends only on days before today, so it stays until a late
/// event falls into its window.
struct Champion: BitwiseCopyable {
    private(set) var today = Int32.min
    /// None when nobody reached `leastEvents`.
    private(set) var user = UserID.none

    /// The window: today−97 … today−14.
    static let window = Window(days: 84, ago: 14)
    static let leastEvents: UInt64 = 10

    init() {}

    init(today: Int32, user: UserID) {
        self.today = today
        self.user = user
    }

    @inline(__always)
    func covers(_ day: Int32) -> Bool { day <= today &- 14 && today != .min && day >= today &- 97 }

    mutating func forget() { self = Champion() }
}
