import UsageModel

/// Values of windows that took a scan of all users, for one `today`.
///
/// A closed window ends before today: its value stays until a late event falls into it, which corrects
/// numbers of users and ends all others. An open one holds only as long as no event has come at all. Rules ask for the same few windows at every look.
struct WindowCache: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case activeUsers, retained, tasksUsed, topUserShare, busFactor
    }

    private struct Entry: BitwiseCopyable {
        var kind: Kind
        var isOpen: Bool
        var window: DayRange
        /// All days that the value depends on.
        var days: DayRange
        var value: UInt64
        var version: UInt64
    }

    private var today = Int32.min
    /// The last day of any closed window in here: later events need not be compared with each.
    private var closedThrough = Int32.min
    private var entries = Rows<Entry>()

    /// Rules and cards ask for some ten windows; more than this is somebody trying them all.
    private static let entryLimit = 64

    init() {}

    /// The value of `window`, computed by `compute` unless it is known. `days` are all days that it
    /// depends on, `version` counts the company's events.
    mutating func value(
        _ kind: Kind, _ window: DayRange, dependingOn days: DayRange, today: Day, version: UInt64,
        compute: () -> UInt64
    ) -> UInt64 {
        if self.today != today.number { reset(today.number) }
        var index = 0
        while index < entries.count {
            let entry = entries[index]
            if entry.kind == kind, entry.window == window {
                if !entry.isOpen || entry.version == version { return entry.value }
                break
            }
            index += 1
        }
        let value = compute()
        let isOpen = days.last >= today.number
        let entry = Entry(kind: kind, isOpen: isOpen, window: window, days: days, value: value, version: version)
        if index < entries.count {
            entries[index] = entry
        } else {
            if entries.count == Self.entryLimit { reset(today.number) }
            entries.append(entry)
        }
        if !isOpen { closedThrough = max(closedThrough, days.last) }
        return value
    }

    /// Forgets what an event on `day` changes, but for numbers of users, which `noteActive` corrects.
    @inline(__always)
    mutating func drop(_ day: Int32) {
        if day <= closedThrough { dropClosed(day) }
    }

    @inline(never)
    private mutating func dropClosed(_ day: Int32) {
        entries.removeAll { $0.kind != .activeUsers && $0.days.contains(day) }
    }

    /// Notes that a user becomes active on `day`. `wasActive` tells whether the user was active on any of some days
    /// before that. Late events would else cost a scan of all users each, at the next look.
    @inline(__always)
    mutating func noteActive(_ day: Int32, _ wasActive: (DayRange) -> Bool) {
        if day <= closedThrough { countActive(day, wasActive) }
    }

    @inline(never)
    private mutating func countActive(_ day: Int32, _ wasActive: (DayRange) -> Bool) {
        for index in entries.indices {
            let entry = entries.base + index
            guard entry.pointee.kind == .activeUsers && !entry.pointee.isOpen && entry.pointee.days.contains(day) else {
                continue
            }
            if !wasActive(entry.pointee.days) { entry.pointee.value += 1 }
        }
    }

    /// Forgets all, as after a merge of users.
    mutating func removeAll() { reset(.min) }

    private mutating func reset(_ today: Int32) {
        self.today = today
        closedThrough = .min
        entries.removeAll()
    }

    func deallocate() { entries.deallocate() }
}
