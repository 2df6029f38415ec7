import UsageModel

/// Fingerprints and seqs of one date, all or those that begin with the same bits, in open addressing that stays sorted.
///
/// An entry's home slot grows with its fingerprint, and entries are kept in order (linear probing, a
/// smaller entry pushes larger ones on). So a search ends at the first larger entry even when the table
/// is nearly full, growing is one pass from left to right, and the table is a sorted run as it stands.
struct FingerprintTable: Sendable {
    static let greatestSeq: UInt64 = 1 << 48 - 1

    /// Entries; the last slot is always free, so every search ends.
    private var words: [UInt32] = []
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

    init() {
        depth = 0
        allocate(homeCount: Self.leastHomeCount)
    }

    /// With room for `count` entries that share `depth` bits.
    init(capacity count: Int, depth: Int = 0) {
        self.depth = depth
        allocate(homeCount: Self.homeCount(for: count))
    }

    /// Homes for `count` entries such that a table with them need not grow.
    static func homeCount(for count: Int) -> Int { max(count * 100 / greatestLoadPercent + 2, leastHomeCount) }

    /// Whether the next entry makes it grow.
    @inline(__always)
    var isFull: Bool { count >= homeCount * Self.greatestLoadPercent / 100 }

    var byteCount: Int { words.count * MemoryLayout<UInt32>.size }

    /// Enters into a table with room, or a few more: they are found all the same.
    mutating func insert(_ fingerprint: UInt64, _ seq: UInt64) {
        let new = FingerprintEntry(fingerprint: fingerprint, seq: seq)
        let home = home(new.fingerprint)
        let isAtEnd = words.withUnsafeMutableBufferPointer { words in
            var slot = home
            while case let entry = FingerprintEntry(words, slot), !entry.isFree, entry.precedes(new) { slot += 1 }
            var end = slot
            while !FingerprintEntry(words, end).isFree { end += 1 }
            // Everything from `slot` on moves up by one, into the free slot at the end of the run.
            if end > slot, let base = words.baseAddress {
                let start = base + slot * Self.wordsPerEntry
                (start + Self.wordsPerEntry).update(from: start, count: (end - slot) * Self.wordsPerEntry)
            }
            new.write(words, slot)
            return (end + 2) * Self.wordsPerEntry > words.count
        }
        if isAtEnd { extend() }
        count += 1
    }

    /// Seqs of entries with the upper 48 bits of `fingerprint`, ascending.
    func candidates(_ fingerprint: UInt64) -> [UInt64] {
        let wanted = fingerprint >> 16
        let home = home(wanted)
        var found: [UInt64] = []
        words.withUnsafeBufferPointer { words in
            var slot = home
            while case let entry = FingerprintEntry(words, slot), !entry.isFree, entry.fingerprint <= wanted {
                if entry.fingerprint == wanted { found.append(entry.seq) }
                slot += 1
            }
        }
        return found
    }

    /// Asks for the memory where `fingerprint` is or will be.
    @inline(__always)
    func prefetch(_ fingerprint: UInt64) {
        let home = home(fingerprint >> 16)
        words.withUnsafeBufferPointer { UsageModel.prefetch($0.baseAddress! + home * Self.wordsPerEntry) }
    }

    /// The entry at `slot` or the first behind it, with its slot; nil when there is none.
    func entry(from slot: Int) -> (entry: FingerprintEntry, slot: Int)? {
        words.withUnsafeBufferPointer { words in
            for slot in slot..<words.count / Self.wordsPerEntry {
                let entry = FingerprintEntry(words, slot)
                if !entry.isFree { return (entry, slot) }
            }
            return nil
        }
    }

    /// Two tables of the entries with a 0 and those with a 1 behind the shared bits: in order, so each is a stretch.
    func split() -> (FingerprintTable, FingerprintTable) {
        let isInSecond = { (entry: FingerprintEntry) in
            entry.fingerprint >> UInt64(FingerprintEntry.fingerprintBits - 1 - depth) & 1 == 1
        }
        return words.withUnsafeBufferPointer { words in
            var middle = 0
            var firstCount = 0
            while middle < words.count / Self.wordsPerEntry {
                let entry = FingerprintEntry(words, middle)
                if !entry.isFree {
                    if isInSecond(entry) { break }
                    firstCount += 1
                }
                middle += 1
            }
            let middleWord = middle * Self.wordsPerEntry
            return (
                FingerprintTable(.init(rebasing: words[..<middleWord]), count: firstCount, depth: depth + 1),
                FingerprintTable(.init(rebasing: words[middleWord...]), count: count - firstCount, depth: depth + 1)
            )
        }
    }

    /// Of the `count` entries of `words`, which share `depth` bits, with room for nearly half as many again: as many as
    /// when it was split would be 32 bytes an entry.
    private init(_ words: UnsafeBufferPointer<UInt32>, count: Int, depth: Int) {
        self.depth = depth
        take(words, homeCount: Self.homeCount(for: count * 14 / 10))
        self.count = count
    }

    private func home(_ fingerprint: UInt64) -> Int {
        FingerprintEntry.home(fingerprint << UInt64(depth), of: homeCount)
    }

    private mutating func allocate(homeCount: Int, leastSlots: Int = 0) {
        self.homeCount = homeCount
        let slots = max(homeCount + min(homeCount, Self.overflowCount), leastSlots)
        words = [UInt32](repeating: 0, count: slots * Self.wordsPerEntry)
    }

    private mutating func extend() {
        words.append(contentsOf: repeatElement(0, count: Self.overflowCount * Self.wordsPerEntry))
    }

    /// By half, or less where that is enough for `greatestCount` entries.
    mutating func grow(to greatestCount: Int) {
        let old = words
        let homeCount = min(homeCount * 3 / 2 + 1, Self.homeCount(for: greatestCount))
        old.withUnsafeBufferPointer { take($0, homeCount: homeCount) }
    }

    /// Lays the entries of `old` out among `homeCount` homes. In order, each goes to its home or right behind the one
    /// before: once to see how far that goes, once to write.
    private mutating func take(_ old: UnsafeBufferPointer<UInt32>, homeCount: Int) {
        let depth = depth
        let slots = Self.layOut(old, depth, homeCount: homeCount) { _, _ in } + 1
        allocate(homeCount: homeCount, leastSlots: slots)
        words.withUnsafeMutableBufferPointer { new in
            _ = Self.layOut(old, depth, homeCount: homeCount) { entry, place in entry.write(new, place) }
        }
    }

    /// Calls `body` with each entry of `words` and its place among `homeCount` homes. Returns how many slots that takes.
    @inline(__always)
    private static func layOut(
        _ words: UnsafeBufferPointer<UInt32>, _ depth: Int, homeCount: Int, _ body: (FingerprintEntry, Int) -> Void
    ) -> Int {
        var entries = FingerprintEntries(words)
        var next = 0
        while let entry = entries.next() {
            let place = max(FingerprintEntry.home(entry.fingerprint << UInt64(depth), of: homeCount), next)
            body(entry, place)
            next = place + 1
        }
        return next
    }
}
