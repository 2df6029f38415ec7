/// How often checkpoints are made, and what they may cost.
public struct CheckpointOptions: Sendable {
    /// One is made when the log has gone so many records beyond the last. A restart replays at most these and what
    /// comes while the next is written: less than a second's work.
    public var records = 1_000_000
    /// Fingerprints of events with ids stay in memory up to so many bytes, the oldest dates going first; the others are
    /// looked up in the checkpoint's files. 256 MiB: some 16 million events.
    public var duplicateBytes = 256 << 20
    /// What writing them may take of the disk on average. Half of what a modest disk does in a row, so that commits
    /// have the other half.
    public var bytesPerSecond = 64 << 20

    public init() {}
}
