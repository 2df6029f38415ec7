import UsageModel

/// Sums of counts by day, in order of day, only for days that have any; 4 to 8 bytes a day.
///
/// Each day has a note, the greatest that came with its events: for users when the last one happened,
/// for tasks whether one of them qualified. Sums are exact below 2^64. The last day stands in the list
/// itself, so that an event on it, as most are, touches nothing else; earlier ones stand in a block.
struct DayList: DaysBeforeLast {
    /// The last day, or without any days a time, so that a user's last time outlives the days that told it.
    private(set) var last = DayCount.none
    /// All before `last`; of its day only what is above level 0.
    var rest = DayBlock()

    init() {}

    init(last: DayCount, rest: DayBlock) {
        self.last = last
        self.rest = rest
    }

    @inline(__always) var isEmpty: Bool { !last.isLowest }

    /// The last day, nil when there is none.
    @inline(__always) var lastDay: Int32? { isEmpty ? nil : last.day }

    /// Where notes are times: when something happened last on the last day, or the time without days; `.min` when there is
    /// neither.
    @inline(__always) var lastTime: Int64 {
        isEmpty ? last.isNone ? .min : last.time : DayNote.time(last.note, on: last.day)
    }

    /// Only without days.
    mutating func set(timeWithoutDays time: Int64) { last = DayCount(time: time) }

    /// Asks for the memory that another day than the last one is written to.
    @inline(__always)
    func prefetchRest(_ arena: UnsafeMutablePointer<DayArena>) {
        rest.prefetch(arena)
    }

    /// The last day but one, nil when there is none.
    func dayBeforeLast(_ arena: UnsafeMutablePointer<DayArena>) -> Int32? {
        var index = rest.count
        while index > 0 {
            index -= 1
            let day = rest.elements(arena)[index].day
            if day != last.day { return day }
        }
        return nil
    }

    /// The first day that is not before `day`, nil when there is none. O(log days).
    func firstDay(notBefore day: Int32, _ arena: UnsafeMutablePointer<DayArena>) -> Int32? {
        guard !isEmpty, last.day >= day else { return nil }
        let index = rest.firstIndex(notBefore: day, arena)
        return index < rest.count ? rest.elements(arena)[index].day : last.day
    }

    // MARK: Changes

    /// Adds `count` to `day`. Says whether the day is new to the list. When it must grow, days before
    /// `kept` are dropped first. O(1) on the last day or behind it, else O(days).
    @inline(__always)
    mutating func add(
        _ count: UInt64, on day: Int32, note: UInt64 = 0, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        if last.day == day, last.add(count, note: note) { return false }
        return addSlowly(count, on: day, note: note, keepingFrom: kept, arena)
    }

    @inline(never)
    private mutating func addSlowly(
        _ count: UInt64, on day: Int32, note: UInt64, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        if !isEmpty, day < last.day {
            return rest.add(count, on: day, note: note, keepingFrom: kept, arena)
        }
        let isNew = isEmpty || day > last.day
        if isNew {
            if !isEmpty { _ = rest.insert(last, at: rest.count, keepingFrom: kept, arena) }
            last = DayCount(day: day, note: note)
        }
        last.raise(note)
        rest.carry(last.addCarrying(count), on: day, before: rest.count, keepingFrom: kept, arena)
        return isNew
    }

    mutating func forgetLast() { last = .none }

    // MARK: Checkpoints

    var lastElements: LastElements {
        var elements = LastElements()
        if !isEmpty { elements.append(last) }
        return elements
    }

    mutating func takeLast(of elements: DayElements, _ count: inout Int) throws(DamagedBytes) {
        guard elements[count - 1].isLowest else { throw DamagedBytes("a day without its lowest element") }
        count -= 1
        last = elements[count]
    }

    // MARK: Questions

    /// The sum over `days`. O(log days + days in it).
    @inline(__always)
    func sum(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> UInt64 {
        if isEmpty || last.day < days.first { return 0 }
        let end = last.day <= days.last ? last.value : 0
        return rest.count == 0 ? end : end &+ rest.sum(days, arena)
    }

    /// The sum over `days`, on how many of them there is anything, and when the last of it happened
    /// where notes say that.
    func work(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> DayWork {
        var work = DayWork()
        if isEmpty || last.day < days.first { return work }
        rest.work(days, arena, &work)
        if last.day <= days.last { work.add(last) }
        return work
    }

    /// Whether any of `days` is in the list.
    @inline(__always)
    func hasAny(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        // Most lists end inside or before the window that is asked for.
        if isEmpty || last.day < days.first { return false }
        return last.day <= days.last || rest.hasAny(days, arena)
    }

    /// Whether any of `days` is in the list with a note above 0.
    func hasNoted(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        if isEmpty || last.day < days.first { return false }
        return last.day <= days.last && last.note > 0 || rest.hasNoted(days, arena)
    }

    /// Calls `body` with each day on or after `first`, its sum and its note, in order.
    func forEach(
        from first: Int32, _ arena: UnsafeMutablePointer<DayArena>,
        _ body: (_ day: Int32, _ sum: UInt64, _ note: UInt64) -> Void
    ) {
        if isEmpty || last.day < first { return }
        var sum: UInt64 = 0
        for index in rest.firstIndex(notBefore: first, arena)..<rest.count {
            let element = rest.elements(arena)[index]
            sum &+= element.value
            if element.isLowest {
                body(element.day, sum, element.note)
                sum = 0
            }
        }
        body(last.day, sum &+ last.value, last.note)
    }
}

/// What a list says of a stretch of days.
struct DayWork {
    var sum: UInt64 = 0
    var days = 0
    /// Milliseconds; `.min` when there is nothing.
    var lastTime = Int64.min

    @inline(__always)
    mutating func add(_ element: DayCount) {
        sum &+= element.value
        guard element.isLowest else { return }
        days += 1
        lastTime = max(lastTime, DayNote.time(element.note, on: element.day))
    }
}
