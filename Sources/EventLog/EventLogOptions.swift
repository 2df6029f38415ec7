public import UsageModel

/// Sizes and limits of a log. None of them stands in the files: a log may be opened with others each time.
public struct EventLogOptions: Sendable {
    /// The most that either size may be. 1 TiB: more than anybody's log, and four times that is still a small
    /// part of the 128 TiB of address space that a process has.
    public static let greatestByteCount = 1 << 40

    /// A segment that has grown past this is sealed and the next block opens a new one. 1 GiB: a few
    /// hundred million events, and small enough to copy or drop on its own.
    public var segmentBytes = 1 << 30

    /// How large a segment can get: address space, not memory or disk. Set once when it is opened, so it
    /// must hold a full segment and the largest block on top; four times a segment and never below 4 GiB.
    public var mapBytes: Int { max(segmentBytes * 4, 4 << 30) }

    /// What must stay free on the file system after an append. 256 MiB: LMDB copies a few pages beside
    /// each block, checkpoints and the operating system want room as well, and it is better to tell
    /// senders `busy: disk` early than to have a commit fail, which is fatal.
    public var reserveBytes = 256 << 20

    /// How many decoded blocks `record(at:)` keeps. Eight: resent events come in the order in which
    /// they first came, so a few blocks serve millions of confirmations.
    public var cachedBlocks = 8

    public init() {}
}

/// What the writer knows when it closes a block; all of it stands in the block's header.
public struct BlockContext: Sendable, Equatable, BitwiseCopyable {
    /// When the daemon accepted the block's records. Never decreases from block to block.
    public var logTime: Timestamp
    /// The last seq whose consequences (flag moves) are all in the log, this block's included.
    public var evaluatedThrough: UInt64
    /// `now` at that evaluation.
    public var evaluatedNow: Timestamp

    public init(logTime: Timestamp, evaluatedThrough: UInt64, evaluatedNow: Timestamp) {
        self.logTime = logTime
        self.evaluatedThrough = evaluatedThrough
        self.evaluatedNow = evaluatedNow
    }
}
