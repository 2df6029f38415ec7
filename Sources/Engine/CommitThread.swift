import EventLog
import Synchronization
import UsageModel

/// A block on its way to the disk, and who waits for it there. Kept and reused.
final class PendingBlock: @unchecked Sendable {
    let draft = BlockDraft()
    var replies: [(sink: any SessionSink, replies: SessionReplies)] = []
    /// Answers to questions, made from state that is durable with this block.
    var answers: [@Sendable () -> Void] = []
    /// What its commit took.
    fileprivate(set) var duration = Duration.zero

    var isEmpty: Bool { draft.batch.records.isEmpty && replies.isEmpty && answers.isEmpty }

    /// Everything before and in it is durable, through `seq`.
    func answer(seq: UInt64) {
        for index in replies.indices {
            replies[index].replies.seq = seq
            replies[index].sink.deliver(replies[index].replies)
        }
        for answer in answers { answer() }
    }

    func removeAll() {
        draft.removeAll()
        replies.removeAll(keepingCapacity: true)
        answers.removeAll(keepingCapacity: true)
    }
}

/// Commits blocks, one behind the other, and answers those who wait for them, while the writer settles the next block.
///
/// Encoding blocks and the two flushes of each commit were a seventh of the writer's time at full speed (0.97 of 7.1 s
/// for two million events), and all who waited did so for both. A thread and not a queue, since handing a block over allocates nothing. An LMDB write transaction begins and
/// ends here.
final class CommitThread: @unchecked Sendable {
    /// This thread's while a block is being committed, the writer's else.
    private let log: EventLog
    private let publication: Publication
    /// Called on this thread when a block is committed or has failed.
    private let ended: @Sendable () -> Void
    private let monitor = Monitor()
    // Under the monitor.
    private var block: PendingBlock?
    /// Wait for it as well, since after it was handed over.
    private var followers: [@Sendable () -> Void] = []
    private var failure: EventLogError?
    private var isStopping = false
    private var isStopped = false
    /// The same as `block == nil`, to be asked without the monitor.
    private let hasNothing = Atomic(true)

    init(log: EventLog, publication: Publication, ended: @escaping @Sendable () -> Void) {
        self.log = log
        self.publication = publication
        self.ended = ended
        OSThread.start { [self] in run() }
    }

    /// Whether another block may be handed over.
    var isIdle: Bool { hasNothing.load(ordering: .acquiring) }

    /// Begins to commit `block`, which this thread alone may change until it is idle again. It must be idle now.
    func commit(_ block: PendingBlock) {
        monitor.withLock {
            precondition(self.block == nil, "a block is being committed")
            self.block = block
            hasNothing.store(false, ordering: .relaxed)
            monitor.signal()
        }
    }

    /// Calls `answer` when what was handed over is durable; never where that failed.
    func whenDurable(_ answer: @escaping @Sendable () -> Void) {
        let isDurable = monitor.withLock {
            if block != nil { followers.append(answer) }
            return block == nil && failure == nil
        }
        if isDurable { answer() }
    }

    /// Returns when it is idle. Throws what made a commit fail: nothing is known of the disk then.
    func wait() throws(EventLogError) {
        let failure = monitor.withLock {
            monitor.wait { block != nil }
            return self.failure
        }
        if let failure { throw failure }
    }

    /// Ends the thread behind what is being committed. Idempotent.
    func stop() {
        monitor.withLock {
            isStopping = true
            monitor.signal()
            monitor.wait { !isStopped }
        }
    }

    private func run() {
        while let block = next() {
            let failure = commitNow(block)
            let answers = monitor.withLock {
                self.failure = failure
                self.block = nil
                hasNothing.store(true, ordering: .releasing)
                monitor.signal()
                defer { followers = [] }
                return followers
            }
            if failure == nil { for answer in answers { answer() } }
            ended()
        }
        monitor.withLock {
            isStopped = true
            monitor.signal()
        }
    }

    /// Nil when the thread is to end.
    private func next() -> PendingBlock? {
        monitor.withLock {
            monitor.wait { block == nil && !isStopping }
            return block
        }
    }

    /// Nobody is answered after a commit that failed.
    private func commitNow(_ block: PendingBlock) -> EventLogError? {
        let start = ContinuousClock.now
        do throws(EventLogError) {
            let seqs = try log.commit(block.draft)
            block.duration = ContinuousClock.now - start
            publication.publish(seqs, kinds: RecordKinds(of: block.draft.batch.records))
            block.answer(seq: seqs.upperBound)
            return nil
        } catch {
            return error
        }
    }
}
