public import UsageModel

/// What stands before every block's columns.
public struct BlockHeader: Sendable, Equatable {
    public var firstSeq: UInt64 = 1
    public var count: UInt32 = 0
    public var context = BlockContext(
        logTime: Timestamp(milliseconds: 0), evaluatedThrough: 0, evaluatedNow: Timestamp(milliseconds: 0))
    /// The least and greatest `time` of the block's events; both are nil when it holds none.
    public var leastEventTime: Timestamp?
    public var greatestEventTime: Timestamp?
    public var namesHash = Hash128.zero
    public var bodyHash = Hash128.zero
    public var previousHash = Hash128.zero
    /// Hash of all of the above, and the next block's `previousHash`.
    public var hash = Hash128.zero

    public var lastSeq: UInt64 { firstSeq + UInt64(count) - 1 }
}
