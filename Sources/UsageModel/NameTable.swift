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
    /// What finds restored names, by kind, as far as it was saved; see `restore(_: NameSlotRun)`.
    private var saved: [NameKind: SavedNameSlots] = [:]

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
        publishedNames numbers: Range<UInt32>, of kind: NameKind, sizes: ByteBuffer, bytes: ByteBuffer,
        upTo byteCount: Int
    ) {
        growth.isChanging.withLock { _ in
            let end = sizes.count + bytes.count + byteCount
            for number in numbers {
                let name = tables[Self.index(kind)].publishedBytes(of: number)
                sizes.append(UInt32(name.count))
                bytes.append(name)
                if sizes.count + bytes.count >= end { break }
            }
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

    /// The hash by which `name` is found, this table's own.
    ///
    /// Names in no order are three misses of the processor's cache each. Whoever has many to look for takes the steps
    /// of all of them together: this one, `prefetchSlot`, `candidate`, `prefetchBytes`, `find(_:hash:)`.
    @inline(__always)
    public func hash<I: Identifier>(_ name: UnsafeRawBufferPointer, as: I.Type) -> UInt32 {
        tables[Self.index(I.kind)].hash(name)
    }

    /// Asks for the memory of the slot of a name with this hash.
    @inline(__always)
    public func prefetchSlot<I: Identifier>(_ hash: UInt32, as: I.Type) {
        tables[Self.index(I.kind)].prefetchSlot(hash)
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

    /// Puts back names at the numbers they had; those that are there already are passed over. Runs of one kind must come in
    /// order, and as with other restored names none can be looked for before the index is used.
    public func restore(_ run: NameRun) throws(DamagedBytes) {
        let known = try run.count(before: UInt32(count(run.kind)) + 1)
        try tables[Self.index(run.kind)].store(run, behind: known)
    }

    /// Puts back what finds names that were restored before. Runs of one kind must come in order; if not all of them do,
    /// the index is made from the names.
    public func restore(_ run: NameSlotRun) throws(DamagedBytes) {
        let slots: SavedNameSlots
        if let known = saved[run.kind] {
            slots = known
        } else {
            slots = try SavedNameSlots(run, names: count(run.kind))
            saved[run.kind] = slots
        }
        try slots.append(run)
    }

    /// Makes room for so many more names.
    func reserve(_ kind: NameKind, names: Int, bytes: Int) {
        tables[Self.index(kind)].reserve(moreNames: names, bytes: bytes)
    }

    /// Forgets what was restored; nobody may have read it.
    public func removeAll() {
        for index in tables.indices { tables[index] = NameTableOfKind(growth: growth) }
        saved = [:]
    }

    /// All names have been restored and can be looked for from here on. O(names).
    public func endRestoring() { use(restoredIndex()) }

    /// What finds restored names, for `use`. Reads them and nothing else, so that another thread may read them
    /// meanwhile; no name may be added before `use`.
    public func restoredIndex() -> NameIndex {
        defer { saved = [:] }
        return NameIndex(
            slots: NameKind.allCases.map { tables[Self.index($0)].indexed(saved[$0]) })
    }

    public func use(_ index: consuming NameIndex) {
        for (kind, slots) in zip(NameKind.allCases, index.takeSlots()) { tables[Self.index(kind)].use(slots) }
    }

    /// Whether each name is found at its number, erased ones aside. O(names).
    public var areAllFound: Bool { tables.indices.allSatisfy { tables[$0].areAllFound } }

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

    /// Appends what a run has of the names `numbers`, or of as many of the first as make `byteCount` bytes; of one at least
    /// if there is one. The writer's next name may wait meanwhile.
    public func append(
        _ numbers: Range<UInt32>, of kind: NameKind, sizes: ByteBuffer, bytes: ByteBuffer, upTo byteCount: Int
    ) {
        table.append(publishedNames: numbers, of: kind, sizes: sizes, bytes: bytes, upTo: byteCount)
    }
}

/// Held to read on another thread than the table's own, and to replace memory that is read there.
private final class Growth: Sendable {
    let isChanging = Mutex(())
}

/// Finds names that were restored; see `NameTable.restoredIndex`.
public struct NameIndex: ~Copyable, @unchecked Sendable {
    /// Of each kind, in the order of `NameKind.allCases`; owned until they are taken.
    private var slots: [NameSlots]

    fileprivate init(slots: [NameSlots]) { self.slots = slots }

    fileprivate mutating func takeSlots() -> [NameSlots] {
        defer { slots = [] }
        return slots
    }

    deinit { for slots in slots { slots.free() } }
}

/// Names of one kind, over memory of its own: as arrays inside an array these cost a retain and a release
/// each at every look-up, which was a tenth of the writer's time.
private struct NameTableOfKind: ~Copyable {
    private var slots = NameSlots()
    /// `ends[n]` is where the name with number n ends in `arena`; `ends[0]` is 0.
    private var ends: UnsafeMutableBufferPointer<Int>
    private var arena: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0
    private let growth: Growth

    private static let leastNames = 64
    private static let leastArenaBytes = 1 << 10

    init(growth: Growth) {
        self.growth = growth
        ends = HugePages.allocateZeroed(Self.leastNames)
        arena = HugePages.allocate(Self.leastArenaBytes)
    }

    deinit {
        slots.free()
        HugePages.free(ends)
        HugePages.free(arena)
    }

    @inline(__always)
    func hash(_ name: UnsafeRawBufferPointer) -> UInt32 { slots.hash(name) }

    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer) -> UInt32 { find(name, hash: hash(name)) }

    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
        slots.find(hash) { matches($0, name) }
    }

    mutating func intern(_ name: UnsafeRawBufferPointer) -> UInt32 {
        let hash = hash(name)
        let found = find(name, hash: hash)
        return found != 0 ? found : append(name, hash: hash)
    }

    /// Adds `name`, which may not be in the table yet, or is there but erased (empty names repeat).
    private mutating func append(_ name: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
        let number = store(name)
        slots.reserve(nameCount: count)
        slots.place(NameSlot(number: number, hash: hash))
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

    /// Gives the names of a run behind the first `known` the next numbers, as `store` does.
    mutating func store(_ run: NameRun, behind known: Int) throws(DamagedBytes) {
        let added = Int(run.count) - known
        reserve(moreNames: added, bytes: run.bytes.count)
        let passedOver = (0..<known).reduce(0) { $0 + run.size($1) }
        let start = ends[count]
        var end = start
        for index in 0..<added {
            end += run.size(known + index)
            ends[count + 1 + index] = end
        }
        try run.expectEnd(passedOver + end - start == run.bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(arena)[start..<end])
            .copyMemory(from: run.bytes.slice(passedOver..<run.bytes.count))
        count += added
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
    func prefetchSlot(_ hash: UInt32) { slots.prefetchSlot(hash) }

    /// The number whose name has this hash and may be the one sought, 0 for none; asks for where its bytes lie.
    @inline(__always)
    func candidate(_ hash: UInt32) -> UInt32 {
        let number = slots.find(hash) { _ in true }
        if number > 0 { prefetch(ends.baseAddress! + Int(number - 1)) }
        return number
    }

    @inline(__always)
    func prefetchBytes(of number: UInt32) {
        guard number > 0 else { return }
        let start = ends[Int(number) - 1]
        prefetch(arena.baseAddress! + start)
        // Most names lie in one line.
        prefetch(arena.baseAddress! + max(start, ends[Int(number)] - 1))
    }

    // MARK: Slots

    mutating func use(_ slots: NameSlots) {
        self.slots.free()
        self.slots = slots
    }

    /// All names in new slots: those that were saved and the names that came behind, or all from the names.
    func indexed(_ saved: SavedNameSlots?) -> NameSlots {
        if let saved, var slots = saved.take(emptyCount: emptyCount(upTo: saved.nameCount)) {
            slots.reserve(nameCount: count)
            enter(saved.nameCount + 1..<UInt32(count) + 1, in: slots)
            return slots
        }
        var hashes = NameHashes()
        hashes.reserve(count)
        for number in 1..<UInt32(count) + 1 { hashes.append(bytes(of: number)) }
        return hashes.slots()
    }

    private func emptyCount(upTo last: UInt32) -> Int {
        (0..<Int(last)).reduce(0) { $0 + (ends[$1] == ends[$1 + 1] ? 1 : 0) }
    }

    var areAllFound: Bool {
        (1..<UInt32(count) + 1).allSatisfy { bytes(of: $0).isEmpty || find(bytes(of: $0)) == $0 }
    }

    private func enter(_ numbers: Range<UInt32>, in slots: NameSlots) {
        let hashes = numbers.map { slots.hash(bytes(of: $0)) }
        for (index, number) in numbers.enumerated() {
            slots.prefetchSlot(hashes[min(index + Self.lookahead, hashes.count - 1)])
            // Of the erased, which are all the same, the first is found.
            if bytes(of: number).isEmpty, slots.find(hashes[index], where: { bytes(of: $0).isEmpty }) != 0 { continue }
            slots.place(NameSlot(number: number, hash: hashes[index]))
        }
    }

    /// So many misses of the processor's cache at a time.
    private static let lookahead = 16

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
