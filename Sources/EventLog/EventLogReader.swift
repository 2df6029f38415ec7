public import UsageModel

/// The reading side: any number of threads, beside the writer or on a stopped directory.
public struct EventLogReader: Sendable {
    let store: SegmentStore

    init(store: SegmentStore) { self.store = store }

    /// Opens the log of a stopped daemon for reading only; changes nothing in it but the time of its
    /// lock file. Keeps daemons out while any copy of the reader lives.
    public static func open(directory: String) throws(EventLogError) -> EventLogReader {
        // Looked for first, so that no lock file appears where there is no log.
        let noLog = EventLogError.system(
            call: "open", path: directory + "/" + FormatFile.name, code: SystemCall.noSuchFile)
        guard SystemCall.exists(directory + "/" + FormatFile.name) else { throw noLog }
        let lock = try DirectoryLock(directory: directory, mode: .reader)
        guard let format = try FormatFile.read(directory: directory) else { throw noLog }
        let reader = EventLogReader(
            store: try SegmentStore(directory: directory, logID: format.logID, lock: lock))
        try reader.checkTail()
        return reader
    }

    /// Tells this log from every other.
    public var logID: Hash128 { store.logID }

    /// Has what was read of the log no longer count as this process's memory; it stays in the page cache. For after
    /// occasions on which much is read. O(maps of the process).
    public func leavePages() { store.leavePages() }

    /// The last seq that is in the log now; 0 when it is empty.
    public func lastSeq() throws(EventLogError) -> UInt64 { try lastHeader()?.lastSeq ?? 0 }

    /// Calls `body` with each block that holds a seq ≥ `seq`, in order, until `body` returns false or the
    /// log ends. The first block may begin before `seq`: skip its records below. Each block is copied out
    /// of the log, checked (hash, chain, no gap) and unpacked; no read transaction is held while `body` runs.
    ///
    /// Throws `EventLogError`, or what `body` threw.
    public func scan(from seq: UInt64, _ body: (borrowing DecodedBlock) throws -> Bool) throws {
        let decoder = BlockDecoder()
        let buffer = ByteBuffer()
        var block = DecodedBlock()
        var next = max(seq, 1)
        var previous: BlockHeader?
        while let entry = try store.copyBlock(holding: next, to: buffer) {
            try Self.decode(buffer, entry, with: decoder, into: &block)
            try SegmentStore.check(block.header, entry, logID: store.logID)
            try Self.check(block.header, follows: previous, entry)
            guard try body(block) else { return }
            previous = block.header
            next = block.header.lastSeq + 1
        }
    }

    /// The header of the block that ends at `seq`; nil when none does.
    public func blockHeader(endingAt seq: UInt64) throws(EventLogError) -> BlockHeader? {
        let buffer = ByteBuffer()
        guard seq > 0, let entry = try store.copyBlock(holding: seq, to: buffer) else { return nil }
        let header = try SegmentStore.header(buffer, entry, logID: store.logID)
        return header.lastSeq == seq ? header : nil
    }

    /// All names, read afresh from the log.
    public func names() throws(EventLogError) -> NameTable {
        let names = NameTable()
        try restoreNames(into: names)
        names.endRestoring()
        return names
    }

    /// How many names of all kinds the log has.
    public func nameTotal() throws(EventLogError) -> Int { Int(try lastHeader()?.nameTotal ?? 0) }

    /// Puts the names that blocks behind `seq` added into `names`, which has those of all others.
    func restoreNames(into names: NameTable, behind seq: UInt64 = 0) throws(EventLogError) {
        var restorer = NameRestorer(behind: names)
        let segments = store.firstSeqs
        for (index, segment) in segments.enumerated() where index + 1 == segments.count || segments[index + 1] > seq + 1
        {
            try restorer.restore(segment, from: max(segment, seq + 1), of: store, into: names)
        }
        if let last = try lastHeader() { try restorer.checkTotal(last) }
    }

    /// The last block's header; nil for an empty log.
    func lastHeader() throws(EventLogError) -> BlockHeader? {
        let buffer = ByteBuffer()
        for segment in store.firstSeqs.reversed() {
            if let entry = try store.copy(.last, of: .headers, in: segment, to: buffer) {
                return try SegmentStore.header(buffer, entry, logID: store.logID)
            }
        }
        return nil
    }

    /// The log must reach as far as its tail says, by way of the same header.
    func checkTail() throws(EventLogError) {
        guard let tail = try Tail.read(directory: store.directory) else { return }
        try check(tail, last: try lastHeader())
    }

    func check(_ tail: Tail, last: BlockHeader?) throws(EventLogError) {
        func lost(_ detail: String) -> EventLogError {
            .corrupt(Corruption(place: Tail.name, detail: detail, remedy: Remedy.lostCommits))
        }
        guard tail.logID == store.logID else { throw lost("it belongs to log \(tail.logID), not to \(store.logID)") }
        guard tail.lastSeq > 0 else { return }
        let lastSeq = last?.lastSeq ?? 0
        guard tail.lastSeq <= lastSeq else {
            throw lost("the log was committed through seq \(tail.lastSeq) but ends at \(lastSeq)")
        }
        let buffer = ByteBuffer()
        guard let entry = try store.copyBlock(holding: tail.lastSeq, to: buffer) else {
            throw lost("the block that holds seq \(tail.lastSeq) is missing")
        }
        let header = try SegmentStore.header(buffer, entry, logID: store.logID)
        guard header.lastSeq == tail.lastSeq, header.hash == tail.lastHash else {
            throw lost("the block that ended at seq \(tail.lastSeq) is not the one that was committed")
        }
    }

    static func decode(
        _ buffer: ByteBuffer, _ entry: StoredEntry, with decoder: BlockDecoder, into block: inout DecodedBlock
    ) throws(EventLogError) {
        do throws(BlockFault) {
            try decoder.decode(buffer.bytes, into: &block)
        } catch {
            throw error.error(place: entry.place, block: entry.key)
        }
    }

    /// Whether `header` is the link behind `previous` in the chain; the first of a log has no previous.
    static func check(
        _ header: BlockHeader, follows previous: BlockHeader?, _ entry: StoredEntry
    ) throws(EventLogError) {
        func broken(_ detail: String) -> EventLogError {
            .corrupt(
                Corruption(place: entry.place, block: entry.key, detail: detail, remedy: Remedy.restoreSegment))
        }
        if let previous {
            guard header.firstSeq == previous.lastSeq + 1 else {
                throw broken("it begins at \(header.firstSeq), the block before ended at \(previous.lastSeq)")
            }
            guard header.previousHash == previous.hash else {
                throw broken("it does not follow the block before: the chain of header hashes is broken")
            }
            guard header.context.logTime >= previous.context.logTime else {
                throw broken("its log time lies before that of the block before")
            }
        } else if header.firstSeq == 1, header.previousHash != .zero {
            throw broken("it is the log's first block but names one before it")
        }
    }
}
