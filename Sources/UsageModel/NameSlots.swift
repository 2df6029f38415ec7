/// A name's number beside the hash that placed it, so that hardly any other name is read on the way to one, and
/// none when the table grows. Number 0 is a free slot: memory that is zero is slots that are free.
struct NameSlot: BitwiseCopyable {
    var number: UInt32
    /// Of the name; its low bits are the slot where the search begins.
    var hash: UInt32

    @inline(__always) var isFree: Bool { number == 0 }
}

/// What finds the names of a kind by their hashes: open addressing with linear probing. Memory that whoever holds it frees.
struct NameSlots {
    /// A power of two long and at most 3/4 full.
    private(set) var slots: UnsafeMutableBufferPointer<NameSlot>
    /// Of the hashes. Nobody who sends knows it, so that nobody can choose names that collide.
    let seed: UInt64

    static let leastCount = 64

    /// Free slots for so many names.
    init(nameCount: Int = 0, seed: UInt64 = .random(in: .min ... .max)) {
        slots = HugePages.allocateZeroed(Self.count(for: nameCount))
        self.seed = seed
    }

    func free() { HugePages.free(slots) }

    /// The least that so many names leave a quarter of free.
    static func count(for nameCount: Int) -> Int {
        var count = leastCount
        while nameCount * 4 > count * 3 { count *= 2 }
        return count
    }

    @inline(__always)
    func hash(_ name: UnsafeRawBufferPointer) -> UInt32 { UInt32(truncatingIfNeeded: hash64(name, seed: seed)) }

    @inline(__always)
    func prefetchSlot(_ hash: UInt32) { prefetch(slots.baseAddress! + Int(hash) & (slots.count - 1)) }

    /// The first number with this hash that `isSought` says yes to; 0 when there is none.
    @inline(__always)
    func find(_ hash: UInt32, where isSought: (UInt32) -> Bool) -> UInt32 {
        let mask = slots.count - 1
        var place = Int(hash) & mask
        while case let slot = slots[place], !slot.isFree {
            if slot.hash == hash, isSought(slot.number) { return slot.number }
            place = (place + 1) & mask
        }
        return 0
    }

    func place(_ slot: NameSlot) {
        let mask = slots.count - 1
        var place = Int(slot.hash) & mask
        while !slots[place].isFree { place = (place + 1) & mask }
        slots[place] = slot
    }

    /// As many slots as `nameCount` names need. They have the hashes, so no name is read.
    mutating func reserve(nameCount: Int) {
        guard nameCount * 4 > slots.count * 3 else { return }
        let larger = NameSlots(nameCount: nameCount, seed: seed)
        for slot in slots where !slot.isFree { larger.place(slot) }
        free()
        self = larger
    }
}

/// The hashes of a kind's names in order of number, from 1 on, from which their slots are made.
public struct NameHashes: ~Copyable {
    private let seed = UInt64.random(in: .min ... .max)
    private var hashes: [UInt32] = []
    private var hasEmpty = false
    /// Names that are empty as one before is, ascending. Erased names are all the same, and each would be sought a place
    /// behind all others.
    private var repeated: [UInt32] = []

    public init() {}

    public var count: Int { hashes.count }

    mutating func reserve(_ count: Int) { hashes.reserveCapacity(count) }

    @inline(__always)
    mutating func append(_ name: UnsafeRawBufferPointer) {
        hashes.append(UInt32(truncatingIfNeeded: hash64(name, seed: seed)))
        guard name.isEmpty else { return }
        if hasEmpty { repeated.append(UInt32(hashes.count)) }
        hasEmpty = true
    }

    /// The names of a run that follows those that came; those that came already are passed over.
    public mutating func append(_ run: NameRun) throws(DamagedBytes) {
        try run.forEach(from: UInt32(count) + 1) { append($0) }
    }

    /// Calls `body` with all slots, so many bytes at a time. O(names).
    public func forEachSlotRun<Failure: Error>(
        of kind: NameKind, byteCount: Int, _ body: (NameSlotRun) throws(Failure) -> Void
    ) throws(Failure) {
        let all = slots()
        defer { all.free() }
        let length = max(byteCount / MemoryLayout<NameSlot>.stride, 1)
        for first in stride(from: 0, to: all.slots.count, by: length) {
            let slots = all.slots[first..<min(first + length, all.slots.count)]
            try body(
                NameSlotRun(
                    kind: kind, nameCount: UInt32(count), seed: seed, slotCount: all.slots.count, first: first,
                    slots: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: slots))))
        }
    }

    /// All names in slots.
    ///
    /// A slot anywhere in a large table is a miss of the processor's cache. So each name is put into the stretch of the
    /// table that it belongs to, one behind the other, and then each stretch is put in order by itself.
    func slots() -> NameSlots {
        let result = NameSlots(nameCount: count, seed: seed)
        let slots = result.slots
        let stretch = min(slots.count, Self.slotsPerStretch)
        let stretchBits = stretch.trailingZeroBitCount
        // By stretch, where the first and the next of its names stand for now. Not all at the beginning: places that lie a
        // power of two apart take turns for the same few lines of the processor's cache.
        let starts = (0..<slots.count / stretch).map { $0 * Self.stagger & (stretch / 4 - 1) }
        var ends = starts
        // Those that their stretch has no room for.
        var rest: [NameSlot] = []
        var passedOver = repeated[...]
        for (index, hash) in hashes.enumerated() {
            let slot = NameSlot(number: UInt32(index + 1), hash: hash)
            if slot.number == passedOver.first {
                passedOver.removeFirst()
                continue
            }
            let index = (Int(hash) & (slots.count - 1)) >> stretchBits
            guard ends[index] < stretch else {
                rest.append(slot)
                continue
            }
            slots[index << stretchBits + ends[index]] = slot
            ends[index] += 1
        }
        withUnsafeTemporaryAllocation(of: NameSlot.self, capacity: stretch) { unordered in
            for index in starts.indices {
                let first = slots.baseAddress! + index << stretchBits
                let count = ends[index] - starts[index]
                unordered.baseAddress!.update(from: first + starts[index], count: count)
                (first + starts[index]).update(repeating: NameSlot(number: 0, hash: 0), count: count)
                for slot in unordered[..<count] {
                    var place = Int(slot.hash) & (stretch - 1)
                    while place < stretch, !first[place].isFree { place += 1 }
                    if place < stretch { first[place] = slot } else { rest.append(slot) }
                }
            }
        }
        // The first of equal names is found, so it comes first.
        rest.sort { $0.number < $1.number }
        for slot in rest { result.place(slot) }
        return result
    }

    /// 64 KiB: they stay in the processor's cache while they are put in order.
    private static let slotsPerStretch = 1 << 13
    /// Eight lines of the processor's cache.
    private static let stagger = 64
}

/// Neighbouring slots of a kind's names, as they are saved. Hashing ten million names and putting them in their places
/// takes six times as long as reading where they stood.
public struct NameSlotRun {
    public var kind: NameKind
    /// How many names all slots are for: those with the numbers 1 to this.
    public var nameCount: UInt32
    public var seed: UInt64
    /// All of them.
    public var slotCount: Int
    /// The place of the first.
    public var first: Int
    /// Of each slot the name's number (u32), 0 where it is free, and its hash (u32).
    public var slots: UnsafeRawBufferPointer

    public init(
        kind: NameKind, nameCount: UInt32, seed: UInt64, slotCount: Int, first: Int, slots: UnsafeRawBufferPointer
    ) {
        self.kind = kind
        self.nameCount = nameCount
        self.seed = seed
        self.slotCount = slotCount
        self.first = first
        self.slots = slots
    }
}

/// The slots of a kind's names while they are read back.
final class SavedNameSlots {
    let nameCount: UInt32
    private var result: NameSlots?
    private var readCount = 0
    private var takenCount = 0

    /// To go on with the run that comes first, if slots that `count` names have can begin so.
    init(_ run: NameSlotRun, names count: Int) throws(DamagedBytes) {
        guard run.nameCount <= count, run.slotCount == NameSlots.count(for: Int(run.nameCount)) else {
            throw DamagedBytes("\(run.slotCount) slots for \(run.nameCount) names of kind \(run.kind), of \(count)")
        }
        nameCount = run.nameCount
        result = NameSlots(nameCount: Int(run.nameCount), seed: run.seed)
    }

    deinit { drop() }

    func append(_ run: NameSlotRun) throws(DamagedBytes) {
        let stride = MemoryLayout<NameSlot>.stride
        guard let result, run.seed == result.seed, run.nameCount == nameCount, run.first == readCount,
            run.slots.count % stride == 0, run.slots.count / stride <= result.slots.count - readCount
        else { throw DamagedBytes("slots of names that do not follow those before") }
        let count = run.slots.count / stride
        let slots = result.slots[readCount..<readCount + count]
        readCount += count
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: slots)).copyMemory(from: run.slots)
        var greatest: UInt32 = 0
        for slot in slots {
            greatest = max(greatest, slot.number)
            takenCount += slot.isFree ? 0 : 1
        }
        // Never more, or a search might find no end.
        guard greatest <= nameCount, takenCount <= nameCount else {
            drop()
            throw DamagedBytes("slots of more than \(nameCount) names of kind \(run.kind)")
        }
    }

    private func drop() {
        result?.free()
        result = nil
    }

    /// Nil unless all have come, and as many are taken as there are names: of the empty ones, which are erased, the first
    /// alone has a slot. Once.
    func take(emptyCount: Int) -> NameSlots? {
        guard let result, readCount == result.slots.count,
            takenCount == Int(nameCount) - max(emptyCount - 1, 0)
        else { return nil }
        self.result = nil
        return result
    }
}
