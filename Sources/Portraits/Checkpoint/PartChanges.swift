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
    private(set) var changed: [PartGroup] = []
    /// Changed before the checkpoint under way began.
    private var saving: [PartGroup] = []
    /// How many of `saving` were looked at.
    private var savedCount = 0
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
        changed.append(.part(part))
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
        changed.append(.rows(page: page))
    }

    /// What is changed up to here is to be written.
    mutating func begin() {
        precondition(!isSaving, "one checkpoint at a time")
        // The memory of the list before is used again.
        swap(&saving, &changed)
        changed.removeAll(keepingCapacity: true)
        savedCount = 0
        mark = mark == .odd ? .even : .odd
        isSaving = true
    }

    /// The next to look at; nil when all were.
    mutating func next() -> PartGroup? {
        guard savedCount < saving.count else { return nil }
        savedCount += 1
        return saving[savedCount - 1]
    }

    /// What `next` will return next.
    var upcoming: PartGroup? { savedCount < saving.count ? saving[savedCount] : nil }

    /// Ends the checkpoint under way. Returns what it had to look at.
    mutating func end() -> [PartGroup] {
        isSaving = false
        defer { if saving.count > Self.greatestKeptCount { saving = [] } }
        return saving
    }

    /// A list of more is the first after a replay of everything, and as long as that for once.
    private static let greatestKeptCount = 1 << 20
}
