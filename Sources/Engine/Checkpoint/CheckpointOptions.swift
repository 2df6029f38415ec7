/// How often checkpoints are made, and what they may cost.
public struct CheckpointOptions: Sendable {
    /// One is made when the log has gone so many records beyond the last, or fewer when the state is large. A restart
    /// replays at most these and what comes while the next is written.
    public var records = 1_000_000
    /// Fingerprints of events with ids stay in memory up to so many bytes, the oldest dates going first; the others are
    /// looked up in the checkpoint's files. 256 MiB: some 16 million events.
    public var duplicateBytes = 256 << 20
    /// What writing them may take of the disk on average, and merging them as much again, or half as much more
    /// while two merges are written: half of what a modest disk does in a row, so that commits have the other half.
    public var bytesPerSecond = 128 << 20

    public init() {}

    /// How many records may come beyond a checkpoint whose parts have `partByteCount` before the next is due.
    ///
    /// A restart reads the parts and replays the records. What the parts leave of two seconds is for records: one half
    /// for these, the other for those that come while the next checkpoint is written.
    func records(beyond partByteCount: UInt64) -> UInt64 {
        let reading = Double(partByteCount) / Self.partBytesPerSecond
        let share = max((Self.restartSeconds - reading) / Self.restartSeconds, Self.leastShare)
        return max(1, UInt64(Double(records) * share))
    }

    private static let restartSeconds = 2.0
    /// How many bytes of parts a restart reads in a second, in which it may also replay a million records: measured with
    /// 10 million users on two processors.
    private static let partBytesPerSecond = 1.25 * Double(1 << 30)
    /// Where reading takes all of it, so much of `records` still: more checkpoints would have more parts that a restart
    /// reads than they spare it records.
    private static let leastShare = 1.0 / 12
}
