import Synchronization

/// How far the log is durable, for readers on other threads, and who waits for more.
final class Publication: Sendable {
    private struct State {
        var seq: UInt64 = 0
        var isClosed = false
        /// By ticket, so that one who gives up can be found.
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var ticketsGiven: UInt64 = 0
    }

    private let state = Mutex(State())

    var seq: UInt64 { state.withLock { $0.seq } }

    /// Called by the writer after a commit.
    func publish(_ seq: UInt64) {
        let woken = state.withLock { state in
            state.seq = seq
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in woken.values { continuation.resume() }
    }

    /// Lets everybody go; later waits return at once.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in woken.values { continuation.resume() }
    }

    /// Returns once something is durable beyond `seq`, the engine stops, or the caller's task is cancelled.
    func wait(beyond seq: UInt64) async {
        let ticket = state.withLock { state in
            state.ticketsGiven += 1
            return state.ticketsGiven
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.seq > seq || state.isClosed || Task.isCancelled { return true }
                    state.waiting[ticket] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }
}
