public import UsageModel

/// The reading side: any number of threads, beside the writer or on a stopped directory.
public struct EventLogReader: Sendable {
    /// Opens the log of a stopped daemon for reading only; changes nothing in it.
    public static func open(directory: String) throws(EventLogError) -> EventLogReader { fatalError("being written") }

    /// Calls `body` with each block that holds a seq ≥ `seq`, in order (the first may begin before
    /// `seq`), until `body` returns false or the log ends. No read transaction is held while `body` runs.
    /// Throws `EventLogError` or what `body` threw.
    public func scan(from seq: UInt64, _ body: (borrowing DecodedBlock) throws -> Bool) throws {
        fatalError("being written")
    }

    /// Checks everything: structure, headers, chain, bodies, names, tail. Problems are collected, not thrown.
    /// `progress` may return false to stop.
    public func verify(progress: (VerifyProgress) -> Bool = { _ in true }) throws(EventLogError) -> VerifyReport {
        fatalError("being written")
    }

    /// All names, read afresh from the log.
    public func names() throws(EventLogError) -> NameTable { fatalError("being written") }
}

public struct VerifyProgress: Sendable {
    public var seq: UInt64
    public var lastSeq: UInt64
    public var blocks: Int
}

public struct VerifyReport: Sendable, Equatable {
    public var logID = Hash128.zero
    public var segments = 0
    public var blocks = 0
    public var records: UInt64 = 0
    public var lastSeq: UInt64 = 0
    public var names = 0
    public var erasedNames = 0
    public var redactedBlocks = 0
    public var bytes: UInt64 = 0
    /// Hash of the last block's header: stands for the whole chain.
    public var lastHash = Hash128.zero
    public var problems: [Corruption] = []
    /// False when `progress` stopped it.
    public var isComplete = true
}
