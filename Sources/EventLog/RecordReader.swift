import Synchronization
public import UsageModel

/// Reads records of some kinds, page by page, on any number of threads.
///
/// Blocks that hold none are passed over by their column of kinds alone. Those that were unpacked last are kept:
/// subscribers near the log's end all want the same ones, and a page begins in the block in which the one before ended.
public final class RecordReader: Sendable {
    private let reader: EventLogReader
    /// The one that was unpacked last stands last.
    private let recent = Mutex<[Block]>([])

    /// A full block takes some 10 MB unpacked.
    private static let recentCount = 4

    /// A block of the log; its content is nil when it was passed over.
    private struct Block {
        var entry: StoredEntry
        var header: BlockHeader
        var content: DecodedBlock?
    }

    public init(_ reader: EventLogReader) { self.reader = reader }

    /// Calls `body` with the blocks that hold a record of `kinds`, from the one that holds `seq` to the one that ends
    /// at `last`, until `body` returns false or it is `deadline`. The first may begin before `seq`, and all may hold
    /// records of other kinds. They are checked as by `EventLogReader.scan`; no read transaction is held while `body`
    /// runs.
    ///
    /// Returns the first seq that was neither read nor passed over. Throws `EventLogError`, or what `body` threw.
    public func scan(
        from seq: UInt64, through last: UInt64, for kinds: RecordKinds, until deadline: ContinuousClock.Instant,
        _ body: (borrowing DecodedBlock) throws -> Bool
    ) throws -> UInt64 {
        let decoder = BlockDecoder()
        let buffer = ByteBuffer()
        var next = max(seq, 1)
        var previous: BlockHeader?
        while next <= last, let block = try block(holding: next, for: kinds, decoder, buffer) {
            try EventLogReader.check(block.header, follows: previous, block.entry)
            previous = block.header
            next = block.header.lastSeq + 1
            if let content = block.content, try !body(content) { break }
            if ContinuousClock.now >= deadline { break }
        }
        return next
    }

    /// Nil when the log ends before `seq`.
    private func block(
        holding seq: UInt64, for kinds: RecordKinds, _ decoder: BlockDecoder, _ buffer: ByteBuffer
    ) throws(EventLogError) -> Block? {
        if let known = recent.withLock({ $0.last { $0.content?.holds(seq) == true } }) { return known }
        guard let entry = try reader.store.copyBlock(holding: seq, to: buffer) else { return nil }
        var block = Block(entry: entry, header: try SegmentStore.header(buffer, entry, logID: reader.logID))
        do throws(BlockFault) {
            if kinds != .all, try kinds.isDisjoint(with: decoder.kinds(of: buffer.bytes)) { return block }
            var content = DecodedBlock()
            try decoder.decode(buffer.bytes, into: &content)
            block.content = content
        } catch {
            throw error.error(place: entry.place, block: entry.key)
        }
        recent.withLock { recent in
            if recent.count == Self.recentCount { recent.removeFirst() }
            recent.append(block)
        }
        return block
    }
}
