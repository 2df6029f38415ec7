import Engine
import WireFormat

/// Replies of one ingest connection that its client has not taken yet.
///
/// Errors leave first, then the newest ack (older ones are forgotten), then answers to `hello`,
/// `sync` and `ping`: so an error is always sent before the ack that covers it. What a client does
/// not read is kept up to a bound; beyond it errors are counted, and the client learns how many it
/// missed where they would have stood.
struct ReplyQueue: ~Copyable {
    private var errors: [UInt8] = []
    /// How many bytes of `errors` have left; they may end within a line.
    private var errorsSent = 0
    private var missedErrors: UInt64 = 0
    /// Leaves in one piece, so that errors which arrive meanwhile cannot come to stand within a line.
    private var others: [UInt8] = []
    private var ack: (lines: UInt64, seq: UInt64)?
    private let limit: Int
    private let budget: ByteBudget

    init(limitBytes: Int, budget: ByteBudget) {
        limit = limitBytes
        self.budget = budget
    }

    deinit { budget.giveBack(errors.count + others.count) }

    var isEmpty: Bool { errors.isEmpty && missedErrors == 0 && others.isEmpty && ack == nil }

    /// Whether the client owes so many reads of answers it asked for itself (`sync`, `ping`, `hello`)
    /// that no more of its lines should be read. Errors and acks never have that effect.
    var isClogged: Bool { others.count > limit }

    /// Adds what the writer said; `isNewAck` when it acknowledges more than the time before.
    mutating func add(_ replies: SessionReplies, isNewAck: Bool) {
        if !replies.errors.isEmpty { add(errors: replies.errors) }
        if isNewAck { ack = (replies.acked, replies.seq) }
        add(other: replies.other)
    }

    /// Adds what the listener itself has to say.
    mutating func add(_ reply: Reply) {
        var bytes: [UInt8] = []
        reply.write(to: &bytes)
        add(other: bytes)
    }

    /// Not bounded here: `isClogged` stops the reading that makes these, and what was read before
    /// that is one receive buffer.
    private mutating func add(other bytes: [UInt8]) {
        budget.charge(bytes.count)
        others.append(contentsOf: bytes)
    }

    private mutating func add(errors new: [UInt8]) {
        // After the first miss all are missed until the client has taken what is kept, so that the
        // one notice stands where the missed errors would have stood.
        guard missedErrors == 0, errors.count + new.count <= limit, budget.take(new.count) else {
            missedErrors += UInt64(new.count { $0 == UInt8(ascii: "\n") })
            return
        }
        errors.append(contentsOf: new)
    }

    /// The bytes to write next, at most `byteCount` of errors; nil when there are none.
    mutating func next(byteCount: Int) -> [UInt8]? {
        var piece = takeErrors(byteCount)
        guard errors.isEmpty else { return piece }
        if missedErrors > 0 {
            let detail =
                "\(missedErrors) errors were not kept because the client did not read its replies "
                + "(replies_kept); `tenure rejects` lists the last ones"
            Reply.error(code: LineError.limit.code, line: 0, detail: detail).write(to: &piece)
            missedErrors = 0
        }
        if let ack {
            Reply.ack(lines: ack.lines, seq: ack.seq).write(to: &piece)
            self.ack = nil
        }
        piece.append(contentsOf: others)
        budget.giveBack(others.count)
        others.removeAll()
        return piece.isEmpty ? nil : piece
    }

    private mutating func takeErrors(_ byteCount: Int) -> [UInt8] {
        let end = min(errors.count, errorsSent + byteCount)
        let piece = Array(errors[errorsSent..<end])
        errorsSent = end
        if end == errors.count {
            budget.giveBack(errors.count)
            errors.removeAll()
            errorsSent = 0
        }
        return piece
    }
}
