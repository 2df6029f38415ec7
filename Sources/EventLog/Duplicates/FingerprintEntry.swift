/// One event in a table of fingerprints, 12 bytes: the upper 32 bits of the fingerprint; its next 16 and the
/// seq's upper 16; the seq's lower 32. A seq of 0 marks a free slot.
struct FingerprintEntry {
    /// The upper 48 bits.
    var fingerprint: UInt64
    var seq: UInt64

    static let fingerprintBits = 48
    static let wordCount = 3
    static let byteCount = wordCount * MemoryLayout<UInt32>.size

    init(fingerprint: UInt64, seq: UInt64) {
        self.fingerprint = fingerprint >> 16
        self.seq = seq
    }

    @inline(__always)
    init(_ words: UnsafeBufferPointer<UInt32>, _ slot: Int) {
        let word = slot * Self.wordCount
        let second = words[word + 1]
        fingerprint = UInt64(words[word]) << 16 | UInt64(second >> 16)
        seq = UInt64(second & 0xFFFF) << 32 | UInt64(words[word + 2])
    }

    @inline(__always)
    init(_ words: UnsafeMutableBufferPointer<UInt32>, _ slot: Int) { self.init(UnsafeBufferPointer(words), slot) }

    @inline(__always)
    var words: (UInt32, UInt32, UInt32) {
        (
            UInt32(truncatingIfNeeded: fingerprint >> 16),
            UInt32(truncatingIfNeeded: fingerprint & 0xFFFF) << 16 | UInt32(truncatingIfNeeded: seq >> 32),
            UInt32(truncatingIfNeeded: seq)
        )
    }

    @inline(__always)
    func write(_ target: UnsafeMutableBufferPointer<UInt32>, _ slot: Int) {
        let word = slot * Self.wordCount
        let words = words
        target[word] = words.0
        target[word + 1] = words.1
        target[word + 2] = words.2
    }

    var isFree: Bool { seq == 0 }

    func precedes(_ other: FingerprintEntry) -> Bool {
        fingerprint != other.fingerprint ? fingerprint < other.fingerprint : seq < other.seq
    }

    /// The slot of `homeCount` where a search begins: the fingerprint's 48 lower bits as a fraction of their range, so
    /// that homes are in order.
    @inline(__always)
    static func home(_ fingerprint: UInt64, of homeCount: Int) -> Int {
        Int(truncatingIfNeeded: (fingerprint << 16).multipliedFullWidth(by: UInt64(homeCount)).high)
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
