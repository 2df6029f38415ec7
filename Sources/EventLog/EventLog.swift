public import UsageModel

/// The writer's side of the log. One thread.
public final class EventLog {
    public static func open(
        directory: String, options: EventLogOptions = EventLogOptions(), names: NameTable
    ) throws(EventLogError) -> EventLog { fatalError("being written") }

    /// Tells this log from every other; random, made once.
    public let logID: Hash128 = .zero
    /// Zero for an empty log.
    public var lastSeq: UInt64 { 0 }
    public var lastContext: BlockContext? { nil }

    /// Whether the file system has room for `bytes` more beside the reserve. One system call.
    public func hasRoom(forBytes bytes: Int) throws(EventLogError) -> Bool { fatalError("being written") }

    /// One block, one commit, fsynced on return.
    public func append(_ batch: RecordBatch, context: BlockContext) throws(EventLogError) -> ClosedRange<UInt64> {
        fatalError("being written")
    }

    public func reader() -> EventLogReader { fatalError("being written") }

    /// Calls `body` with the record at `seq` and the bytes that its ranges refer to.
    public func withRecord<R>(
        at seq: UInt64, _ body: (Record, UnsafeRawBufferPointer) -> R
    ) throws(EventLogError) -> R { fatalError("being written") }

    /// The record at `seq` alone in a batch of its own. Copies.
    public func record(at seq: UInt64) throws(EventLogError) -> (record: Record, bytes: [UInt8]) {
        fatalError("being written")
    }

    /// Bytes and number of the log's segments.
    public func statistics() throws(EventLogError) -> LogStatistics { fatalError("being written") }

    public func close() { fatalError("being written") }
}

public struct LogStatistics: Sendable, Equatable {
    public var segments: Int
    /// Size of the data files, as the file system counts it.
    public var bytes: UInt64
}
