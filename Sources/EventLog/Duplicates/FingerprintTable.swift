import UsageModel

/// Fingerprints and seqs of one date, all or those that begin with the same bits, in buckets of a line of the processor's
/// cache each.
///
/// A search touches the line of one bucket, of which it can be told before where it lies, and a new entry changes no other.
/// What finds its bucket full goes on to the next, and leaves word of it; with three of four places taken that are one of
/// seven. A table that stays sorted, one slot behind the other, is a byte or two an entry smaller, but what is searched and
/// moved there often goes on in a line that nobody asked for: an event's search and entry took 175 ns, and take 140.
///
/// A bucket's place grows with its fingerprints, so that they come nearly in order.
struct FingerprintTable: @unchecked Sendable {
    static let greatestSeq: UInt64 = 1 << 48 - 1

    private var memory: FingerprintMemory
    /// The memory's: buckets of 16 words, five entries and a header. A search by way of the memory would count a reference
    /// to it, which waits for whatever was asked for ahead.
    private var words: UnsafeMutableBufferPointer<UInt32>
    private(set) var count = 0
    /// Buckets in which entries belong; behind them lie more for what goes on over the end.
    private let homeCount: Int

    /// Another table may have the same memory.
    private var isShared = false

    /// How many leading bits all entries share.
    let depth: Int

    fileprivate static let wordsPerBucket = 16
    private static let entriesPerBucket = 5
    /// The bucket's last word: how many entries it has, and whether any that belongs here or before went on.
    private static let headerWord = wordsPerBucket - 1
    private static let countMask: UInt32 = 7
    private static let goesOn: UInt32 = 8

    /// With growth by half that moves each entry twice in all, it is 17 to 26 bytes an entry.
    private static let greatestLoadPercent = 75
    /// How many buckets lie behind the homes of large tables, and are added when they are used up, which chance
    /// does once in millions of tables and equal fingerprints do at will. A sender may give each of its events a date of
    /// its own, whose table has none.
    private static let overflowCount = 16

    init() { self.init(homeCount: 1, depth: 0) }

    /// With room for `count` entries that share `depth` bits.
    init(capacity count: Int, depth: Int = 0) { self.init(homeCount: Self.homeCount(for: count), depth: depth) }

    private init(homeCount: Int, depth: Int) {
        self.homeCount = homeCount
        self.depth = depth
        memory = FingerprintMemory(bucketCount: homeCount + min(homeCount / 4, Self.overflowCount))
        words = memory.words
    }

    /// Homes for `count` entries such that a table with them need not grow.
    private static func homeCount(for count: Int) -> Int {
        count * 100 / (entriesPerBucket * greatestLoadPercent) + 1
    }

    /// Whether the next entry makes it grow.
    @inline(__always)
    var isFull: Bool { count >= homeCount * (Self.entriesPerBucket * Self.greatestLoadPercent) / 100 }

    var byteCount: Int { words.count * MemoryLayout<UInt32>.size }

    /// Enters into a table with room, or a few more: they are found all the same.
    @inline(__always)
    mutating func insert(_ fingerprint: UInt64, _ seq: UInt64) {
        if isShared { endSharing() }
        insert(FingerprintEntry(fingerprint: fingerprint, seq: seq))
    }

    @inline(__always)
    private mutating func insert(_ new: FingerprintEntry) {
        var bucket = self.bucket(home(new.fingerprint))
        var header = bucket[Self.headerWord]
        while header & Self.countMask == Self.entriesPerBucket {
            bucket[Self.headerWord] = header | Self.goesOn
            bucket = nextBucket(bucket)
            header = bucket[Self.headerWord]
        }
        new.write(bucket + Int(header & Self.countMask) * FingerprintEntry.wordCount)
        bucket[Self.headerWord] = header + 1
        count += 1
    }

    /// Calls `body` with the seqs of entries with the upper 48 bits of `fingerprint`, in the order in which they came,
    /// until it says no.
    @inline(__always)
    func forEachCandidate(_ fingerprint: UInt64, _ body: (UInt64) -> Bool) {
        let wanted = fingerprint >> 16
        var bucket = self.bucket(home(wanted))
        while true {
            let header = bucket[Self.headerWord]
            for index in 0..<Int(header & Self.countMask) {
                let entry = FingerprintEntry(bucket + index * FingerprintEntry.wordCount)
                if entry.fingerprint == wanted, !body(entry.seq) { return }
            }
            guard header & Self.goesOn != 0 else { return }
            bucket += Self.wordsPerBucket
        }
    }

    /// The line of memory where a search for `fingerprint` begins.
    @inline(__always)
    func place(of fingerprint: UInt64) -> UnsafeRawPointer { UnsafeRawPointer(bucket(home(fingerprint >> 16))) }

    @inline(__always)
    private func bucket(_ index: Int) -> UnsafeMutablePointer<UInt32> {
        words.baseAddress.unsafelyUnwrapped + index * Self.wordsPerBucket
    }

    @inline(__always)
    private func home(_ fingerprint: UInt64) -> Int {
        FingerprintEntry.home(fingerprint, depth: depth, of: homeCount)
    }

    /// The bucket behind `bucket`, made when there is none.
    @inline(never)
    private mutating func nextBucket(_ bucket: UnsafeMutablePointer<UInt32>) -> UnsafeMutablePointer<UInt32> {
        let next = (bucket - words.baseAddress.unsafelyUnwrapped) / Self.wordsPerBucket + 1
        let bucketCount = words.count / Self.wordsPerBucket
        if next == bucketCount { replaceMemory(bucketCount: bucketCount + Self.overflowCount) }
        return self.bucket(next)
    }

    /// Calls `body` with all entries, those that are equal in the order in which they came.
    @inline(__always)
    private func forEach(_ body: (FingerprintEntry) -> Void) {
        for first in stride(from: 0, to: words.count, by: Self.wordsPerBucket) {
            let bucket = words.baseAddress.unsafelyUnwrapped + first
            for index in 0..<Int(bucket[Self.headerWord] & Self.countMask) {
                body(FingerprintEntry(bucket + index * FingerprintEntry.wordCount))
            }
        }
    }

    /// In order of fingerprint. O(entries), as long as few went on to other buckets than theirs.
    func sorted() -> [FingerprintEntry] {
        var entries: [FingerprintEntry] = []
        entries.reserveCapacity(count)
        forEach { entries.append($0) }
        // Each is moved by a few places, unless somebody has sought fingerprints out.
        var moves = 0
        for index in entries.indices.dropFirst() where entries[index].precedes(entries[index - 1]) {
            let entry = entries[index]
            var place = index
            while place > 0, entry.precedes(entries[place - 1]) {
                entries[place] = entries[place - 1]
                place -= 1
            }
            entries[place] = entry
            moves += index - place
            if moves > Self.greatestMovesPerEntry * entries.count {
                entries.sort { $0.precedes($1) }
                break
            }
        }
        return entries
    }

    private static let greatestMovesPerEntry = 16

    // MARK: Memory

    /// To be called before the table is copied: both are to have memory of their own once they change. No other copy may
    /// change, since to ask the memory for each entry who shares it would be a miss of the processor's cache.
    mutating func share() { isShared = true }

    /// Two tables of the entries with a 0 and those with a 1 behind the shared bits, each with room for nearly half as many
    /// again: as many as when it was split would be 34 bytes an entry.
    func split() -> (FingerprintTable, FingerprintTable) {
        let bit = UInt64(FingerprintEntry.fingerprintBits - 1 - depth)
        var secondCount = 0
        forEach { secondCount += Int($0.fingerprint >> bit & 1) }
        var first = FingerprintTable(capacity: (count - secondCount) * 14 / 10, depth: depth + 1)
        var second = FingerprintTable(capacity: secondCount * 14 / 10, depth: depth + 1)
        forEach { if $0.fingerprint >> bit & 1 == 0 { first.insert($0) } else { second.insert($0) } }
        return (first, second)
    }

    /// By half, or less where that is enough for `greatestCount` entries.
    mutating func grow(to greatestCount: Int) {
        var larger = FingerprintTable(
            homeCount: min(homeCount * 3 / 2 + 1, Self.homeCount(for: greatestCount)), depth: depth)
        forEach { larger.insert($0) }
        self = larger
    }

    @inline(never)
    private mutating func endSharing() {
        if !isKnownUniquelyReferenced(&memory) { replaceMemory(bucketCount: words.count / Self.wordsPerBucket) }
        isShared = false
    }

    /// The same entries in memory that nobody shares, of as many buckets or more.
    private mutating func replaceMemory(bucketCount: Int) {
        let replaced = FingerprintMemory(bucketCount: bucketCount)
        _ = replaced.words.update(fromContentsOf: words)
        memory = replaced
        words = replaced.words
    }
}

/// A table's words, all zero at first. Copies of a table share them until one of them is changed.
private final class FingerprintMemory {
    let words: UnsafeMutableBufferPointer<UInt32>

    init(bucketCount: Int) {
        let count = bucketCount * FingerprintTable.wordsPerBucket
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: count * MemoryLayout<UInt32>.size, alignment: Self.lineByteCount)
        words = memory.bindMemory(to: UInt32.self)
        words.initialize(repeating: 0)
    }

    deinit { UnsafeMutableRawBufferPointer(words).deallocate() }

    /// Of the processor's cache.
    private static let lineByteCount = 64
}
