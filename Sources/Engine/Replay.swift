public import EventLog
import Portraits
import Rules
public import UsageModel

/// The fold over the whole log: portraits and flags, without evaluating a single rule, since flag
/// moves are facts.
final class Replay {
    let names: NameTable
    let portraits: Portraits
    var book = FlagBook()
    /// The texts of the last `rules` records.
    private(set) var ruleFiles = RuleFiles()
    /// Records that came late for a flag and that no look had covered when the log ended, or that one
    /// covered within the last hour: judging a flag again by the same records comes to the same.
    private(set) var late = LateRecords()
    private(set) var recordCount: UInt64 = 0
    /// Records of product use.
    private(set) var eventCount: UInt64 = 0
    /// Of the checkpoint that this began with: 0 and nothing without one.
    private(set) var restoredSeq: UInt64 = 0
    /// By company number: when each was to be looked at next, as of the checkpoint.
    private(set) var deadlines: [Timestamp] = []
    /// The hash of the header of the block that ends at `restoredSeq`.
    private var restoredBlockHash: Hash128?

    init(names: NameTable) {
        self.names = names
        portraits = Portraits(names: names)
    }

    /// Takes over what a checkpoint says besides its parts.
    func take(_ record: CheckpointRecord, _ header: CheckpointHeader) throws(DamagedBytes) {
        book = try record.book.finish()
        ruleFiles = record.files
        late = record.late
        eventCount = record.eventCount
        deadlines = record.deadlines
        restoredSeq = header.seq
        restoredBlockHash = header.blockHash
    }

    /// Applies every record through `last` behind the checkpoint's; `each` sees the senders' records after they applied,
    /// `afterBlock` the last seq of each block.
    func run(
        _ reader: EventLogReader, through last: UInt64, afterBlock: (UInt64) -> Void = { _ in },
        each: (Record, UInt64, UnsafeRawBufferPointer) -> Void = { _, _, _ in }
    ) throws(EngineError) {
        try reader.forEachBlock(from: restoredSeq + 1, through: last) { (block) throws(EngineError) in
            if let restoredBlockHash, block.header.firstSeq == restoredSeq + 1 {
                guard block.header.previousHash == restoredBlockHash else {
                    throw .record(seq: block.header.firstSeq, "the block before is another than the checkpoint knows")
                }
            }
            try apply(block, each: each)
            afterBlock(block.header.lastSeq)
        }
    }

    private func apply(
        _ block: borrowing DecodedBlock, each: (Record, UInt64, UnsafeRawBufferPointer) -> Void
    ) throws(EngineError) {
        let logTime = block.header.context.logTime
        var seq = block.header.firstSeq
        let records = block.batch.records
        for (index, record) in records.enumerated() {
            portraits.prefetch(records, from: index)
            portraits.advanceClock(for: record, logTime: logTime)
            switch record.kind {
            case .move:
                do {
                    let json = try JSON.parse(text: block.batch, record.payload)
                    portraits.willChange(record.company)
                    try book.apply(try FlagMove(json: json), company: record.company, seq: seq)
                } catch {
                    throw .record(seq: seq, "\(error)")
                }
            default:
                if record.kind == .rules { ruleFiles.note(block.batch.text(record.payload), seq: seq) }
                let merged = record.kind == .alias ? portraits.companies(knowing: record.sentUser) : []
                block.batch.bytes.withRawBytes { bytes in
                    portraits.apply(record, seq: seq, bytes: bytes)
                    each(record, seq, bytes)
                }
                if let now = portraits.now { late.forget(beforeHourOf: now) }
                if book.hasFlag(of: record.company, raisedAfter: record.time) {
                    late.note(late: record, seq: seq, portraits: portraits)
                }
                for company in merged where book.hasFlags(of: company) {
                    late.note(alias: record, seq: seq, in: company, portraits: portraits)
                }
                if record.kind.isEvent { eventCount += 1 }
            }
            seq += 1
            recordCount += 1
        }
        // Under the wall clock a block's looks are in the block.
        if !late.isEmpty, portraits.settings.clock == .wall { late.removeAll() }
    }

    /// 128 bits that are equal for equal state; see ARCHITECTURE.md, "State is a function of the log".
    var digest: StateDigest { StateDigest(portraits: portraits, book: book) }
}

extension JSON {
    fileprivate static func parse(text batch: RecordBatch, _ range: ByteRange) throws -> JSON {
        try batch.bytes.withUnsafeBytes { try JSON.parse(UnsafeRawBufferPointer(rebasing: $0[range.indices])) }
    }
}

/// What a replay from scratch found.
public struct ReplayReport: Sendable {
    public var seq: UInt64
    public var records: UInt64
    public var companies: Int
    public var digest: Hash128 { parts.value }
    /// The digest's parts, to find the companies in which two states differ.
    let parts: StateDigest
}

extension Replay {
    /// Replays what `reader` sees through `last` into scratch state.
    static func run(_ reader: EventLogReader, through last: UInt64) throws(EngineError) -> ReplayReport {
        let names: NameTable
        do throws(EventLogError) {
            names = try reader.names()
        } catch {
            throw .log(error)
        }
        let replay = Replay(names: names)
        try replay.run(reader, through: last)
        return ReplayReport(
            seq: last, records: replay.recordCount, companies: replay.portraits.companyCount, parts: replay.digest)
    }
}

extension ReplayReport {
    /// Replays the whole log of a stopped daemon. O(records).
    public init(of reader: EventLogReader) throws(EngineError) {
        let last: UInt64
        do throws(EventLogError) {
            last = try reader.lastSeq()
        } catch {
            throw .log(error)
        }
        self = try Replay.run(reader, through: last)
    }
}

extension ReplayReport {
    /// What the checkpoint in a stopped daemon's directory is good for. O(its bytes).
    public static func checkpoint(of directory: String, logID: Hash128) -> CheckpointFinding {
        CheckpointStore.examine(stateDirectory: directory, logID: logID, layout: CheckpointLayout.fingerprint)
    }
}

extension EventLogReader {
    /// Calls `body` with every block that holds a seq of `first` through `last`, in the order of the log.
    func forEachBlock(
        from first: UInt64 = 1, through last: UInt64, _ body: (borrowing DecodedBlock) throws(EngineError) -> Void
    ) throws(EngineError) {
        do {
            try scan(from: first) { block in
                guard block.header.firstSeq <= last else { return false }
                try body(block)
                return true
            }
        } catch let error as EngineError {
            throw error
        } catch let error as EventLogError {
            throw .log(error)
        } catch {
            preconditionFailure("a scan throws its own errors or its body's: \(error)")
        }
    }
}
