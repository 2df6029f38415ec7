import Glibc

/// A mutex with a condition variable, for threads that sleep until something comes: `Synchronization` has no way to wait.
final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The monotonic clock: a wall clock set back must not make anybody oversleep.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Calls `body` with the monitor held.
    @inline(__always)
    func withLock<R>(_ body: () throws -> R) rethrows -> R {
        lock()
        defer { unlock() }
        return try body()
    }

    func lock() { pthread_mutex_lock(mutex) }

    func unlock() { pthread_mutex_unlock(mutex) }

    /// Wakes everybody who waits. The monitor is held.
    func signal() { pthread_cond_broadcast(condition) }

    /// Sleeps until `condition` is false. The monitor is held, but for the sleep.
    func wait(while isWaiting: () -> Bool) {
        while isWaiting() { pthread_cond_wait(condition, mutex) }
    }

    /// The same, but no longer than `milliseconds`.
    func wait(atMost milliseconds: Int64, while isWaiting: () -> Bool) {
        guard isWaiting() else { return }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let nanoseconds = Int64(until.tv_nsec) + (milliseconds % 1_000) * 1_000_000
        until.tv_sec += Int(milliseconds / 1_000 + nanoseconds / 1_000_000_000)
        until.tv_nsec = Int(nanoseconds % 1_000_000_000)
        while isWaiting() {
            if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { return }
        }
    }
}

/// Threads of the operating system.
enum OSThread {
    /// Rule expressions and JSON are bounded in depth, so this is far more than the writer needs; of others as well.
    private static let stackBytes = 8 << 20

    /// Runs `body` on a thread of its own, which nobody joins.
    static func start(_ body: @escaping @Sendable () -> Void) {
        var thread: pthread_t = 0
        // `pthread_attr_init` is what initialises the attributes. Not `pthread_attr_t()`: the compiler may
        // take that initialiser for one of another module, depending on which files it compiles together.
        let status = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { attributes in
            let attributes = attributes.baseAddress!
            pthread_attr_init(attributes)
            pthread_attr_setstacksize(attributes, stackBytes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            defer { pthread_attr_destroy(attributes) }
            return pthread_create(
                &thread, attributes,
                { argument in
                    Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(Body(body)).toOpaque())
        }
        precondition(status == 0, "cannot start a thread: error \(status)")
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
