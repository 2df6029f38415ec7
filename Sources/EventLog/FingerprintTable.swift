/// Fingerprints and seqs of one date, in open addressing that stays sorted.
///
/// An entry's home slot grows with its fingerprint, and entries are kept in order (linear probing, a
/// smaller entry pushes larger ones on). So a search ends at the first larger entry even when the table
/// is nearly full, growing is one pass from left to right, and the table is a sorted run as it stands.
struct FingerprintTable: Sendable {
    static let greatestSeq: UInt64 = 1 << 48 - 1

    /// Three words an entry: the upper 32 bits of the fingerprint; its next 16 and the seq's upper 16; the
    /// seq's lower 32. A seq of 0 marks a free slot.
    private var words: [UInt32] = []
    private(set) var count = 0
    /// Home slots; behind them lie `overflowCount` more for what is pushed over the end.
    private var homeCount = 0
    private var greatestCount = 0

    private static let wordsPerEntry = 3
    /// At 88 % a failed search looks at five entries; growth by 7/6 then leaves 75 %: 12 / 0.75 = 16 bytes.
    private static let greatestLoadPercent = 88
    private static let leastHomeCount = 12
    /// Runs at the end are short: being pushed 64 slots at this load is a matter of one in millions, and
    /// then the table only grows early.
    private static let overflowCount = 64

    init() { allocate(homeCount: Self.leastHomeCount) }

    var byteCount: Int { words.count * MemoryLayout<UInt32>.size }

    mutating func insert(_ fingerprint: UInt64, _ seq: UInt64) {
        if count >= greatestCount { grow() }
        while !place(Entry(fingerprint: fingerprint, seq: seq)) { grow() }
        count += 1
    }

    func candidates(_ fingerprint: UInt64) -> [UInt64] {
        var found: [UInt64] = []
        let wanted = fingerprint >> 16
        var slot = home(wanted)
        while let entry = entry(slot), entry.fingerprint <= wanted {
            if entry.fingerprint == wanted { found.append(entry.seq) }
            slot += 1
        }
        return found
    }

    func forEach(_ body: (UInt64, UInt64) -> Void) {
        for slot in 0..<homeCount + Self.overflowCount {
            if let entry = entry(slot) { body(entry.fingerprint << 16, entry.seq) }
        }
    }

    private struct Entry {
        /// The upper 48 bits.
        var fingerprint: UInt64
        var seq: UInt64

        init(fingerprint: UInt64, seq: UInt64) {
            self.fingerprint = fingerprint >> 16
            self.seq = seq
        }

        @inline(__always)
        init(_ first: UInt32, _ second: UInt32, _ third: UInt32) {
            fingerprint = UInt64(first) << 16 | UInt64(second >> 16)
            seq = UInt64(second & 0xFFFF) << 32 | UInt64(third)
        }

        var words: (UInt32, UInt32, UInt32) {
            (
                UInt32(truncatingIfNeeded: fingerprint >> 16),
                UInt32(truncatingIfNeeded: fingerprint & 0xFFFF) << 16 | UInt32(truncatingIfNeeded: seq >> 32),
                UInt32(truncatingIfNeeded: seq)
            )
        }

        func precedes(_ other: Entry) -> Bool {
            fingerprint != other.fingerprint ? fingerprint < other.fingerprint : seq < other.seq
        }
    }

    /// The slot where a search begins: the fingerprint as a fraction of its range.
    @inline(__always)
    private func home(_ fingerprint: UInt64) -> Int {
        Int(truncatingIfNeeded: ((fingerprint << 16).multipliedFullWidth(by: UInt64(homeCount))).high)
    }

    /// Nil when the slot is free, and behind the end.
    @inline(__always)
    private func entry(_ slot: Int) -> Entry? {
        let word = slot * Self.wordsPerEntry
        guard word < words.count else { return nil }
        let entry = Entry(words[word], words[word + 1], words[word + 2])
        return entry.seq == 0 ? nil : entry
    }

    private mutating func set(_ slot: Int, _ entry: Entry) {
        let word = slot * Self.wordsPerEntry
        (words[word], words[word + 1], words[word + 2]) = entry.words
    }

    /// False when the run that it belongs to reaches the very end.
    private mutating func place(_ new: Entry) -> Bool {
        var slot = home(new.fingerprint)
        while let entry = entry(slot), entry.precedes(new) { slot += 1 }
        var end = slot
        while entry(end) != nil { end += 1 }
        guard end < homeCount + Self.overflowCount else { return false }
        while end > slot {
            let word = end * Self.wordsPerEntry
            for offset in 0..<Self.wordsPerEntry { words[word + offset] = words[word + offset - Self.wordsPerEntry] }
            end -= 1
        }
        set(slot, new)
        return true
    }

    private mutating func allocate(homeCount: Int) {
        self.homeCount = homeCount
        greatestCount = homeCount * Self.greatestLoadPercent / 100
        words = [UInt32](repeating: 0, count: (homeCount + Self.overflowCount) * Self.wordsPerEntry)
    }

    /// In order, each entry goes to its home or right behind the one before.
    private mutating func grow() {
        let old = words
        var larger = homeCount
        var isWhole = false
        while !isWhole {
            larger = larger * 7 / 6 + 1
            allocate(homeCount: larger)
            isWhole = refill(old)
        }
    }

    private mutating func refill(_ old: [UInt32]) -> Bool {
        var next = 0
        for word in stride(from: 0, to: old.count, by: Self.wordsPerEntry) {
            let entry = Entry(old[word], old[word + 1], old[word + 2])
            guard entry.seq != 0 else { continue }
            let slot = max(home(entry.fingerprint), next)
            guard slot < homeCount + Self.overflowCount else { return false }
            set(slot, entry)
            next = slot + 1
        }
        return true
    }
}
