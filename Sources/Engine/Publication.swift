import Synchronization

/// How far the log is durable, for readers on other threads, and who waits for more.
final class Publication: Sendable {
    private struct State {
        var seq: UInt64 = 0
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
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
        for continuation in woken { continuation.resume() }
    }

    /// Lets everybody go; later waits return at once.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns once something is durable beyond `seq`, or the engine stops.
    func wait(beyond seq: UInt64) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.seq > seq || state.isClosed { return true }
                state.waiting.append(continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
