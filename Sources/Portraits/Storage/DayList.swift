/// What happened on one day, as one or two elements of a `DayList`.
struct DayCount: BitwiseCopyable {
    /// The day above two bits: whether `low` counts 2^32s, and the mark.
    private var tag: Int32
    /// A sum of counts, modulo 2^32; the rest stands in a second element of the same day.
    var low: UInt32

    @inline(__always)
    init(day: Int32, isHigh: Bool = false, isMarked: Bool = false, low: UInt32) {
        tag = day << 2 | (isHigh ? 2 : 0) | (isMarked ? 1 : 0)
        self.low = low
    }

    @inline(__always) var day: Int32 { tag >> 2 }
    @inline(__always) var isHigh: Bool { tag & 2 != 0 }
    @inline(__always) var isMarked: Bool { tag & 1 != 0 }
    @inline(__always) var value: UInt64 { isHigh ? UInt64(low) << 32 : UInt64(low) }

    @inline(__always)
    mutating func mark() { tag |= 1 }
}

/// Sums of counts by day, in order of day, only for days that have any; 8 bytes a day.
///
/// A day's mark says something about its events that the sum does not: for tasks, that at least one
/// of them qualified. Sums are exact below 2^64 and wrap there. Most additions fall on the last day
/// or the one behind it, which is O(1); others are O(days).
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
        _ count: UInt64, on day: Int32, isMarked: Bool = false, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        if length > 0 {
            let last = elements(arena) + (Int(length) - 1)
            if last.pointee.day == day, !last.pointee.isHigh {
                let (sum, overflow) = last.pointee.low.addingReportingOverflow(UInt32(truncatingIfNeeded: count))
                if !overflow, count >> 32 == 0 {
                    last.pointee.low = sum
                    if isMarked { last.pointee.mark() }
                    return false
                }
            }
        }
        return addSlowly(count, on: day, isMarked: isMarked, keepingFrom: kept, arena)
    }

    @inline(never)
    private mutating func addSlowly(
        _ count: UInt64, on day: Int32, isMarked: Bool, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        var index = firstIndex(notBefore: day, arena)
        let isNew = index == Int(length) || elements(arena)[index].day != day
        if isNew {
            index = insert(DayCount(day: day, isMarked: isMarked, low: 0), at: index, keepingFrom: kept, arena)
        }
        let element = elements(arena) + index
        if isMarked { element.pointee.mark() }
        let (sum, overflow) = element.pointee.low.addingReportingOverflow(UInt32(truncatingIfNeeded: count))
        element.pointee.low = sum
        let high = UInt32(truncatingIfNeeded: count >> 32) &+ (overflow ? 1 : 0)
        guard high != 0 else { return isNew }
        index += 1
        if index == Int(length) || elements(arena)[index].day != day {
            index = insert(DayCount(day: day, isHigh: true, low: 0), at: index, keepingFrom: kept, arena)
        }
        elements(arena)[index].low &+= high
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

    /// The sum over `days`, and on how many of them there is anything.
    func sumAndDays(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> (sum: UInt64, days: Int) {
        guard length > 0 else { return (0, 0) }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        var sum: UInt64 = 0
        var dayCount = 0
        while index < Int(length), base[index].day <= days.last {
            sum &+= base[index].value
            if !base[index].isHigh { dayCount += 1 }
            index += 1
        }
        return (sum, dayCount)
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

    /// Whether any of `days` is in the list with a mark.
    func hasMarked(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        guard length > 0 else { return false }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < Int(length), base[index].day <= days.last {
            if base[index].isMarked { return true }
            index += 1
        }
        return false
    }

    /// The last day, nil when there is none.
    @inline(__always)
    func lastDay(_ arena: UnsafeMutablePointer<DayArena>) -> Int32? {
        length == 0 ? nil : elements(arena)[Int(length) - 1].day
    }

    /// Calls `body` with each day on or after `first`, its sum and its mark, in order.
    func forEach(
        from first: Int32, _ arena: UnsafeMutablePointer<DayArena>,
        _ body: (_ day: Int32, _ sum: UInt64, _ isMarked: Bool) -> Void
    ) {
        var index = firstIndex(notBefore: first, arena)
        while index < Int(length) {
            let element = elements(arena)[index]
            var sum = element.value
            index += 1
            if index < Int(length), elements(arena)[index].day == element.day {
                sum &+= elements(arena)[index].value
                index += 1
            }
            body(element.day, sum, element.isMarked)
        }
    }
}
