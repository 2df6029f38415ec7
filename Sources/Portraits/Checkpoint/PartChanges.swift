/// Which parts have changed since the last checkpoint began, and which of those a checkpoint under way has not yet
/// written.
///
/// A checkpoint shows the state as it was when it began, although the fold goes on: a part that is about to
/// change and is not written yet is written first. Each part bears the generation in which it changed last;
/// generations begin with checkpoints, so an unchanged part costs one comparison.
struct PartChanges {
    /// Begins with the state's making and goes up with each checkpoint.
    private(set) var generation: UInt32 = 1
    /// Changed in this generation.
    private(set) var changed: [CheckpointPart] = []
    /// Changed before the checkpoint under way began.
    private var saving: [CheckpointPart] = []
    /// How many of `saving` were looked at.
    private var savedCount = 0
    private(set) var isSaving = false

    /// Bears a part that no checkpoint need write.
    static let unchanged: UInt32 = 0

    /// Whether a part that bears `changedIn` must be written before it changes.
    func mustSave(_ changedIn: UInt32) -> Bool { isSaving && changedIn == generation - 1 }

    /// Notes that `part`, which does not bear this generation yet, is about to; to be set by the caller.
    mutating func note(_ part: CheckpointPart) { changed.append(part) }

    /// What is changed up to here is to be written.
    mutating func begin() {
        precondition(!isSaving, "one checkpoint at a time")
        saving = changed
        changed = []
        savedCount = 0
        generation += 1
        isSaving = true
    }

    /// The next part to look at; nil when all were.
    mutating func next() -> CheckpointPart? {
        guard savedCount < saving.count else { return nil }
        savedCount += 1
        return saving[savedCount - 1]
    }

    /// Ends the checkpoint under way. Returns the parts that it had to write.
    mutating func end() -> [CheckpointPart] {
        isSaving = false
        defer { saving = [] }
        return saving
    }
}
