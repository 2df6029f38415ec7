import CHash
import Synchronization

/// Names ↔ dense numbers, one numbering a kind, in memory.
///
/// The log persists what is interned here beside its blocks, so numbers are the same after every
/// restart. Names live in one arena of bytes and are found through open addressing with linear
/// probing: 8 bytes a slot, 8 a name, and the bytes themselves. Not thread-safe: it belongs to the
/// writer's thread; others read names through its `reader`.
public final class NameTable {
    private let tables: UnsafeMutableBufferPointer<NameTableOfKind>
    private let growth = Growth()

    public init() {
        tables = .allocate(capacity: NameKind.allCases.count)
        for index in tables.indices { tables.initializeElement(at: index, to: NameTableOfKind(growth: growth)) }
    }

    /// For any thread.
    public var reader: NameReader { NameReader(table: self) }

    fileprivate func publishedName(_ number: UInt32, _ kind: NameKind) -> String {
        growth.isChanging.withLock { _ in
            String(decoding: tables[Self.index(kind)].publishedBytes(of: number), as: UTF8.self)
        }
    }

    /// See `NameReader.append`.
    fileprivate func append(
        publishedNames numbers: Range<UInt32>, of kind: NameKind, to buffer: ByteBuffer, upTo byteCount: Int
    ) -> UInt32 {
        growth.isChanging.withLock { _ in
            let end = buffer.count + byteCount
            var number = numbers.lowerBound
            while number < numbers.upperBound, number == numbers.lowerBound || buffer.count < end {
                let name = tables[Self.index(kind)].publishedBytes(of: number)
                buffer.append(UInt32(name.count))
                buffer.append(name)
                number += 1
            }
            return number - numbers.lowerBound
        }
    }

    deinit {
        tables.deinitialize()
        tables.deallocate()
    }

    /// The number of `name`, or nil when it was never interned. O(1), allocates nothing.
    public func find<I: Identifier>(_ name: UnsafeRawBufferPointer, as: I.Type = I.self) -> I? {
        let number = tables[Self.index(I.kind)].find(name)
        return number == 0 ? nil : I(number: number)
    }

    public func find<I: Identifier>(_ name: String, as: I.Type = I.self) -> I? {
        var name = name
        return name.withUTF8 { find(UnsafeRawBufferPointer($0), as: I.self) }
    }

    /// The number of `name`, a new one when it was never seen. Amortised O(1).
    public func intern<I: Identifier>(_ name: UnsafeRawBufferPointer, as: I.Type = I.self) -> I {
        I(number: tables[Self.index(I.kind)].intern(name))
    }

    public func intern<I: Identifier>(_ name: String, as: I.Type = I.self) -> I {
        var name = name
        return name.withUTF8 { intern(UnsafeRawBufferPointer($0), as: I.self) }
    }

    // MARK: Looking up ahead

    /// Begins to look for a name: asks for the memory of its slot. The hash that is returned is this process's own.
    ///
    /// Names in no order are three misses of the processor's cache each. Whoever has many to look for takes the steps
    /// of all of them together: this one, `candidate`, `prefetchBytes`, `find(_:hash:)`.
    @inline(__always)
    public func prefetch<I: Identifier>(_ name: UnsafeRawBufferPointer, as: I.Type) -> UInt32 {
        let table = tables.baseAddress! + Self.index(I.kind)
        let hash = table.pointee.hash(name)
        table.pointee.prefetchSlot(hash)
        return hash
    }

    /// Who has this hash and may be the one, none where nobody has; asks for what says where its bytes lie.
    @inline(__always)
    public func candidate<I: Identifier>(_ hash: UInt32, as: I.Type = I.self) -> I {
        I(number: tables[Self.index(I.kind)].candidate(hash))
    }

    /// Asks for the bytes of `id`, with which a name is compared.
    @inline(__always)
    public func prefetchBytes<I: Identifier>(of id: I) { tables[Self.index(I.kind)].prefetchBytes(of: id.number) }

    /// The number of `name`, whose hash is known; none when it was never interned.
    @inline(__always)
    public func find<I: Identifier>(_ name: UnsafeRawBufferPointer, hash: UInt32, as: I.Type = I.self) -> I {
        I(number: tables[Self.index(I.kind)].find(name, hash: hash))
    }

    /// How many names of `kind` there are; their numbers run from 1 to this.
    public func count(_ kind: NameKind) -> Int { tables[Self.index(kind)].count }

    /// The text of `id`; empty for none. Copies: for cold paths.
    public func name<I: Identifier>(_ id: I) -> String {
        withBytes(of: id) { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with the bytes of `id`; empty for none. The bytes are valid only inside `body`, which
    /// must not intern.
    public func withBytes<I: Identifier, R>(of id: I, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(tables[Self.index(I.kind)].bytes(of: id.number))
    }

    /// The same for a kind known only at run time, as the log needs it.
    public func withBytes<R>(
        of number: UInt32, kind: NameKind, _ body: (UnsafeRawBufferPointer) throws -> R
    ) rethrows -> R {
        try body(tables[Self.index(kind)].bytes(of: number))
    }

    /// Whether `left`'s bytes come before `right`'s. Used for ties, which are broken by name so that
    /// numbers never reach an answer.
    public func precedes<I: Identifier>(_ left: I, _ right: I) -> Bool {
        withBytes(of: left) { leftBytes in
            withBytes(of: right) { rightBytes in leftBytes.lexicographicallyPrecedes(rightBytes) }
        }
    }

    /// Puts a name read back from the log at the number it had. Names must come in order of number, and none
    /// can be looked for before `endRestoring`.
    public func restore(_ name: UnsafeRawBufferPointer, kind: NameKind, number: UInt32) {
        let restored = tables[Self.index(kind)].store(name)
        precondition(restored == number, "names restored out of order")
    }

    /// Makes room for so many more names.
    func reserve(_ kind: NameKind, names: Int, bytes: Int) {
        tables[Self.index(kind)].reserve(moreNames: names, bytes: bytes)
    }

    /// Forgets what was restored; nobody may have read it.
    public func removeAll() {
        for index in tables.indices { tables[index] = NameTableOfKind(growth: growth) }
    }

    /// All names have been restored and can be looked for from here on. O(names).
    public func endRestoring() { use(restoredIndex()) }

    /// What finds restored names, for `use`. Reads them and nothing else, so that another thread may read them
    /// meanwhile; no name may be added before `use`.
    public func restoredIndex() -> NameIndex { NameIndex(slots: tables.indices.map { tables[$0].indexed() }) }

    public func use(_ index: consuming NameIndex) {
        for (position, slots) in index.takeSlots().enumerated() { tables[position].use(slots) }
    }

    private static func index(_ kind: NameKind) -> Int { Int(kind.rawValue) - 1 }
}

/// Reads names on any thread while the writer interns others.
///
/// A name's bytes never change. Only the memory in which they lie is replaced when it gets too small, and that waits
/// until nobody reads. Whoever asks must have learnt of the number from what the writer published after interning it.
public struct NameReader: @unchecked Sendable {
    fileprivate let table: NameTable

    /// The text of `id`; empty for none.
    public func name<I: Identifier>(_ id: I) -> String { id.isNone ? "" : table.publishedName(id.number, I.kind) }

    /// Appends the entries of a run to `buffer`: those of the names `numbers`, or of as many of the first as make
    /// `byteCount` bytes. Returns how many; one at least if there is one. The writer's next name may wait meanwhile.
    public func append(
        _ numbers: Range<UInt32>, of kind: NameKind, to buffer: ByteBuffer, upTo byteCount: Int
    ) -> UInt32 {
        table.append(publishedNames: numbers, of: kind, to: buffer, upTo: byteCount)
    }
}

/// Held to read on another thread than the table's own, and to replace memory that is read there.
private final class Growth: Sendable {
    let isChanging = Mutex(())
}

/// Finds names that were restored; see `NameTable.restoredIndex`.
public struct NameIndex: ~Copyable, @unchecked Sendable {
    /// Owned until they are taken.
    private var slots: [UnsafeMutableBufferPointer<NameSlot>]

    fileprivate init(slots: [UnsafeMutableBufferPointer<NameSlot>]) { self.slots = slots }

    fileprivate mutating func takeSlots() -> [UnsafeMutableBufferPointer<NameSlot>] {
        defer { slots = [] }
        return slots
    }

    deinit { for slots in slots { HugePages.free(slots) } }
}

/// Names of one kind, over memory of its own: as arrays inside an array these cost a retain and a release
/// each at every look-up, which was a tenth of the writer's time.
private struct NameTableOfKind: ~Copyable {
    /// A power of two long and at most 3/4 full.
    private var slots: UnsafeMutableBufferPointer<NameSlot>
    /// `ends[n]` is where the name with number n ends in `arena`; `ends[0]` is 0.
    private var ends: UnsafeMutableBufferPointer<Int>
    private var arena: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0
    private let growth: Growth
    /// Fresh in each process, so that nobody can choose names that collide.
    private let seed = UInt64.random(in: .min ... .max)

    private static let leastSlots = 64
    private static let leastArenaBytes = 1 << 10

    init(growth: Growth) {
        self.growth = growth
        slots = HugePages.allocateZeroed(Self.leastSlots)
        ends = HugePages.allocateZeroed(Self.leastSlots)
        arena = HugePages.allocate(Self.leastArenaBytes)
    }

    deinit {
        HugePages.free(slots)
        HugePages.free(ends)
        HugePages.free(arena)
    }

    @inline(__always)
    func hash(_ name: UnsafeRawBufferPointer) -> UInt32 { UInt32(truncatingIfNeeded: hash64(name, seed: seed)) }

    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer) -> UInt32 { find(name, hash: hash(name)) }

    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
        let mask = slots.count - 1
        var place = Int(hash) & mask
        while case let slot = slots[place], !slot.isFree {
            if slot.hash == hash, matches(slot.number, name) { return slot.number }
            place = (place + 1) & mask
        }
        return 0
    }

    mutating func intern(_ name: UnsafeRawBufferPointer) -> UInt32 {
        let hash = hash(name)
        let found = find(name, hash: hash)
        return found != 0 ? found : append(name, hash: hash)
    }

    /// Adds `name`, which may not be in the table yet, or is there but erased (empty names repeat).
    private mutating func append(_ name: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
        let number = store(name)
        if count * 4 > slots.count * 3 { grow() }
        Self.place(NameSlot(number: number, hash: hash), in: slots)
        return number
    }

    /// Gives `name` the next number without entering it among those that can be found.
    mutating func store(_ name: UnsafeRawBufferPointer) -> UInt32 {
        let start = ends[count]
        reserve(names: count + 2, bytes: start + name.count)
        if let source = name.baseAddress {
            UnsafeMutableRawPointer(arena.baseAddress! + start).copyMemory(from: source, byteCount: name.count)
        }
        count += 1
        ends[count] = start + name.count
        return UInt32(count)
    }

    @inline(__always)
    func bytes(of number: UInt32) -> UnsafeRawBufferPointer {
        guard number > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        precondition(number <= count, "no name has this number")
        return UnsafeRawBufferPointer(arena).slice(ends[Int(number) - 1]..<ends[Int(number)])
    }

    /// On any thread, while growth is held off. Touches nothing that the writer changes when it adds a name.
    func publishedBytes(of number: UInt32) -> UnsafeRawBufferPointer {
        precondition(Int(number) < ends.count, "no name has this number")
        return UnsafeRawBufferPointer(arena).slice(ends[Int(number) - 1]..<ends[Int(number)])
    }

    @inline(__always)
    private func matches(_ number: UInt32, _ name: UnsafeRawBufferPointer) -> Bool {
        let known = bytes(of: number)
        guard known.count == name.count else { return false }
        guard let left = known.baseAddress, let right = name.baseAddress else { return true }
        return chash_same(left, right, name.count)
    }

    // MARK: Looking up ahead

    @inline(__always)
    func prefetchSlot(_ hash: UInt32) { prefetch(slots.baseAddress! + Int(hash) & (slots.count - 1)) }

    /// The number whose name has this hash and may be the one sought, 0 for none; asks for where its bytes lie.
    @inline(__always)
    func candidate(_ hash: UInt32) -> UInt32 {
        let mask = slots.count - 1
        var place = Int(hash) & mask
        while case let slot = slots[place], !slot.isFree {
            if slot.hash == hash {
                prefetch(ends.baseAddress! + Int(slot.number - 1))
                return slot.number
            }
            place = (place + 1) & mask
        }
        return 0
    }

    @inline(__always)
    func prefetchBytes(of number: UInt32) {
        if number > 0 { prefetch(arena.baseAddress! + ends[Int(number) - 1]) }
    }

    // MARK: Slots

    private static func place(_ slot: NameSlot, in slots: UnsafeMutableBufferPointer<NameSlot>) {
        let mask = slots.count - 1
        var place = Int(slot.hash) & mask
        while !slots[place].isFree { place = (place + 1) & mask }
        slots[place] = slot
    }

    mutating func use(_ slots: UnsafeMutableBufferPointer<NameSlot>) {
        HugePages.free(self.slots)
        self.slots = slots
    }

    /// Twice the slots. They have the hashes, so no name is read.
    private mutating func grow() {
        let larger = HugePages.allocateZeroed(slots.count * 2, of: NameSlot.self)
        for slot in slots where !slot.isFree { Self.place(slot, in: larger) }
        use(larger)
    }

    /// All names in new slots.
    ///
    /// A slot anywhere in a large table is a miss of the processor's cache. So each name is put into the stretch of the
    /// table that it belongs to, one behind the other, and then each stretch is put in order by itself.
    func indexed() -> UnsafeMutableBufferPointer<NameSlot> {
        var slotCount = Self.leastSlots
        while count * 4 > slotCount * 3 { slotCount *= 2 }
        let slots = HugePages.allocateZeroed(slotCount, of: NameSlot.self)
        let stretch = min(slotCount, Self.slotsPerStretch)
        let stretchBits = stretch.trailingZeroBitCount
        // By stretch, where the first and the next of its names stand for now. Not all at the beginning: places that lie a
        // power of two apart take turns for the same few lines of the processor's cache.
        let starts = (0..<slotCount / stretch).map { $0 * Self.stagger & (stretch / 4 - 1) }
        var ends = starts
        // Those that their stretch has no room for.
        var rest: [NameSlot] = []
        var hasEmpty = false
        for number in 1..<UInt32(count) + 1 {
            let name = bytes(of: number)
            // Erased names are all the same, and each would be sought a place behind all others.
            if name.isEmpty, hasEmpty { continue }
            hasEmpty = hasEmpty || name.isEmpty
            let slot = NameSlot(number: number, hash: hash(name))
            let index = (Int(slot.hash) & (slotCount - 1)) >> stretchBits
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
        for slot in rest { Self.place(slot, in: slots) }
        return slots
    }

    /// 64 KiB: they stay in the processor's cache while they are put in order.
    private static let slotsPerStretch = 1 << 13
    /// Eight lines of the processor's cache.
    private static let stagger = 64

    mutating func reserve(moreNames names: Int, bytes: Int) {
        reserve(names: count + 1 + names, bytes: ends[count] + bytes)
    }

    /// Doubles what is too small, so that adding a name costs amortised O(its length).
    private mutating func reserve(names: Int, bytes: Int) {
        guard names > ends.count || bytes > arena.count else { return }
        // By a name of its own, since what is done under it changes self.
        let growth = growth
        if names > ends.count {
            let larger = HugePages.allocateZeroed(max(names, ends.count * 2), of: Int.self)
            larger.baseAddress!.update(from: ends.baseAddress!, count: ends.count)
            growth.isChanging.withLock { _ in
                HugePages.free(ends)
                ends = larger
            }
        }
        if bytes > arena.count {
            let larger = HugePages.allocate(max(bytes, arena.count * 2), of: UInt8.self)
            UnsafeMutableRawBufferPointer(larger).copyMemory(from: UnsafeRawBufferPointer(arena))
            growth.isChanging.withLock { _ in
                HugePages.free(arena)
                arena = larger
            }
        }
    }
}

/// A name's number beside the hash that placed it, so that hardly any other name is read on the way to one, and
/// none when the table grows. Number 0 is a free slot: memory that is zero is slots that are free.
private struct NameSlot: BitwiseCopyable {
    var number: UInt32
    /// Of the name; its low bits are the slot where the search begins.
    var hash: UInt32

    @inline(__always) var isFree: Bool { number == 0 }
}
