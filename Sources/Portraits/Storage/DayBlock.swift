/// Day counts, or digits of amounts by day, in order of day, in a block of the arena.
struct DayBlock: BitwiseCopyable {
    private(set) var block: UInt32 = 0
    private var length: UInt32 = 0
    /// `.max` without a block.
    private(set) var sizeClass = Self.noBlock

    static let noBlock = UInt8.max

    init() {}

    @inline(__always) var count: Int { Int(length) }

    @inline(__always)
    func elements(_ arena: UnsafeMutablePointer<DayArena>) -> UnsafeMutablePointer<DayCount> {
        arena.pointee.pointer(to: block)
    }

    /// With room for `count` elements, uninitialised.
    init(count: Int, _ arena: UnsafeMutablePointer<DayArena>) {
        let sizeClass = DayArena.sizeClass(holding: count)
        self.init(block: arena.pointee.allocate(sizeClass), sizeClass, count: count)
    }

    /// Of the first `count` elements of a block that was allocated.
    init(block: UInt32, _ sizeClass: UInt8, count: Int) {
        self.block = block
        self.sizeClass = sizeClass
        length = UInt32(count)
    }

    // MARK: Changes

    /// Adds `count` to `day`. Says whether the day is new. O(days).
    mutating func add(
        _ count: UInt64, on day: Int32, note: UInt64, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) -> Bool {
        var index = firstIndex(notBefore: day, arena)
        let isNew = index == self.count || elements(arena)[index].day != day
        if isNew {
            index = insert(DayCount(day: day, note: note), at: index, keepingFrom: kept, arena)
        } else {
            // Each day has a lowest element; what a checkpoint says is not checked for it.
            while !elements(arena)[index].isLowest, index + 1 < self.count { index += 1 }
        }
        let element = elements(arena) + index
        if element.pointee.add(count, note: note) { return isNew }
        element.pointee.raise(note)
        carry(element.pointee.addCarrying(count), on: day, before: index, keepingFrom: kept, arena)
        return isNew
    }

    /// Adds what did not fit into the element of level 0 of `day`, which stands at `index` or, for the
    /// last day of all, outside behind it.
    mutating func carry(
        _ carried: UInt64, on day: Int32, before index: Int, keepingFrom kept: Int32,
        _ arena: UnsafeMutablePointer<DayArena>
    ) {
        var carried = carried
        var index = index
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
    }

    /// Returns the index at which it now stands: dropping days before `kept` moves it.
    mutating func insert(
        _ element: DayCount, at index: Int, keepingFrom kept: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) -> Int {
        var index = index
        if sizeClass == Self.noBlock {
            sizeClass = 0
            block = arena.pointee.allocate(0)
        } else if count == DayArena.capacity(of: sizeClass) {
            let dropped = min(firstIndex(notBefore: kept, arena), index)
            if dropped > 0 {
                remove(0..<dropped, arena)
                index -= dropped
            } else {
                move(to: sizeClass + 1, arena)
            }
        }
        let base = elements(arena)
        (base + index + 1).update(from: base + index, count: count - index)
        base[index] = element
        length += 1
        return index
    }

    /// Drops days before `kept` and gives back what memory that frees.
    mutating func prune(before kept: Int32, _ arena: UnsafeMutablePointer<DayArena>) {
        guard length > 0, elements(arena)[0].day < kept else { return }
        remove(0..<firstIndex(notBefore: kept, arena), arena)
        if length == 0 {
            free(arena)
            return
        }
        let fitting = DayArena.sizeClass(holding: count)
        if fitting < sizeClass { move(to: fitting, arena) }
    }

    mutating func free(_ arena: UnsafeMutablePointer<DayArena>) {
        if sizeClass != Self.noBlock { arena.pointee.free(block, sizeClass) }
        self = DayBlock()
    }

    mutating func remove(_ removed: Range<Int>, _ arena: UnsafeMutablePointer<DayArena>) {
        let base = elements(arena)
        (base + removed.lowerBound).update(from: base + removed.upperBound, count: count - removed.upperBound)
        length -= UInt32(removed.count)
    }

    private mutating func move(to newClass: UInt8, _ arena: UnsafeMutablePointer<DayArena>) {
        let new = arena.pointee.allocate(newClass)
        arena.pointee.pointer(to: new).update(from: elements(arena), count: count)
        arena.pointee.free(block, sizeClass)
        block = new
        sizeClass = newClass
    }

    // MARK: Questions

    /// The index of the first element on `day` or later. O(log days).
    @inline(__always)
    func firstIndex(notBefore day: Int32, _ arena: UnsafeMutablePointer<DayArena>) -> Int {
        guard length > 0 else { return 0 }
        let base = elements(arena)
        var low = 0
        var remaining = count
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

    func sum(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> UInt64 {
        guard length > 0 else { return 0 }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        var sum: UInt64 = 0
        while index < count, base[index].day <= days.last {
            sum &+= base[index].value
            index += 1
        }
        return sum
    }

    func work(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>, _ work: inout DayWork) {
        guard length > 0 else { return }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < count, base[index].day <= days.last {
            work.add(base[index])
            index += 1
        }
    }

    func hasAny(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        let index = firstIndex(notBefore: days.first, arena)
        return index < count && elements(arena)[index].day <= days.last
    }

    func hasNoted(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        guard length > 0 else { return false }
        let base = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < count, base[index].day <= days.last {
            if base[index].isLowest, base[index].note > 0 { return true }
            index += 1
        }
        return false
    }
}
