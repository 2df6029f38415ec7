/// All fingerprints of one date: tables of bounded size, each for those that begin with some bits.
///
/// One table for a date would be moved as a whole whenever it grows: with eight million entries that held all
/// senders up for 130 ms. A table that has come to a certain size is split in two instead, and the directory, which
/// has a place for each beginning of `bits` bits, doubled when need be (extendible hashing: Fagin and others, 1979).
/// Copies share tables until one of them is changed; one that goes on beside another is made by `shared`.
struct DayFingerprints: Sendable {
    private var tables = [FingerprintTable()]
    /// By the first `bits` bits of a fingerprint: where its table is. Neighbours may share one.
    private var directory: [UInt32] = [0]
    private var bits = 0
    private(set) var count = 0

    /// Moved within half a millisecond.
    private static let greatestCount = 32_768

    /// With how many entries a table that shares so many bits with `fingerprint` is split: half of `greatestCount` or more,
    /// which the bits decide. All tables of a date are equally full, and would else be split all at once: at four
    /// million entries that held all senders up for 60 ms.
    private static func countAtSplit(_ fingerprint: UInt64, depth: Int) -> Int {
        let shared = depth == 0 ? 0 : fingerprint >> UInt64(UInt64.bitWidth - depth)
        let spread = ((shared << 8 | UInt64(depth)) &* 0x9E37_79B9_7F4A_7C15) >> 32
        return greatestCount / 2 + Int(spread) % (greatestCount / 2)
    }
    /// Thousands of millions of entries; more equal fingerprints than fit a table are no reason to go further.
    private static let greatestDepth = 16

    init() {}

    /// A table for each part of the list, made while the part lies in the processor's cache: a million entries one by
    /// one into one table are a miss each, and were half of what a checkpoint cost.
    init(_ list: ListedFingerprints) {
        bits = ListedFingerprints.bits
        directory = Array(0..<UInt32(ListedFingerprints.partCount))
        tables = list.parts.map { [bits] part in
            var table = FingerprintTable(capacity: part.count, depth: bits)
            for entry in part { table.insert(entry.fingerprint, entry.seq) }
            return table
        }
        count = list.count
    }

    var byteCount: Int {
        tables.reduce(0) { $0 + $1.byteCount } + directory.count * MemoryLayout<UInt32>.size
    }

    /// Amortised O(1).
    @inline(__always)
    mutating func insert(_ fingerprint: UInt64, _ seq: UInt64) {
        var index = index(fingerprint)
        if tables[index].isFull {
            makeRoom(index, fingerprint)
            index = self.index(fingerprint)
        }
        tables[index].insert(fingerprint, seq)
        count += 1
    }

    /// Calls `body` with the seqs of entries with the upper 48 bits of `fingerprint`, in the order in which they came,
    /// until it says no.
    @inline(__always)
    func forEachCandidate(_ fingerprint: UInt64, _ body: (UInt64) -> Bool) {
        tables[index(fingerprint)].forEachCandidate(fingerprint, body)
    }

    /// Where in memory a search for `fingerprint` begins.
    @inline(__always)
    func place(of fingerprint: UInt64) -> UnsafeRawPointer { tables[index(fingerprint)].place(of: fingerprint) }

    /// In order of fingerprint.
    func entries() -> some IteratorProtocol<FingerprintEntry> {
        // A table stands in the directory as often as its beginning goes on.
        Entries(
            directory.indices.filter { $0 == 0 || directory[$0] != directory[$0 - 1] }.map {
                tables[Int(directory[$0])]
            })
    }

    private struct Entries: IteratorProtocol {
        private let tables: [FingerprintTable]
        private var table = 0
        private var current = [FingerprintEntry]().makeIterator()

        init(_ tables: [FingerprintTable]) { self.tables = tables }

        mutating func next() -> FingerprintEntry? {
            while true {
                if let entry = current.next() { return entry }
                guard table < tables.count else { return nil }
                current = tables[table].sorted().makeIterator()
                table += 1
            }
        }
    }

    /// The same fingerprints once more: both may go on by themselves. O(tables).
    mutating func shared() -> DayFingerprints {
        for index in tables.indices { tables[index].share() }
        return self
    }

    @inline(__always)
    private func index(_ fingerprint: UInt64) -> Int {
        // A shift by all 64 bits gives 0.
        Int(directory[Int(truncatingIfNeeded: fingerprint >> UInt64(UInt64.bitWidth - bits))])
    }

    /// Grows the table at `index`, which is `fingerprint`'s, or splits it.
    @inline(never)
    private mutating func makeRoom(_ index: Int, _ fingerprint: UInt64) {
        let depth = tables[index].depth
        let countAtSplit = Self.countAtSplit(fingerprint, depth: depth)
        if tables[index].count < countAtSplit {
            tables[index].grow(to: countAtSplit)
        } else if depth < Self.greatestDepth {
            split(index, fingerprint)
        } else {
            tables[index].grow(to: tables[index].count * 2)
        }
    }

    private mutating func split(_ index: Int, _ fingerprint: UInt64) {
        let depth = tables[index].depth
        if depth == bits {
            directory = directory.flatMap { [$0, $0] }
            bits += 1
        }
        let halves = tables[index].split()
        tables[index] = halves.0
        tables.append(halves.1)
        // All places whose beginning goes on with a 1 behind the bits that the table's entries share.
        let width = 1 << (bits - depth)
        let first = depth == 0 ? 0 : Int(fingerprint >> UInt64(UInt64.bitWidth - depth)) << (bits - depth)
        for place in first + width / 2..<first + width { directory[place] = UInt32(tables.count - 1) }
    }
}

/// Fingerprints as they came, parted by how they begin.
struct ListedFingerprints {
    /// With fewer, parts hold too little to be worth their memory.
    static let leastCount = 16_384

    struct Entry: BitwiseCopyable {
        var fingerprint: UInt64
        var seq: UInt64
    }

    fileprivate static let bits = 8
    fileprivate static let partCount = 1 << bits

    fileprivate private(set) var parts = [[Entry]](repeating: [], count: partCount)
    fileprivate private(set) var count = 0

    mutating func append(_ fingerprint: UInt64, _ seq: UInt64) {
        parts[Int(fingerprint >> UInt64(UInt64.bitWidth - Self.bits))].append(.init(fingerprint: fingerprint, seq: seq))
        count += 1
    }
}
