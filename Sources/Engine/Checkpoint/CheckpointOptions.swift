/// How often checkpoints are made, and what they may cost.
public struct CheckpointOptions: Sendable {
    /// One is made when the log has gone so many records beyond the last, or fewer when the state is large. A restart
    /// replays at most these and what comes while the next is written: less than a second's work.
    public var records = 1_000_000
    /// Fingerprints of events with ids stay in memory up to so many bytes, the oldest dates going first; the others are
    /// looked up in the checkpoint's files. 256 MiB: some 16 million events.
    public var duplicateBytes = 256 << 20
    /// What writing them may take of the disk on average, and merging them as much again: half of what a modest disk
    /// does in a row, so that commits have the other half.
    public var bytesPerSecond = 128 << 20

    public init() {}

    /// How many records may come beyond a checkpoint whose parts have `partByteCount` before the next is due.
    ///
    /// A restart reads the parts and replays the records. So that it takes no longer where the parts are larger, the more
    /// of a second they take, the less is left for records.
    func records(beyond partByteCount: UInt64) -> UInt64 {
        max(1, UInt64(Double(records) / (1 + Double(partByteCount) / Double(Self.partBytesPerSecond))))
    }

    /// How many bytes of parts a restart reads in a second at least, in which it may also replay a million records.
    private static let partBytesPerSecond: UInt64 = 3 << 29
}
