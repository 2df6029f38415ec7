import Glibc
import Synchronization

/// The writer's OS thread.
///
/// A thread and not an actor: an LMDB write transaction belongs to the thread that began it, and an
/// fsync must not block the cooperative pool.
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

    /// Rule expressions and JSON are bounded in depth, so this is far more than the writer needs.
    private static let stackBytes = 8 << 20

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
        var thread: pthread_t = 0
        // `pthread_attr_init` is what initialises the attributes. Not `pthread_attr_t()`: the compiler may
        // take that initialiser for one of another module, depending on which files it compiles together.
        let status = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { attributes in
            let attributes = attributes.baseAddress!
            pthread_attr_init(attributes)
            pthread_attr_setstacksize(attributes, Self.stackBytes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            defer { pthread_attr_destroy(attributes) }
            return pthread_create(
                &thread, attributes,
                { argument in
                    let thread = Unmanaged<WriterThread>.fromOpaque(argument!).takeRetainedValue()
                    thread.run()
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
        }
        precondition(status == 0, "cannot start the writer's thread: error \(status)")
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
