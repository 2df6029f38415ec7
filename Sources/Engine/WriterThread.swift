import Synchronization

/// The writer's OS thread.
///
/// A thread and not an actor: it waits for commits, and must not block the cooperative pool.
final class WriterThread: Sendable {
    private struct State {
        var isEnded = false
        var isStarted = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Touched by the thread alone once it runs.
    nonisolated(unsafe) private let writer: Writer
    private let failures: AsyncStream<EngineError>.Continuation
    private let state = Mutex(State())

    init(writer: Writer, failures: AsyncStream<EngineError>.Continuation) {
        self.writer = writer
        self.failures = failures
    }

    func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        OSThread.start { [self] in run() }
    }

    /// Returns when the thread has ended, or at once when it never started.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.isEnded || !state.isStarted { return true }
                state.waiting.append(continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    private func run() {
        do throws(EngineError) {
            try writer.run()
        } catch {
            failures.yield(error)
        }
        failures.finish()
        let woken = state.withLock { state in
            state.isEnded = true
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in woken { continuation.resume() }
    }
}
