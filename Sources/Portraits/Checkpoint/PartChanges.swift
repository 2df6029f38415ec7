/// In which generation a part changed last; generations begin with checkpoints.
///
/// Two marks in turn are enough, since a checkpoint that has ended has left none of the generation before it: whatever is
/// looked at for it bears `unchanged` from then on, unless it has changed again.
enum PartMark: UInt8, BitwiseCopyable {
    /// No checkpoint need write it.
    case unchanged, odd, even
}

/// What is noted as changed: a part, or a page of rows, which are parts that bear marks of their own. Pages, since rows
/// that lie beside each other are written and read back with a fraction of the cache's misses.
enum PartGroup: Hashable {
    case part(CheckpointPart)
    case rows(page: UInt32)
}

/// Pages of rows by number, a bit each: they come back in order, whatever order they changed in, so that rows are
/// written, and after a restart read back, to memory one behind the other.
struct PageSet {
    private var words: [UInt64] = []

    private static let bitCount = UInt32(UInt64.bitWidth)

    mutating func insert(_ page: UInt32) {
        let word = Int(page / Self.bitCount)
        if word >= words.count { extend(toHold: word) }
        words[word] |= 1 << UInt64(page % Self.bitCount)
    }

    /// Twice as many, so that adding pages one after the other costs amortised O(1) each.
    private mutating func extend(toHold word: Int) {
        words += Array(repeating: 0, count: max(word + 1, words.count * 2) - words.count)
    }

    /// The least page that is not below `first`; nil when there is none. O(pages between, in words).
    func next(from first: UInt32) -> UInt32? {
        var word = Int(first / Self.bitCount)
        guard word < words.count else { return nil }
        var bits = words[word] & (UInt64.max << UInt64(first % Self.bitCount))
        while bits == 0 {
            word += 1
            guard word < words.count else { return nil }
            bits = words[word]
        }
        return UInt32(word) * Self.bitCount + UInt32(bits.trailingZeroBitCount)
    }

    mutating func removeAll() { for word in words.indices { words[word] = 0 } }
}

/// Which parts have changed since the last checkpoint began, and which of those a checkpoint under way has not yet
/// written.
///
/// A checkpoint shows the state as it was when it began, although the fold goes on: a part that is about to
/// change and is not written yet is written first. Each part bears the mark of the generation in which it changed
/// last, so an unchanged part costs one comparison.
struct PartChanges: ~Copyable {
    /// Of the generation that goes on.
    private(set) var mark = PartMark.odd
    /// Changed in this generation.
    private(set) var changed: [CheckpointPart] = []
    private var changedPages = PageSet()
    /// Changed before the checkpoint under way began.
    private var saving: [CheckpointPart] = []
    private var savingPages = PageSet()
    /// How many of `saving` were looked at, and up to which page.
    private var savedCount = 0
    private var nextPage: UInt32 = 0
    private(set) var isSaving = false
    /// Called with a part that a checkpoint waits for and that is about to change.
    var writeBeforeChange: ((CheckpointPart) -> Void)?

    /// Whether a part that bears `mark` must be written before it changes.
    func mustSave(_ mark: PartMark) -> Bool { isSaving && mark != .unchanged && mark != self.mark }

    /// Notes that `part`, which bears `mark`, is about to change, and has it written first if a checkpoint waits for it.
    @inline(__always)
    mutating func note(_ part: CheckpointPart, bearing mark: inout PartMark) {
        if mark != self.mark { noteFirst(part, bearing: &mark) }
    }

    @inline(never)
    private mutating func noteFirst(_ part: CheckpointPart, bearing mark: inout PartMark) {
        if mustSave(mark) { writeBeforeChange?(part) }
        mark = self.mark
        changed.append(part)
    }

    /// The same of a row, and of its page, which bears `pageMark`.
    @inline(never)
    mutating func note(row: Int, bearing mark: inout PartMark, page: UInt32, bearing pageMark: inout PartMark) {
        if mustSave(mark) { writeBeforeChange?(.row(UInt32(row))) }
        mark = self.mark
        note(page: page, bearing: &pageMark)
    }

    mutating func note(page: UInt32, bearing mark: inout PartMark) {
        guard mark != self.mark else { return }
        mark = self.mark
        changedPages.insert(page)
    }

    /// What is changed up to here is to be written.
    mutating func begin() {
        precondition(!isSaving, "one checkpoint at a time")
        // The memory of the list before is used again.
        swap(&saving, &changed)
        swap(&savingPages, &changedPages)
        changed.removeAll(keepingCapacity: true)
        changedPages.removeAll()
        savedCount = 0
        nextPage = 0
        mark = mark == .odd ? .even : .odd
        isSaving = true
    }

    /// The next to look at; nil when all were.
    mutating func next() -> PartGroup? {
        if savedCount < saving.count {
            savedCount += 1
            return .part(saving[savedCount - 1])
        }
        guard let page = upcomingPage else { return nil }
        nextPage = page + 1
        return .rows(page: page)
    }

    /// The page that comes next, when all other parts were looked at.
    var upcomingPage: UInt32? { savingPages.next(from: nextPage) }

    /// Ends the checkpoint under way. Returns what it had to look at.
    mutating func end() -> (parts: [CheckpointPart], pages: PageSet) {
        isSaving = false
        defer { if saving.count > Self.greatestKeptCount { saving = [] } }
        return (saving, savingPages)
    }

    /// A list of more is the first after a replay of everything, and as long as that for once.
    private static let greatestKeptCount = 1 << 20
}
