import UsageModel

/// Day counts, or digits of amounts by day, in order of day, in a block of the arena; packed as closely as all allow.
struct DayBlock: BitwiseCopyable {
    private(set) var block: UInt32 = 0
    private var length: UInt32 = 0
    /// `.max` without a block.
    private(set) var sizeClass = Self.noBlock
    private(set) var width = DayWidth.four

    static let noBlock = UInt8.max

    init() {}

    @inline(__always) var count: Int { Int(length) }

    /// Those that there are; only of a list with a block.
    @inline(__always)
    func elements(_ arena: UnsafeMutablePointer<DayArena>) -> DayElements {
        DayElements(width, header: arena.pointee.pointer(to: block))
    }

    /// Asks for how the elements are packed and for where another is added, without waiting for either.
    @inline(__always)
    func prefetch(_ arena: UnsafeMutablePointer<DayArena>) {
        guard length > 0 else { return }
        let header = UnsafeRawPointer(arena.pointee.pointer(to: block))
        UsageModel.prefetch(header)
        UsageModel.prefetch(header + width.byteCount(of: count))
    }

    /// How many elements the block has room for.
    private var capacity: Int {
        (DayArena.capacity(of: sizeClass) * MemoryLayout<DayArena.Unit>.size - width.headerByteCount) / width.byteCount
    }

    /// Of the first `count` elements of a block that was allocated.
    init(block: UInt32, _ sizeClass: UInt8, _ width: DayWidth, count: Int) {
        self.block = block
        self.sizeClass = sizeClass
        self.width = width
        length = UInt32(count)
    }

    /// Without elements yet, and with room for `count`.
    init(room count: Int, _ packing: DayPacking, _ arena: UnsafeMutablePointer<DayArena>) {
        let sizeClass = DayArena.sizeClass(holdingBytes: packing.width.byteCount(of: count))
        self.init(block: arena.pointee.allocate(sizeClass), sizeClass, packing.width, count: 0)
        packing.writeHeader(to: arena.pointee.pointer(to: block))
    }

    /// Of elements that are given in order of day.
    init(_ count: Int, _ arena: UnsafeMutablePointer<DayArena>, _ element: (Int) -> DayCount) {
        self.init()
        guard count > 0 else { return }
        var range = DayElementRange()
        for index in 0..<count { range.include(element(index)) }
        self.init(room: count, DayPacking(of: range), arena)
        for index in 0..<count { append(element(index), arena) }
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
        var element = elements(arena)[index]
        if element.add(count, note: note) {
            put(element, at: index, arena)
            return isNew
        }
        element.raise(note)
        let carried = element.addCarrying(count)
        put(element, at: index, arena)
        carry(carried, on: day, before: index, keepingFrom: kept, arena)
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
            var element = elements(arena)[index]
            carried = element.addCarrying(carried)
            put(element, at: index, arena)
            level += 1
        }
    }

    /// Returns the index at which it now stands: dropping days before `kept` moves it.
    mutating func insert(
        _ element: DayCount, at index: Int, keepingFrom kept: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) -> Int {
        var index = index
        if !hasRoom(for: element, arena) {
            let dropped = min(firstIndex(notBefore: kept, arena), index)
            if dropped > 0 {
                remove(0..<dropped, arena)
                index -= dropped
            }
            if !hasRoom(for: element, arena) { rebuild(room: count + 1, fitting: element, arena) }
        }
        let elements = elements(arena)
        place(of: index + 1, arena).copyMemory(
            from: elements.address(of: index), byteCount: (count - index) * width.byteCount)
        elements.packing.store(element, at: place(of: index, arena))
        length += 1
        return index
    }

    private func hasRoom(for element: DayCount, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        sizeClass != Self.noBlock && count < capacity && elements(arena).packing.fits(element)
    }

    /// Only one that fits, and where there is room.
    private mutating func append(_ element: DayCount, _ arena: UnsafeMutablePointer<DayArena>) {
        elements(arena).packing.store(element, at: place(of: count, arena))
        length += 1
    }

    /// Only of elements that are packed as these are, and where there is room.
    mutating func append(_ added: DayElements, count addedCount: Int, _ arena: UnsafeMutablePointer<DayArena>) {
        place(of: count, arena).copyMemory(from: added.address(of: 0), byteCount: addedCount * width.byteCount)
        length += UInt32(addedCount)
    }

    /// Puts `element` in the place of another.
    private mutating func put(_ element: DayCount, at index: Int, _ arena: UnsafeMutablePointer<DayArena>) {
        if !elements(arena).packing.fits(element) { rebuild(room: count, fitting: element, arena) }
        elements(arena).packing.store(element, at: place(of: index, arena))
    }

    /// Where the element with this index stands, or one behind the last would.
    @inline(__always)
    private func place(of index: Int, _ arena: UnsafeMutablePointer<DayArena>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(mutating: elements(arena).address(of: index))
    }

    /// Drops days before `kept` and gives back what memory that frees.
    mutating func prune(before kept: Int32, _ arena: UnsafeMutablePointer<DayArena>) {
        guard length > 0, elements(arena)[0].day < kept else { return }
        remove(0..<firstIndex(notBefore: kept, arena), arena)
        if length == 0 {
            free(arena)
        } else if DayArena.sizeClass(holdingBytes: width.byteCount(of: count)) < sizeClass {
            rebuild(room: count, fitting: elements(arena)[0], arena)
        }
    }

    mutating func free(_ arena: UnsafeMutablePointer<DayArena>) {
        if sizeClass != Self.noBlock { arena.pointee.free(block, sizeClass) }
        self = DayBlock()
    }

    mutating func remove(_ removed: Range<Int>, _ arena: UnsafeMutablePointer<DayArena>) {
        place(of: removed.lowerBound, arena).copyMemory(
            from: elements(arena).address(of: removed.upperBound),
            byteCount: (count - removed.upperBound) * width.byteCount)
        length -= UInt32(removed.count)
    }

    /// Packs the elements anew into a block with room for `room`, such that `element` fits as well.
    @inline(never)
    private mutating func rebuild(
        room: Int, fitting element: DayCount, _ arena: UnsafeMutablePointer<DayArena>
    ) {
        var range = DayElementRange()
        range.include(element)
        if length > 0 { range.include(elements(arena), count: count) }
        var rebuilt = DayBlock(room: room, DayPacking(of: range), arena)
        if length > 0, rebuilt.elements(arena).packing == elements(arena).packing {
            rebuilt.append(elements(arena), count: count, arena)
        } else {
            for index in 0..<count { rebuilt.append(elements(arena)[index], arena) }
        }
        free(arena)
        self = rebuilt
    }

    // MARK: Questions

    /// The index of the first element on `day` or later. O(log days).
    @inline(__always)
    func firstIndex(notBefore day: Int32, _ arena: UnsafeMutablePointer<DayArena>) -> Int {
        guard length > 0 else { return 0 }
        let elements = elements(arena)
        var low = 0
        var remaining = count
        while remaining > 0 {
            let half = remaining >> 1
            if elements[low + half].day < day {
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
        let elements = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        var sum: UInt64 = 0
        while index < count, elements[index].day <= days.last {
            sum &+= elements[index].value
            index += 1
        }
        return sum
    }

    func work(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>, _ work: inout DayWork) {
        guard length > 0 else { return }
        let elements = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < count, elements[index].day <= days.last {
            work.add(elements[index])
            index += 1
        }
    }

    func hasAny(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        let index = firstIndex(notBefore: days.first, arena)
        return index < count && elements(arena)[index].day <= days.last
    }

    func hasNoted(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        guard length > 0 else { return false }
        let elements = elements(arena)
        var index = firstIndex(notBefore: days.first, arena)
        while index < count, elements[index].day <= days.last {
            if elements[index].isLowest, elements[index].note > 0 { return true }
            index += 1
        }
        return false
    }
}
