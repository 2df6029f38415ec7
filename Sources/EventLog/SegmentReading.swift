import LMDB
import UsageModel

/// One entry of a table, copied out of the map, so that no read transaction outlives the call.
struct StoredEntry {
    /// First seq of the segment that it was found in.
    var segment: UInt64
    var key: UInt64
    var place: String { SegmentName.place(segment) }
}

extension SegmentStore {
    /// Which entry of a table is meant.
    enum Position {
        /// The last whose key is not above this.
        case through(UInt64)
        /// The first whose key is not below this.
        case from(UInt64)
        case last
    }

    enum Content {
        case blocks, names
        /// Of the blocks no more than their headers.
        case headers
    }

    /// Copies an entry of one segment into `buffer`; nil when there is none.
    func copy(
        _ position: Position, of content: Content, in segment: UInt64, to buffer: ByteBuffer
    ) throws(EventLogError) -> StoredEntry? {
        try read(segment) { (environment) throws(EventLogError) in
            let table = content == .names ? SegmentTable.names(environment) : SegmentTable.blocks(environment)
            let place = SegmentName.place(segment)
            do throws(LMDBError) {
                let transaction = try ReadTransaction(environment)
                guard let entry = try Self.entry(position, table, transaction) else { return nil }
                buffer.removeAll()
                let byteCount = content == .headers ? BlockHeader.byteCount : entry.value.count
                buffer.append(UnsafeRawBufferPointer(rebasing: entry.value.prefix(byteCount)))
                guard let key = SegmentKey.seq(entry.key) else { throw LMDBError.oddKey }
                return StoredEntry(segment: segment, key: key)
            } catch {
                throw EventLogError(error, place: place)
            }
        }
    }

    private static func entry(
        _ position: Position, _ table: Table, _ transaction: borrowing ReadTransaction
    ) throws(LMDBError) -> Entry? {
        switch position {
        case .through(let seq):
            return try SegmentKey.with(seq) { (key) throws(LMDBError) in try transaction.last(table, through: key) }
        case .from(let seq):
            return try SegmentKey.with(seq) { (key) throws(LMDBError) in try transaction.first(table, from: key) }
        case .last:
            return try transaction.last(table)
        }
    }

    /// Copies the block that holds `seq` into `buffer`; nil when the log ends before it.
    func copyBlock(holding seq: UInt64, to buffer: ByteBuffer) throws(EventLogError) -> StoredEntry? {
        while true {
            // Looked up before the blocks are: what has a successor is sealed, so a block that is not in it
            // is not about to come.
            let (segment, next) = segment(holding: seq)
            guard let segment else {
                guard let first = firstSeqs.first else { return nil }
                throw Self.missing(from: seq, before: first)
            }
            if let entry = try copy(.through(seq), of: .blocks, in: segment, to: buffer) {
                let header = try Self.header(buffer, entry, logID: logID)
                if header.lastSeq >= seq { return entry }
            }
            if let next { throw Self.missing(from: seq, before: next) }
            // The writer may have been here since; a later block without one that holds `seq` is a gap.
            if let later = try copy(.from(seq), of: .blocks, in: segment, to: buffer) {
                if later.key > seq { throw Self.missing(from: seq, before: later.key) }
            } else if self.segment(holding: seq) == (segment, nil) {
                return nil
            }
        }
    }

    /// Reads the header in `buffer` and checks that it stands where it belongs.
    static func header(
        _ buffer: ByteBuffer, _ entry: StoredEntry, logID: Hash128
    ) throws(EventLogError) -> BlockHeader {
        let header: BlockHeader
        do throws(BlockFault) {
            header = try BlockHeader(buffer.bytes)
        } catch {
            throw error.error(place: entry.place, block: entry.key)
        }
        try check(header, entry, logID: logID)
        return header
    }

    static func check(_ header: BlockHeader, _ entry: StoredEntry, logID: Hash128) throws(EventLogError) {
        guard header.firstSeq == entry.key else {
            throw .corrupt(
                Corruption(
                    place: entry.place, block: entry.key, detail: "it says that it begins at seq \(header.firstSeq)",
                    remedy: Remedy.restoreSegment))
        }
        guard header.logID == logID else {
            throw .corrupt(
                Corruption(
                    place: entry.place, block: entry.key,
                    detail: "it belongs to log \(header.logID), not to \(logID): a foreign segment",
                    remedy: Remedy.restoreSegment))
        }
    }

    static func missing(from seq: UInt64, before next: UInt64) -> EventLogError {
        .corrupt(
            Corruption(
                place: SegmentName.place(seq), detail: "the records \(seq) to \(next - 1) are missing",
                remedy: Remedy.restoreMissing))
    }
}

extension LMDBError {
    /// A key that is no seq: nothing of ours wrote it.
    static let oddKey = LMDBError(code: LMDBError.damageCode, call: "key of another length")
}
