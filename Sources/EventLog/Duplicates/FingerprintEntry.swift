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

    /// Homes of a table of `count` entries in a file, which stays as it is.
    static func homeCount(for count: Int) -> Int { max(count * 100 / loadPercent + 2, leastHomeCount) }

    private static let loadPercent = 75
    private static let leastHomeCount = 4

    /// The home of `homeCount` where a search begins, in a table whose entries share `depth` bits: the fingerprint's other
    /// bits as a fraction of their range, so that homes are in order.
    @inline(__always)
    static func home(_ fingerprint: UInt64, depth: Int = 0, of homeCount: Int) -> Int {
        let bits = fingerprint << UInt64(UInt64.bitWidth - fingerprintBits + depth)
        return Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(homeCount)).high)
    }
}

/// The entries of a table of a file in order: slots of which some are free.
struct FingerprintEntries: IteratorProtocol {
    private var position: UnsafePointer<UInt32>
    /// Behind the last slot.
    private let end: UnsafePointer<UInt32>

    /// - Parameter words: whole slots; to be kept as long as these are asked for.
    init(_ words: UnsafeBufferPointer<UInt32>) {
        position = words.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<UInt32>.stride).unsafelyUnwrapped
        end = position + words.count
    }

    static var none: FingerprintEntries { FingerprintEntries(UnsafeBufferPointer(start: nil, count: 0)) }

    @inline(__always)
    mutating func next() -> FingerprintEntry? {
        while position < end {
            let entry = FingerprintEntry(position)
            position += FingerprintEntry.wordCount
            if !entry.isFree { return entry }
        }
        return nil
    }
}

/// The entries of some tables in order. O(tables) an entry, of which there are a handful.
struct MergedFingerprintEntries: IteratorProtocol {
    /// Those that have entries left.
    private var tables: [FingerprintEntries] = []
    /// By table: its next entry.
    private var heads: [FingerprintEntry] = []

    init(_ tables: [FingerprintEntries]) {
        for var table in tables {
            guard let head = table.next() else { continue }
            heads.append(head)
            self.tables.append(table)
        }
    }

    mutating func next() -> FingerprintEntry? {
        guard var first = heads.first else { return nil }
        var index = 0
        for other in heads.indices.dropFirst() where heads[other].precedes(first) {
            first = heads[other]
            index = other
        }
        if let head = tables[index].next() {
            heads[index] = head
        } else {
            heads.remove(at: index)
            tables.remove(at: index)
        }
        return first
    }
}
