import UsageModel

/// Sums of counts by day, in order of day, only for days that have any; 8 bytes a day.
///
/// Each day has a note, the greatest that came with its events: for users when the last one happened,
/// for tasks whether one of them qualified. Sums are exact below 2^64. Most additions fall on the last
/// day or the one behind it, which is O(1); others are O(days).
struct DayList: BitwiseCopyable {
    private var block: UInt32 = 0
    private var length: UInt32 = 0
    private var sizeClass: UInt8 = .max

    init() {}

    var isEmpty: Bool { length == 0 }
    var elementCount: Int { Int(length) }

    @inline(__always)
    func elements(_ arena: UnsafeMutablePointer<DayArena>) -> UnsafeMutablePointer<DayCount> {
        arena.pointee.pointer(to: block)
    }

    /// Adds `count` to `day`. Says whether the day is new to the list. When it must grow, days before
    /// `kept` are dropped first.
    @inline(__always)
    mutating func add(
        _ count: UInt64, on day: Int32, note: UInt64 = 0, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        if length > 0 {
            let last = elements(arena) + (Int(length) - 1)
            if last.pointee.day == day, last.pointee.add(count, note: note) { return false }
        }
        return addSlowly(count, on: day, note: note, keepingFrom: kept, arena)
    }

    @inline(never)
    private mutating func addSlowly(
        _ count: UInt64, on day: Int32, note: UInt64, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        var index = firstIndex(notBefore: day, arena)
        let isNew = index == Int(length) || elements(arena)[index].day != day
        if isNew {
            index = insert(DayCount(day: day, note: note), at: index, keepingFrom: kept, arena)
        } else {
            while !elements(arena)[index].isLowest { index += 1 }
        }
        elements(arena)[index].raise(note)
        var carried = elements(arena)[index].addCarrying(count)
        var level: UInt64 = 1
        // Above the second level stands 2^64, where sums wrap.
        while carried > 0, level <= 2 {
            if index == 0 || elements(arena)[index - 1].day != day {
                index = insert(DayCount(day: day, level: level), at: index, keepingFrom: kept, arena)
            } else {
                index -= 1
            }
            carried = elements(arena)[index].addCarrying(carried)
            level += 1
        }
        return isNew
    }

    /// Returns the index at which it now stands: dropped days move it.
    private mutating func insert(
        _ element: DayCount, at index: Int, keepingFrom kept: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) -> Int {
        var index = index
        if sizeClass == .max {
            sizeClass = 0
            block = arena.pointee.allocate(0)
        } else if Int(length) == DayArena.capacity(of: sizeClass) {
            let dropped = min(firstIndex(notBefore: kept, arena), index)
            if dropped > 0 {
                removeFirst(dropped, arena)
                index -= dropped
            } else {
                move(to: sizeClass + 1, arena)
            }
        }
        let base = elements(arena)
        (base + index + 1).update(from: base + index, count: Int(length) - index)
        base[index] = element
        length += 1
        return index
    }

    /// Drops days before `kept` and gives back what memory that frees.
    mutating func prune(before kept: Int32, _ arena: UnsafeMutablePointer<DayArena>) {
        guard length > 0, elements(arena)[0].day < kept else { return }
        removeFirst(firstIndex(notBefore: kept, arena), arena)
        if length == 0 {
            free(arena)
            return
        }
        var fitting = sizeClass
        while fitting > 0, DayArena.capacity(of: fitting - 1) >= Int(length) { fitting -= 1 }
        if fitting < sizeClass { move(to: fitting, arena) }
    }

    mutating func free(_ arena: UnsafeMutablePointer<DayArena>) {
        if sizeClass != .max { arena.pointee.free(block, sizeClass) }
        self = DayList()
    }

    private mutating func removeFirst(_ count: Int, _ arena: UnsafeMutablePointer<DayArena>) {
        let base = elements(arena)
        base.update(from: base + count, count: Int(length) - count)
        length -= UInt32(count)
    }

    private mutating func move(to newClass: UInt8, _ arena: UnsafeMutablePointer<DayArena>) {
        let new = arena.pointee.allocate(newClass)
        arena.pointee.pointer(to: new).update(from: elements(arena), count: Int(length))
        arena.pointee.free(block, sizeClass)
        block = new
        sizeClass = newClass
    }
}

// MARK: Questions

extension DayList {
    /// The index of the first element on `day` or later. O(log days).
    @inline(__always)
    func firstIndex(notBefore day: Int32, _ arena: UnsafeMutablePointer<DayArena>) -> Int {
        guard length > 0 else { return 0 }
        let base = elements(arena)
        var low = 0
        var remaining = Int(length)
        while remaining > 0 {
            let half = remaining >> 1
            if base[low + half].day < day {
                low += half + 1
                remaining -= half + 1
            } else {
                remaining = half
            }
        }
        return low
    }

    /// The sum over `days`. O(log days + days in it).
    func sum(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> UInt64 {
        guard length > 0 else { return 0 }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        var sum: UInt64 = 0
        while index < Int(length), base[index].day <= days.last {
            sum &+= base[index].value
            index += 1
        }
        return sum
    }

    /// The sum over `days`, on how many of them there is anything, and when the last of it happened
    /// where notes say that.
    func work(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Work {
        var work = Work()
        guard length > 0 else { return work }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < Int(length), base[index].day <= days.last {
            let element = base[index]
            work.sum &+= element.value
            if element.isLowest {
                work.days += 1
                work.lastTime = max(work.lastTime, DayNote.time(element.note, on: element.day))
            }
            index += 1
        }
        return work
    }

    struct Work {
        var sum: UInt64 = 0
        var days = 0
        /// Milliseconds; `.min` when there is nothing.
        var lastTime = Int64.min
    }

    /// Whether any of `days` is in the list.
    @inline(__always)
    func hasAny(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        guard length > 0 else { return false }
        let base = elements(arena)
        // Most lists end inside or before the window that is asked for.
        let lastDay = base[Int(length) - 1].day
        if lastDay < days.first { return false }
        if lastDay <= days.last { return true }
        let index = firstIndex(notBefore: days.first, arena)
        return index < Int(length) && base[index].day <= days.last
    }

    /// Whether any of `days` is in the list with a note above 0.
    func hasNoted(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        guard length > 0 else { return false }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < Int(length), base[index].day <= days.last {
            if base[index].isLowest, base[index].note > 0 { return true }
            index += 1
        }
        return false
    }

    /// The last day, nil when there is none.
    @inline(__always)
    func lastDay(_ arena: UnsafeMutablePointer<DayArena>) -> Int32? {
        length == 0 ? nil : elements(arena)[Int(length) - 1].day
    }

    /// Calls `body` with each day on or after `first`, its sum and its note, in order.
    func forEach(
        from first: Int32, _ arena: UnsafeMutablePointer<DayArena>,
        _ body: (_ day: Int32, _ sum: UInt64, _ note: UInt64) -> Void
    ) {
        var index = firstIndex(notBefore: first, arena)
        var sum: UInt64 = 0
        while index < Int(length) {
            let element = elements(arena)[index]
            sum &+= element.value
            if element.isLowest {
                body(element.day, sum, element.note)
                sum = 0
            }
            index += 1
        }
    }
}

/// Notes of user days: when on its day something happened last.
enum DayNote {
    /// No offset from UTC is larger, so no time lies further from its day's midnight UTC.
    private static let bias: Int64 = 26 * millisecondsPerHour

    /// The note of `time` on `day`; 0 is nothing. A time that is not on its day counts as its edge.
    @inline(__always)
    static func of(_ time: Int64, on day: Int32) -> UInt64 {
        let offset = time &- Int64(day) &* millisecondsPerDay &+ bias
        return UInt64(min(max(offset, 0), Int64(DayCount.greatestNote)))
    }

    @inline(__always)
    static func time(_ note: UInt64, on day: Int32) -> Int64 {
        Int64(note) &- bias &+ Int64(day) &* millisecondsPerDay
    }

    /// Of task days: at least one event qualified.
    static let qualified: UInt64 = 1
}
