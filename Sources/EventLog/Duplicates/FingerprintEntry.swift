/// One event in a table of fingerprints, 12 bytes: the upper 32 bits of the fingerprint; its next 16 and the
/// seq's upper 16; the seq's lower 32. A seq of 0 marks a free slot.
struct FingerprintEntry: BitwiseCopyable {
    /// The first two words, the first of them above: in order of fingerprint, and as far as it goes of seq.
    private let upper: UInt64
    private let lower: UInt32

    static let fingerprintBits = 48
    static let wordCount = 3
    static let byteCount = wordCount * MemoryLayout<UInt32>.size

    init(fingerprint: UInt64, seq: UInt64) {
        upper = fingerprint & ~0xFFFF | seq >> 32
        lower = UInt32(truncatingIfNeeded: seq)
    }

    /// Of the words at `start`.
    @inline(__always)
    init(_ start: UnsafePointer<UInt32>) {
        upper = UInt64(start[0]) << 32 | UInt64(start[1])
        lower = start[2]
    }

    @inline(__always)
    init(_ words: UnsafeBufferPointer<UInt32>, _ slot: Int) {
        self.init(words.baseAddress.unsafelyUnwrapped + slot * Self.wordCount)
    }

    /// The upper 48 bits.
    @inline(__always)
    var fingerprint: UInt64 { upper >> 16 }

    @inline(__always)
    var seq: UInt64 { (upper & 0xFFFF) << 32 | UInt64(lower) }

    @inline(__always)
    var words: (UInt32, UInt32, UInt32) {
        (UInt32(truncatingIfNeeded: upper >> 32), UInt32(truncatingIfNeeded: upper), lower)
    }

    @inline(__always)
    func write(_ target: UnsafeMutablePointer<UInt32>) { (target[0], target[1], target[2]) = words }

    @inline(__always)
    var isFree: Bool { seq == 0 }

    @inline(__always)
    func precedes(_ other: FingerprintEntry) -> Bool {
        upper != other.upper ? upper < other.upper : lower < other.lower
    }

    /// The slot of `homeCount` where a search begins, in a table whose entries share `depth` bits: the fingerprint's other
    /// bits as a fraction of their range, so that homes are in order.
    @inline(__always)
    static func home(_ fingerprint: UInt64, depth: Int = 0, of homeCount: Int) -> Int {
        let bits = fingerprint << UInt64(UInt64.bitWidth - fingerprintBits + depth)
        return Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(homeCount)).high)
    }
}

/// The entries of a table in order, wherever its words lie.
struct FingerprintEntries: IteratorProtocol {
    private let words: UnsafeBufferPointer<UInt32>
    private var slot = 0

    static var none: FingerprintEntries { FingerprintEntries(UnsafeBufferPointer(start: nil, count: 0)) }

    init(_ words: UnsafeBufferPointer<UInt32>) { self.words = words }

    mutating func next() -> FingerprintEntry? {
        while slot < words.count / FingerprintEntry.wordCount {
            let entry = FingerprintEntry(words, slot)
            slot += 1
            if !entry.isFree { return entry }
        }
        return nil
    }
}

/// The entries of some tables in order. O(tables) an entry, of which there are a handful.
struct MergedFingerprintEntries: IteratorProtocol {
    private var tables: [FingerprintEntries]
    /// By table: its next entry, nil at its end.
    private var heads: [FingerprintEntry?]

    init(_ tables: [FingerprintEntries]) {
        self.tables = tables
        heads = tables.map { _ in nil }
        for index in tables.indices { heads[index] = self.tables[index].next() }
    }

    mutating func next() -> FingerprintEntry? {
        var first: (index: Int, entry: FingerprintEntry)?
        for (index, head) in heads.enumerated() {
            if let head, first.map({ head.precedes($0.entry) }) ?? true { first = (index, head) }
        }
        guard let first else { return nil }
        heads[first.index] = tables[first.index].next()
        return first.entry
    }
}
