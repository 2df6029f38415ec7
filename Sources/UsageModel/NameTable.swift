import CHash

/// Names ↔ dense numbers, one numbering a kind, in memory.
///
/// The log persists what is interned here beside its blocks, so numbers are the same after every
/// restart. Names live in one arena of bytes and are found through open addressing with linear
/// probing: 4 bytes a slot, 8 a name, and the bytes themselves. Not thread-safe: it belongs to the
/// writer's thread.
public final class NameTable {
    private let tables: UnsafeMutableBufferPointer<NameTableOfKind>

    public init() {
        tables = .allocate(capacity: NameKind.allCases.count)
        for index in tables.indices { tables.initializeElement(at: index, to: NameTableOfKind()) }
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

    /// Puts a name read back from the log at the number it had. Names must come in order of number.
    public func restore(_ name: UnsafeRawBufferPointer, kind: NameKind, number: UInt32) {
        let interned = tables[Self.index(kind)].append(name)
        precondition(interned == number, "names restored out of order")
    }

    private static func index(_ kind: NameKind) -> Int { Int(kind.rawValue) - 1 }
}

/// Names of one kind, over memory of its own: as arrays inside an array these cost a retain and a release
/// each at every look-up, which was a tenth of the writer's time.
private struct NameTableOfKind: ~Copyable {
    /// Numbers by slot; 0 is free. A power of two long and at most 3/4 full.
    private var slots: UnsafeMutableBufferPointer<UInt32>
    /// `ends[n]` is where the name with number n ends in `arena`; `ends[0]` is 0.
    private var ends: UnsafeMutableBufferPointer<Int>
    private var arena: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    /// Fresh in each process, so that nobody can choose names that collide.
    private let seed = UInt64.random(in: .min ... .max)

    private static let leastSlots = 64
    private static let leastArenaBytes = 1 << 10

    init() {
        slots = .allocate(capacity: Self.leastSlots)
        slots.initialize(repeating: 0)
        ends = .allocate(capacity: Self.leastSlots)
        ends.initialize(repeating: 0)
        arena = .allocate(byteCount: Self.leastArenaBytes, alignment: 1)
    }

    deinit {
        slots.deallocate()
        ends.deallocate()
        arena.deallocate()
    }

    func find(_ name: UnsafeRawBufferPointer) -> UInt32 {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash64(name, seed: seed)) & mask
        while slots[slot] != 0 {
            if matches(slots[slot], name) { return slots[slot] }
            slot = (slot + 1) & mask
        }
        return 0
    }

    mutating func intern(_ name: UnsafeRawBufferPointer) -> UInt32 {
        let found = find(name)
        return found != 0 ? found : append(name)
    }

    /// Adds `name`, which may not be in the table yet, or is there but erased (empty names repeat).
    mutating func append(_ name: UnsafeRawBufferPointer) -> UInt32 {
        let start = ends[count]
        reserve(names: count + 2, bytes: start + name.count)
        if let source = name.baseAddress {
            (arena.baseAddress! + start).copyMemory(from: source, byteCount: name.count)
        }
        count += 1
        ends[count] = start + name.count
        let number = UInt32(count)
        if count * 4 > slots.count * 3 {
            growSlots()
        } else {
            place(number, hash: hash64(name, seed: seed))
        }
        return number
    }

    func bytes(of number: UInt32) -> UnsafeRawBufferPointer {
        guard number > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        precondition(number <= count, "no name has this number")
        return UnsafeRawBufferPointer(rebasing: arena[ends[Int(number) - 1]..<ends[Int(number)]])
    }

    private func matches(_ number: UInt32, _ name: UnsafeRawBufferPointer) -> Bool {
        let known = bytes(of: number)
        guard known.count == name.count else { return false }
        guard let left = known.baseAddress, let right = name.baseAddress else { return true }
        return chash_same(left, right, name.count)
    }

    private mutating func place(_ number: UInt32, hash: UInt64) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = number
    }

    private mutating func growSlots() {
        let count = slots.count * 2
        slots.deallocate()
        slots = .allocate(capacity: count)
        slots.initialize(repeating: 0)
        for number in 1...UInt32(self.count) { place(number, hash: hash64(bytes(of: number), seed: seed)) }
    }

    /// Doubles what is too small, so that adding a name costs amortised O(its length).
    private mutating func reserve(names: Int, bytes: Int) {
        if names > ends.count {
            let larger = UnsafeMutableBufferPointer<Int>.allocate(capacity: max(names, ends.count * 2))
            larger.initialize(repeating: 0)
            larger.baseAddress!.update(from: ends.baseAddress!, count: ends.count)
            ends.deallocate()
            ends = larger
        }
        if bytes > arena.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes, arena.count * 2), alignment: 1)
            larger.copyMemory(from: UnsafeRawBufferPointer(arena))
            arena.deallocate()
            arena = larger
        }
    }
}
