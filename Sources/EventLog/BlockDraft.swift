public import UsageModel

/// A block before it is in the log: its records, and the names that came with them. Kept and reused.
///
/// `EventLog.seal` is called by the thread that interns names, and copies the new ones; from then on another thread may
/// commit the block while the first interns names of the next.
public final class BlockDraft {
    /// Not to be changed between `seal` and the end of the commit.
    public var batch = RecordBatch()
    /// As sealed: context and names; the commit fills in the rest.
    public internal(set) var header = BlockHeader()
    /// See `NameRecord`.
    let names = ByteBuffer()

    public init() {}

    /// For the next block; memory is kept.
    public func removeAll() {
        batch.removeAll()
        names.removeAll()
        header = BlockHeader()
    }
}
