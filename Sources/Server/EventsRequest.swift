import Clients
import Engine
import NIOCore
import Synchronization
import UsageModel
import WireFormat

/// One request with events: a session as long as the request.
final class EventsRequest: SessionSink {
    private struct State {
        var errors: [UInt8] = []
        var missedErrors = 0
        var acked: UInt64 = 0
        var seq: UInt64 = 0
        var isFinished = false
        /// The writer holds what it got and takes no more: the disk is full.
        var isBusy = false
        var isBatchAvailable = false
        /// Nobody waits for a batch any more; one that comes belongs to somebody else.
        var abandoned: Session?
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop

    /// Some 8,000 errors; beyond it they are counted only, and `tenure rejects` has the last ones.
    private static let errorBytes = 1 << 20

    /// Batches come back with every commit, so one that does not come for so long will not come soon.
    private static let patience = TimeAmount.seconds(5)

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func deliver(_ replies: SessionReplies) {
        wake { state in
            if state.errors.count + replies.errors.count <= Self.errorBytes {
                state.errors.append(contentsOf: replies.errors)
            } else {
                state.missedErrors += replies.errors.count { $0 == UInt8(ascii: "\n") }
            }
            state.acked = replies.acked
            state.seq = replies.seq
            state.isBusy = replies.isBusy
            state.isFinished = state.isFinished || replies.finished
            return state.isFinished || state.isBusy
        }
    }

    func batchAvailable() {
        if let session = state.withLock({ $0.abandoned }) {
            // Taken and given back, it goes to the next who waits.
            if let batch = session.takeBatch() {
                state.withLock { $0.abandoned = nil }
                session.returnBatch(batch)
            }
            return
        }
        wake { state in
            state.isBatchAvailable = true
            return true
        }
    }

    /// A batch to decode into, as soon as there is one. Throws `busy` when none comes.
    func batch(from session: Session) async throws(RequestRefusal) -> LineBatch {
        if let batch = session.takeBatch() { return batch }
        let end = eventLoop.scheduleTask(in: Self.patience) { [self] in
            wake { state in
                state.abandoned = session
                return true
            }
        }
        defer { end.cancel() }
        while true {
            await wait { state in
                defer { state.isBatchAvailable = false }
                return state.isBatchAvailable || state.abandoned != nil || state.isBusy
            }
            let isGivenUp = state.withLock { state in
                if state.isBusy { state.abandoned = session }
                return state.abandoned != nil
            }
            if isGivenUp { throw .busy("the daemon is behind, or its disk is full; send the same again") }
            if let batch = session.takeBatch() { return batch }
        }
    }

    /// Returns when the writer has settled the last batch. Throws `busy` when it cannot: what it holds it will settle
    /// later, and recognise when it is sent again.
    func finished() async throws(RequestRefusal) {
        await wait { $0.isFinished || $0.isBusy }
        guard state.withLock({ $0.isFinished }) else {
            throw .busy("the disk is full; send the same again when there is room")
        }
    }

    /// What became of the events.
    var settlement: Settlement {
        state.withLock { state in
            var settlement = Settlement()
            settlement.events = Int(state.acked)
            settlement.seq = state.seq
            settlement.refused = Self.refusals(state.errors)
            settlement.unlistedRefusals = state.missedErrors
            return settlement
        }
    }

    /// The error lines are the daemon's own, so each is an object.
    private static func refusals(_ lines: [UInt8]) -> [RefusedEvent] {
        lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let json = line.withUnsafeBytes({ try? JSON.parse($0) }), let number = json["line"]?.intValue,
                let code = json["error"]?.stringValue, let detail = json["detail"]?.stringValue
            else { return nil }
            return RefusedEvent(index: number - 1, code: code, detail: detail)
        }
    }

    /// Changes the state, and wakes the request when `change` says so.
    private func wake(_ change: (inout State) -> Bool) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard change(&state) else { return nil }
            defer { state.waiting = nil }
            return state.waiting
        }
        continuation?.resume()
    }

    /// One waiter at a time: the request itself.
    private func wait(until isReady: @Sendable (inout State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReadyNow = state.withLock { state in
                if isReady(&state) { return true }
                state.waiting = continuation
                return false
            }
            if isReadyNow { continuation.resume() }
        }
    }
}
