import UsageModel

/// Fingerprints and seqs of one date, all or those that begin with the same bits, in open addressing that stays sorted.
///
/// An entry's home slot grows with its fingerprint, and entries are kept in order (linear probing, a
/// smaller entry pushes larger ones on). So a search ends at the first larger entry even when the table
/// is nearly full, growing is one pass from left to right, and the table is a sorted run as it stands.
struct FingerprintTable: @unchecked Sendable {
    static let greatestSeq: UInt64 = 1 << 48 - 1

    private var memory: FingerprintMemory
    /// The memory's: slots of entries, of which the last is always free, so every search ends. A search by way of the
    /// memory would count a reference to it, which waits for whatever was asked for ahead.
    private var words: UnsafeMutableBufferPointer<UInt32>
    private(set) var count = 0
    /// Home slots; behind them lie more for what is pushed over the end.
    private var homeCount = 0

    /// How many leading bits all entries share.
    let depth: Int

    private static let wordsPerEntry = FingerprintEntry.wordCount
    /// Up to 75 % an entry moves some four others when it comes, at 88 % it is ten, and growth by half moves each twice
    /// in all: 16 to 24 bytes an entry. Tables of 14 to 16 bytes that grew by a sixth were a tenth of an event's cost.
    private static let greatestLoadPercent = 75
    /// Small, since a sender may give each of its events a date of its own.
    private static let leastHomeCount = 4
    /// Slots behind the homes of all but small tables, and how many are added when they are used up, which
    /// chance does once in millions of tables and equal fingerprints do at will.
    private static let overflowCount = 64

    init() { self.init(homeCount: Self.leastHomeCount, depth: 0) }

    /// With room for `count` entries that share `depth` bits.
    init(capacity count: Int, depth: Int = 0) { self.init(homeCount: Self.homeCount(for: count), depth: depth) }

    private init(homeCount: Int, depth: Int) {
        self.homeCount = homeCount
        self.depth = depth
        memory = FingerprintMemory(wordCount: Self.slotCount(homeCount) * Self.wordsPerEntry)
        words = memory.words
    }

    /// Homes for `count` entries such that a table with them need not grow.
    static func homeCount(for count: Int) -> Int { max(count * 100 / greatestLoadPercent + 2, leastHomeCount) }

    /// Whether the next entry makes it grow.
    @inline(__always)
    var isFull: Bool { count >= homeCount * Self.greatestLoadPercent / 100 }

    var byteCount: Int { words.count * MemoryLayout<UInt32>.size }

    private func pointer(to slot: Int) -> UnsafeMutablePointer<UInt32> {
        words.baseAddress.unsafelyUnwrapped + slot * Self.wordsPerEntry
    }

    private func entry(at slot: Int) -> FingerprintEntry { FingerprintEntry(pointer(to: slot)) }

    /// Enters into a table with room, or a few more: they are found all the same.
    @inline(__always)
    mutating func insert(_ fingerprint: UInt64, _ seq: UInt64) {
        if !isKnownUniquelyReferenced(&memory) { replaceMemory(wordCount: words.count) }
        let new = FingerprintEntry(fingerprint: fingerprint, seq: seq)
        var slot = home(new.fingerprint)
        while case let entry = entry(at: slot), !entry.isFree, entry.precedes(new) { slot += 1 }
        var end = slot
        while !entry(at: end).isFree { end += 1 }
        // Everything from `slot` on moves up by one, into the free slot at the end of the run.
        if end > slot {
            pointer(to: slot + 1).update(from: pointer(to: slot), count: (end - slot) * Self.wordsPerEntry)
        }
        new.write(pointer(to: slot))
        count += 1
        if (end + 2) * Self.wordsPerEntry > words.count {
            replaceMemory(wordCount: words.count + Self.overflowCount * Self.wordsPerEntry)
        }
    }

    /// Calls `body` with the seqs of entries with the upper 48 bits of `fingerprint`, ascending, until it says no.
    @inline(__always)
    func forEachCandidate(_ fingerprint: UInt64, _ body: (UInt64) -> Bool) {
        let wanted = fingerprint >> 16
        var slot = home(wanted)
        while case let entry = entry(at: slot), !entry.isFree, entry.fingerprint <= wanted {
            if entry.fingerprint == wanted, !body(entry.seq) { return }
            slot += 1
        }
    }

    /// Asks for the memory where `fingerprint` is or will be.
    @inline(__always)
    func prefetch(_ fingerprint: UInt64) { UsageModel.prefetch(pointer(to: home(fingerprint >> 16))) }

    /// The entry at `slot` or the first behind it, with its slot; nil when there is none.
    func entry(from slot: Int) -> (entry: FingerprintEntry, slot: Int)? {
        for slot in slot..<slotCount {
            let entry = entry(at: slot)
            if !entry.isFree { return (entry, slot) }
        }
        return nil
    }

    /// Two tables of the entries with a 0 and those with a 1 behind the shared bits: in order, so each is a stretch.
    func split() -> (FingerprintTable, FingerprintTable) {
        let isInSecond = { (entry: FingerprintEntry) in
            entry.fingerprint >> UInt64(FingerprintEntry.fingerprintBits - 1 - depth) & 1 == 1
        }
        var middle = 0
        var firstCount = 0
        while middle < slotCount {
            let entry = entry(at: middle)
            if !entry.isFree {
                if isInSecond(entry) { break }
                firstCount += 1
            }
            middle += 1
        }
        return (
            FingerprintTable(of: self, 0..<middle, count: firstCount),
            FingerprintTable(of: self, middle..<slotCount, count: count - firstCount)
        )
    }

    /// Of the `count` entries in some slots of a table that is split, with room for nearly half as many again: as many as
    /// when it was split would be 32 bytes an entry.
    private init(of table: FingerprintTable, _ slots: Range<Int>, count: Int) {
        self.init(homeCount: Self.homeCount(for: count * 14 / 10), depth: table.depth + 1)
        take(slots, of: table)
    }

    @inline(__always)
    private func home(_ fingerprint: UInt64) -> Int {
        FingerprintEntry.home(fingerprint, depth: depth, of: homeCount)
    }

    private static func slotCount(_ homeCount: Int) -> Int { homeCount + min(homeCount, overflowCount) }

    private var slotCount: Int { words.count / Self.wordsPerEntry }

    /// By half, or less where that is enough for `greatestCount` entries.
    mutating func grow(to greatestCount: Int) {
        let old = self
        self = FingerprintTable(
            homeCount: min(homeCount * 3 / 2 + 1, Self.homeCount(for: greatestCount)), depth: depth)
        take(0..<old.slotCount, of: old)
    }

    /// Lays the entries in some slots of `other` out in this table, which is empty. In order, each goes to its home or
    /// right behind the one before.
    private mutating func take(_ slots: Range<Int>, of other: FingerprintTable) {
        var next = 0
        for slot in slots {
            let entry = other.entry(at: slot)
            guard !entry.isFree else { continue }
            let place = max(home(entry.fingerprint), next)
            if place + 2 > slotCount {
                replaceMemory(wordCount: words.count + Self.overflowCount * Self.wordsPerEntry)
            }
            entry.write(pointer(to: place))
            next = place + 1
            count += 1
        }
    }

    /// The same entries in memory of `wordCount` words, which nobody shares.
    @inline(never)
    private mutating func replaceMemory(wordCount: Int) {
        let replaced = FingerprintMemory(wordCount: wordCount)
        replaced.words.baseAddress.unsafelyUnwrapped.update(from: pointer(to: 0), count: words.count)
        memory = replaced
        words = replaced.words
    }
}

/// A table's words, all zero at first. Copies of a table share them until one of them is changed.
private final class FingerprintMemory {
    let words: UnsafeMutableBufferPointer<UInt32>

    init(wordCount: Int) {
        words = .allocate(capacity: wordCount)
        words.initialize(repeating: 0)
    }

    deinit { words.deallocate() }
}
