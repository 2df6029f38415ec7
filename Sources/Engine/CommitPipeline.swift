import EventLog
import UsageModel

/// The writer's side of commits: one block is on its way to the disk while the next is made.
///
/// State in memory is ahead of the disk by these two. Whoever is told of it, by an ack or an answer, waits for the block
/// that makes it durable.
final class CommitPipeline {
    private let log: EventLog
    private let thread: CommitThread
    /// The last record known to be on the disk.
    private(set) var durableSeq: UInt64
    /// The last record of the last block that was handed over.
    private(set) var sealedSeq: UInt64
    /// Log time of the last durable block; nil for an empty log.
    private(set) var durableLogTime: Timestamp?
    private(set) var tally = CommitTally()
    /// How many blocks were handed over since the start.
    private(set) var handedOverCount: UInt64 = 0
    /// Who waits for the block that is being made.
    private var next = PendingBlock()
    private var underWay: PendingBlock?
    private var spare: PendingBlock? = PendingBlock()

    /// - Parameter ended: called on another thread when a block is committed.
    init(log: EventLog, publication: Publication, ended: @escaping @Sendable () -> Void) {
        self.log = log
        thread = CommitThread(log: log, publication: publication, ended: ended)
        durableSeq = log.lastSeq
        sealedSeq = log.lastSeq
        durableLogTime = log.lastContext?.logTime
    }

    /// What `session` is told when the next block is durable.
    func add(_ replies: SessionReplies, for session: Session) { next.replies.append((session.sink, replies)) }

    /// Calls `answer` when the record `seq` is durable.
    func whenDurable(_ seq: UInt64, _ answer: @escaping @Sendable () -> Void) {
        if seq <= durableSeq { return answer() }
        if seq <= sealedSeq { return thread.whenDurable(answer) }
        next.answers.append(answer)
    }

    /// The last record that is durable when `seq` is.
    func end(of seq: UInt64, lastSeq: UInt64) -> UInt64 {
        seq <= durableSeq ? durableSeq : seq <= sealedSeq ? sealedSeq : lastSeq
    }

    /// Somebody's answer waits for a block that is not handed over yet.
    var hasAnswers: Bool { !next.answers.isEmpty }

    /// Nobody waits for the next block.
    var isNextEmpty: Bool { next.isEmpty }

    /// A block was handed over and is not known to be durable; the next would have to wait for it.
    var isCommitting: Bool { underWay != nil }

    /// Learns whether the block under way is durable by now, or has failed.
    func noteProgress() throws(EngineError) {
        if underWay != nil, thread.isIdle { try wait() }
    }

    /// Returns when all that was handed over is durable.
    func wait() throws(EngineError) {
        guard let block = underWay else { return }
        do throws(EventLogError) {
            try thread.wait()
        } catch {
            throw .log(error)
        }
        underWay = nil
        durableSeq = sealedSeq
        let count = block.draft.batch.records.count
        if count > 0 {
            durableLogTime = block.draft.header.context.logTime
            tally.note(records: count, took: block.duration)
        }
        block.removeAll()
        spare = block
    }

    /// Hands `batch`, which is empty then, over behind the block that is under way, and whoever waits for it.
    func handOver(_ batch: inout RecordBatch, context: BlockContext) throws(EngineError) {
        try wait()
        let block = next
        swap(&block.draft.batch, &batch)
        let count = block.draft.batch.records.count
        guard count > 0 else {
            // All that they wait for is durable.
            block.answer(seq: durableSeq)
            return block.removeAll()
        }
        log.seal(block.draft, context: context)
        sealedSeq += UInt64(count)
        handedOverCount += 1
        next = spare.take() ?? PendingBlock()
        underWay = block
        thread.commit(block)
    }

    /// Calls `body` with the record at `seq` if it is on its way to the disk.
    func withRecordUnderWay<R>(at seq: UInt64, _ body: (Record, UnsafeRawBufferPointer) -> R) -> R? {
        guard seq > durableSeq, seq <= sealedSeq, let batch = underWay?.draft.batch else { return nil }
        return batch.bytes.withRawBytes { body(batch.records[Int(seq - durableSeq) - 1], $0) }
    }

    /// Ends the thread behind what is under way. Idempotent.
    func stop() { thread.stop() }
}
