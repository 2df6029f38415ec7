import LMDB
public import UsageModel

/// The writer's side of the log: appends blocks, each with one commit that is on the disk on return.
///
/// One thread at a time: blocks may be sealed on one and committed on another, but while a commit is under way only
/// readers and what is said to be for any thread may be used. Any commit that fails is fatal for the object: nothing is
/// known about the disk then, and fsync failures cannot be retried.
public final class EventLog {
    /// Tells this log from every other; random, made once.
    public var logID: Hash128 { store.logID }
    /// The last record's seq; 0 for an empty log.
    public private(set) var lastSeq: UInt64 = 0
    /// What stands in the last block's header; nil for an empty log.
    public private(set) var lastContext: BlockContext?

    /// The hash of the last block's header; nil for an empty log.
    public var lastBlockHash: Hash128? { lastSeq > 0 ? lastHash : nil }

    let store: SegmentStore
    private let options: EventLogOptions
    private let names: NameTable
    private let tail: TailWriter
    private let cache: BlockCache
    /// The segment that grows, and its environment. Nil after `close`.
    private var active: (firstSeq: UInt64, environment: Environment)?
    private var lastHash = Hash128.zero
    /// How many names of each kind sealed blocks have, in the order of `NameKind.allCases`.
    public private(set) var sealedNames: [UInt32] = NameKind.allCases.map { _ in 0 }
    private var failure: String?

    private let encoder = BlockEncoder()
    private let body = ByteBuffer()
    private let value = ByteBuffer()

    /// Opens the log in `directory`, creates it when it is missing, takes the directory's lock, checks
    /// every segment's structure and place and the tail, and restores all names into `names`, which must be empty.
    /// Blocks' bodies are checked when they are read. O(segments + names).
    ///
    /// - Parameter restoresNames: false leaves the names to `restoreNames` and the making of their index to the
    ///   caller. Until then nothing may be appended or interned.
    public static func open(
        directory: String, options: EventLogOptions = EventLogOptions(), names: NameTable, restoresNames: Bool = true
    ) throws(EventLogError) -> EventLog {
        precondition(NameKind.allCases.allSatisfy { names.count($0) == 0 }, "names are restored into an empty table")
        try SystemCall.makeDirectory(directory)
        let lock = try DirectoryLock(directory: directory, mode: .writer)
        let logDirectory = directory + "/" + SegmentName.parent
        try SystemCall.makeDirectory(logDirectory)
        let format = try format(directory: directory)
        try SegmentDraft.remove(directory: directory)
        let store = try SegmentStore(directory: directory, logID: format.logID, lock: lock)
        let log = try EventLog(store: store, options: options, names: names)
        if restoresNames {
            try log.restoreNames()
            names.endRestoring()
        }
        return log
    }

    /// Reads names back, each checked against the block that added it. Another thread may do this while this
    /// log's readers are used. O(names).
    ///
    /// - Parameter seq: the end of a block; what it and those before it added is in the table already.
    public func restoreNames(behind seq: UInt64 = 0) throws(EventLogError) {
        try reader().restoreNames(into: names, behind: seq)
        noteSealedNames()
    }

    /// The format file; a new one for a new log. Segments without it are no log that we know.
    private static func format(directory: String) throws(EventLogError) -> FormatFile {
        if let found = try FormatFile.read(directory: directory) { return found }
        let segments = try SystemCall.list(directory + "/" + SegmentName.parent).compactMap(SegmentName.firstSeq)
        guard segments.isEmpty else {
            throw .corrupt(
                Corruption(
                    place: FormatFile.name, detail: "the file is missing, but there are segments",
                    remedy: Remedy.restoreFormat))
        }
        return try FormatFile.create(directory: directory)
    }

    private init(store: SegmentStore, options: EventLogOptions, names: NameTable) throws(EventLogError) {
        self.store = store
        self.options = options
        self.names = names
        cache = BlockCache(capacity: options.cachedBlocks)
        let opening = try LogOpening(store: store, mapBytes: options.mapBytes)
        let last = opening.last
        let reader = EventLogReader(store: store)
        if let found = try Tail.read(directory: store.directory) { try reader.check(found, last: last) }
        tail = try TailWriter(
            directory: store.directory,
            current: Tail(logID: store.logID, lastSeq: last?.lastSeq ?? 0, lastHash: last?.hash ?? .zero))
        if let last {
            lastSeq = last.lastSeq
            lastHash = last.hash
            lastContext = last.context
        }
        if let found = opening.active {
            active = found
        } else {
            try openSegment()
        }
    }

    /// A reader that shares this log's segments; for any thread, also after `close` (it then finds `closed`).
    public func reader() -> EventLogReader { EventLogReader(store: store) }

    /// Whether the file system has room for `bytes` more beside the reserve. One system call, for any thread. To be
    /// asked before a batch is taken, so that senders hear `busy: disk` and no commit has to fail.
    public func hasRoom(forBytes bytes: Int) throws(EventLogError) -> Bool {
        try missingRoom(forBytes: bytes) == nil
    }

    /// Ends `draft`: the names interned since the last sealed block are its. To be called by the thread that interns
    /// names, while no commit is under way. O(new names).
    public func seal(_ draft: BlockDraft, context: BlockContext) {
        draft.header.context = context
        draft.names.removeAll()
        var ranges: [(kind: NameKind, numbers: Range<UInt32>)] = []
        var total: UInt32 = 0
        for (kind, sealed) in zip(NameKind.allCases, sealedNames) {
            let count = UInt32(names.count(kind))
            total += count
            if count > sealed { ranges.append((kind, sealed + 1..<count + 1)) }
        }
        draft.header.nameTotal = total
        guard !ranges.isEmpty else { return }
        (draft.header.nameCount, draft.header.namesHash) = NameRecord.write(ranges, of: names, to: draft.names)
        noteSealedNames()
    }

    /// Writes one block with all that `draft` has, in one commit; on return it is on the disk. Returns the records'
    /// seqs. Drafts are committed in the order in which they were sealed; none may be empty, and log time does not
    /// decrease from one to the next.
    ///
    /// Throws `noSpace` with `isFatal` false before anything was written: the same draft may be tried
    /// again. After any other error the log takes nothing more.
    public func commit(_ draft: BlockDraft) throws(EventLogError) -> ClosedRange<UInt64> {
        if let failure { throw .failedBefore(failure) }
        guard active != nil else { throw .closed }
        var header = draft.header
        precondition(header.context.logTime >= lastContext?.logTime ?? header.context.logTime, "log time decreased")
        header.logID = logID
        header.firstSeq = lastSeq + 1
        header.count = UInt32(draft.batch.records.count)
        header.previousHash = lastHash
        header.setEventTimes(of: draft.batch)
        encode(draft.batch, into: &header)
        let needed = value.count + draft.names.count + Self.commitOverheadBytes
        if let available = try missingRoom(forBytes: needed) {
            throw .noSpace(
                directory: store.directory, availableBytes: available,
                neededBytes: UInt64(needed + options.reserveBytes), isFatal: false)
        }
        do throws(EventLogError) {
            try rollIfFull()
            try commit(header, names: draft.names)
        } catch {
            failure = "\(error)"
            throw error
        }
        lastSeq = header.lastSeq
        lastHash = header.hash
        lastContext = header.context
        writeTail()
        return header.firstSeq...header.lastSeq
    }

    /// Calls `body` with the record at `seq` and the bytes that its ranges refer to, which are valid only
    /// inside `body`. A few decoded blocks are kept, so neighbours cost nothing; else one block is unpacked. For one
    /// thread, also while another commits.
    public func withRecord<R>(
        at seq: UInt64, _ body: (Record, UnsafeRawBufferPointer) -> R
    ) throws(EventLogError) -> R {
        try cache.withRecord(at: seq, in: store, body)
    }

    /// The record at `seq`, and a copy of its id and payload, which its ranges refer to.
    public func record(at seq: UInt64) throws(EventLogError) -> (record: Record, bytes: [UInt8]) {
        try withRecord(at: seq) { record, bytes in
            var single = RecordBatch()
            var record = record
            record.id = single.add(bytes.slice(record.id.indices))
            record.payload = single.add(bytes.slice(record.payload.indices))
            return (record, single.bytes)
        }
    }

    /// Number and size of the segments. One system call a segment, for any thread.
    public func statistics() throws(EventLogError) -> LogStatistics {
        var bytes: UInt64 = 0
        let segments = store.firstSeqs
        for segment in segments {
            bytes += try SystemCall.fileByteCount(store.path(segment) + "/" + DataFile.name)
        }
        return LogStatistics(segments: segments.count, bytes: bytes)
    }

    /// Lets go of segments and lock; readers find `closed`. Everything appended is on the disk already.
    public func close() {
        if let active { store.give(active.firstSeq) }
        active = nil
        store.close()
    }

    deinit { close() }
}

extension EventLog {
    /// Pages that a commit writes beside its values: copies of a path through each of three trees and
    /// of the free list, page rounding; and the first pages of a new segment.
    private static let commitOverheadBytes = 64 * 4_096

    /// Nil when there is room, else how much there is.
    private func missingRoom(forBytes bytes: Int) throws(EventLogError) -> UInt64? {
        let available = try SystemCall.availableBytes(store.directory)
        return available >= UInt64(bytes) + UInt64(options.reserveBytes) ? nil : available
    }

    private func noteSealedNames() {
        for (index, kind) in NameKind.allCases.enumerated() { sealedNames[index] = UInt32(names.count(kind)) }
    }

    private func encode(_ batch: RecordBatch, into header: inout BlockHeader) {
        body.removeAll()
        value.removeAll()
        encoder.encode(batch, into: body)
        header.bodyByteCount = UInt32(body.count)
        header.bodyHash = Hash128(of: body.bytes)
        header.write(to: value)
        value.append(body.bytes)
    }

    private func commit(_ header: BlockHeader, names nameRecord: ByteBuffer) throws(EventLogError) {
        guard let active else { throw .closed }
        do throws(LMDBError) {
            let transaction = try WriteTransaction(active.environment)
            let blocks = SegmentTable.blocks(active.environment)
            let names = SegmentTable.names(active.environment)
            try SegmentKey.with(header.firstSeq) { (key) throws(LMDBError) in
                if header.nameCount > 0 { try transaction.append(names, key: key, value: nameRecord.bytes) }
                try transaction.append(blocks, key: key, value: value.bytes)
            }
            try transaction.commit()
        } catch {
            let needed = value.count + nameRecord.count + Self.commitOverheadBytes
            throw fatal(error, place: SegmentName.place(active.firstSeq), neededBytes: UInt64(needed))
        }
    }

    /// A short write comes back from LMDB as EIO, so a full disk is recognised by looking.
    private func fatal(_ error: LMDBError, place: String, neededBytes: UInt64) -> EventLogError {
        let available = (try? SystemCall.availableBytes(store.directory)) ?? UInt64.max
        if SystemCall.isNoSpace(error.code) || (error.code == SystemCall.inputOutput && available < neededBytes) {
            return .noSpace(
                directory: store.directory, availableBytes: available, neededBytes: neededBytes, isFatal: true)
        }
        return EventLogError(error, place: place)
    }

    private func rollIfFull() throws(EventLogError) {
        guard let active, lastSeq >= active.firstSeq, active.environment.usedBytes >= options.segmentBytes else {
            return
        }
        store.give(active.firstSeq)
        self.active = nil
        try openSegment()
    }

    /// Makes the segment that begins behind the last record.
    private func openSegment() throws(EventLogError) {
        let firstSeq = lastSeq + 1
        try SegmentDraft.make(firstSeq, directory: store.directory, mapBytes: options.mapBytes)
        active = (firstSeq, try store.takeForWriting(firstSeq, mapBytes: options.mapBytes))
        store.add(firstSeq)
    }

    /// The commit stands whatever happens here; but without a tail a lost root would go unseen, so no
    /// further commit is made.
    private func writeTail() {
        do throws(EventLogError) {
            try tail.write(Tail(logID: logID, lastSeq: lastSeq, lastHash: lastHash))
        } catch {
            failure = "\(error)"
        }
    }
}

/// Size of a log.
public struct LogStatistics: Sendable, Equatable {
    public var segments: Int
    /// Size of the data files.
    public var bytes: UInt64
}
