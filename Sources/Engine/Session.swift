import Synchronization
import UsageModel
public import WireFormat

/// Who is at the other end of a connection, as the kernel says (`SO_PEERCRED`).
public struct Peer: Sendable {
    /// User name, or the numeric id where it has none; for TCP the remote address.
    public var name: String

    public init(name: String) { self.name = name }
}

/// What the writer tells a session after a commit.
public struct SessionReplies: Sendable {
    /// Encoded `{"error":…}` lines, in order; to be written before the ack that covers them.
    public var errors: [UInt8] = []
    /// The first so many event lines of this session are settled …
    public var acked: UInt64 = 0
    /// … and durable through this sequence number.
    public var seq: UInt64 = 0
    /// Encoded replies to `hello`, `sync` and `ping`, in order; to be written after the ack.
    public var other: [UInt8] = []
    /// The batch that was submitted as the last one is settled.
    public var finished = false
    /// Nothing is settled for now: the disk is full. `other` says so in the words of the wire.
    public var isBusy = false
}

/// The listener's side of a session. Called on the threads of the writer and of its commits; must not block.
public protocol SessionSink: Sendable {
    /// Never twice at the same time, and in the order of what is told.
    func deliver(_ replies: SessionReplies)
    /// A batch can be taken again after `takeBatch()` returned nil.
    func batchAvailable()
}

/// One sender's stream of lines into the engine.
public final class Session: Sendable {
    let sink: any SessionSink
    let peer: Peer
    private let pool: BatchPool
    private let mailbox: Mailbox
    /// Touched by the writer's thread only.
    nonisolated(unsafe) var progress = SessionProgress()

    init(peer: Peer, sink: any SessionSink, pool: BatchPool, mailbox: Mailbox) {
        self.peer = peer
        self.sink = sink
        self.pool = pool
        self.mailbox = mailbox
    }

    /// An empty batch to decode into, or nil when all are in flight: then stop reading until
    /// `SessionSink.batchAvailable()`. This is the only backpressure there is.
    public func takeBatch() -> LineBatch? { pool.take(for: sink) }

    /// Gives a batch back that was not submitted.
    public func returnBatch(_ batch: consuming LineBatch) { pool.giveBack(batch, settledLines: 0) }

    /// Hands a batch over: `consume` it, since a batch that somebody else refers to gets new memory when it is emptied.
    /// `last` means that the sender has closed or its request ends here.
    public func submit(_ batch: consuming LineBatch, last: Bool) {
        pool.noteSubmitted(lines: batch.lines.count)
        mailbox.post(Submission(session: self, batch: consume batch, last: last))
    }
}

/// What the writer remembers of a session.
struct SessionProgress {
    /// Event lines settled so far.
    var settledLines: UInt64 = 0
    var producer = ProducerID.none
    var replies = SessionReplies()
    /// Told that the disk is full, and nothing settled since.
    var isToldBusy = false
    /// Already in the list of sessions that get replies after this commit.
    var isAwaitingReplies = false
}

struct Submission: Sendable {
    let session: Session
    var batch: LineBatch
    let last: Bool
}

/// A fixed number of line batches, reused for ever, and a bound on the lines in them: a few fast senders fill
/// their batches, and all others would wait for those.
final class BatchPool: Sendable {
    private struct State {
        var free: [LineBatch]
        var waiting: [any SessionSink] = []
        /// Submitted and not settled.
        var lines = 0
    }

    private let state: Mutex<State>
    private let lineLimit: Int

    init(count: Int, lineLimit: Int) {
        self.lineLimit = lineLimit
        state = Mutex(State(free: (0..<count).map { _ in LineBatch() }))
    }

    func take(for sink: any SessionSink) -> LineBatch? {
        state.withLock { state in
            if state.lines < lineLimit, let batch = state.free.popLast() { return batch }
            state.waiting.append(sink)
            return nil
        }
    }

    func noteSubmitted(lines: Int) { state.withLock { $0.lines += lines } }

    func giveBack(_ batch: consuming LineBatch, settledLines: Int) {
        batch.removeAll()
        let returned = batch
        let sinks: [any SessionSink] = state.withLock { state in
            state.free.append(returned)
            state.lines -= settledLines
            // Nobody is woken while the lines are too many, so as many as there are batches when they are not.
            guard state.lines < lineLimit, !state.waiting.isEmpty else { return [] }
            let woken = Array(state.waiting.prefix(state.free.count))
            state.waiting.removeFirst(woken.count)
            return woken
        }
        for sink in sinks { sink.batchAvailable() }
    }
}
