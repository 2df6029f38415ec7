/// Finds the row of a 32-bit key: open addressing with linear probing, 4 bytes a slot.
///
/// The keys stand in the rows themselves; the closures passed in read them from there. Not every row
/// need be in it.
struct IndexTable: BitwiseCopyable {
    /// Row index + 1; 0 is free. A power of two long, at most 3/4 full.
    private var slots = Rows<UInt32>()
    private var entryCount: UInt32 = 0

    private static let leastSlots = 8

    init() {}

    var isEmpty: Bool { entryCount == 0 }

    @inline(__always)
    func find(_ key: UInt32, keyAt: (Int) -> UInt32) -> Int? {
        if entryCount == 0 { return nil }
        let mask = slots.count - 1
        var slot = Self.home(key, mask)
        while true {
            let entry = slots.base[slot]
            if entry == 0 { return nil }
            if keyAt(Int(entry) - 1) == key { return Int(entry) - 1 }
            slot = (slot + 1) & mask
        }
    }

    /// Notes that the row at `index` has `key`.
    mutating func add(_ key: UInt32, at index: Int, keyAt: (Int) -> UInt32) {
        entryCount += 1
        if Int(entryCount) * 4 > slots.count * 3 { grow(keyAt) }
        place(key, index)
    }

    /// Forgets the row at `index`, whose key is `key`, closing the gap in its probe sequence.
    mutating func remove(_ key: UInt32, at index: Int, keyAt: (Int) -> UInt32) {
        let mask = slots.count - 1
        var gap = slot(of: key, at: index, mask)
        slots[gap] = 0
        entryCount -= 1
        var slot = (gap + 1) & mask
        while slots[slot] != 0 {
            let home = Self.home(keyAt(Int(slots[slot]) - 1), mask)
            // An entry may move back when its home does not lie between the gap and itself.
            if (slot - home) & mask >= (slot - gap) & mask {
                slots[gap] = slots[slot]
                slots[slot] = 0
                gap = slot
            }
            slot = (slot + 1) & mask
        }
    }

    /// Notes that the row with `key` moved from one index to another.
    mutating func move(_ key: UInt32, from old: Int, to new: Int) {
        slots[slot(of: key, at: old, slots.count - 1)] = UInt32(new + 1)
    }

    func deallocate() { slots.deallocate() }

    private func slot(of key: UInt32, at index: Int, _ mask: Int) -> Int {
        precondition(entryCount > 0, "a row is missing from its index")
        var slot = Self.home(key, mask)
        while slots[slot] != UInt32(index + 1) {
            precondition(slots[slot] != 0, "a row is missing from its index")
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow(_ keyAt: (Int) -> UInt32) {
        let old = slots
        slots = Rows()
        slots.extend(toCount: max(Self.leastSlots, old.count * 2), filler: 0)
        for slot in old.indices where old[slot] != 0 { place(keyAt(Int(old[slot]) - 1), Int(old[slot]) - 1) }
        old.deallocate()
    }

    private func place(_ key: UInt32, _ index: Int) {
        let mask = slots.count - 1
        var slot = Self.home(key, mask)
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(index + 1)
    }

    /// Numbers are dense, so a multiplication spreads them well enough (Knuth's golden ratio).
    @inline(__always)
    private static func home(_ key: UInt32, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(key) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    }
}
