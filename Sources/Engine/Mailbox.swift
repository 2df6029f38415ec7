import Glibc
import Synchronization

/// What waits for the writer: submissions from sessions and jobs from everybody else.
///
/// Bounded by its posters: submissions by the batch pool, jobs by the HTTP server's connection
/// limit. A mutex with a condition variable, since the writer must sleep until either work or a
/// deadline comes; it is taken once per batch, never per event.
final class Mailbox: @unchecked Sendable {
    /// What the writer does between two lines of a batch or two turns.
    struct Job: Sendable {
        /// Whether it tells somebody of the state, or ends a block for another reason. What does neither needs no commit
        /// before it: a piece of a list, whose last step waits for one, or what a checkpoint's thread has to say.
        var isAnswer: Bool
        var run: @Sendable (Writer) -> Void
    }

    struct Work {
        var submissions: [Submission] = []
        var jobs: [Job] = []
        var isStopping = false

        var isEmpty: Bool { submissions.isEmpty && jobs.isEmpty && !isStopping }
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting = Work()
    private var isClosed = false
    private let hasWaitingJobs = Atomic(false)

    /// Whether a job waits, without the mutex: what the writer asks while it settles lines.
    var hasJobs: Bool { hasWaitingJobs.load(ordering: .relaxed) }

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The monotonic clock: a wall clock set back must not make the writer oversleep.
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

    func post(_ submission: consuming Submission) {
        pthread_mutex_lock(mutex)
        waiting.submissions.append(submission)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// False when the writer has stopped and will not run `job`.
    func post(_ job: Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        waiting.jobs.append(job)
        hasWaitingJobs.store(true, ordering: .relaxed)
        pthread_cond_signal(condition)
        return true
    }

    func stop() {
        pthread_mutex_lock(mutex)
        waiting.isStopping = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Moves everything that waits to the end of `work`, whose memory is reused; sleeps at most `milliseconds` (nil:
    /// without end) until there is something.
    func take(into work: inout Work, waitingAtMost milliseconds: Int64?) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if waiting.isEmpty, let milliseconds {
            var until = timespec()
            clock_gettime(CLOCK_MONOTONIC, &until)
            let nanoseconds = Int64(until.tv_nsec) + (milliseconds % 1_000) * 1_000_000
            until.tv_sec += Int(milliseconds / 1_000 + nanoseconds / 1_000_000_000)
            until.tv_nsec = Int(nanoseconds % 1_000_000_000)
            while waiting.isEmpty {
                if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { break }
            }
        } else {
            while waiting.isEmpty { pthread_cond_wait(condition, mutex) }
        }
        work.submissions.append(contentsOf: waiting.submissions)
        work.jobs.append(contentsOf: waiting.jobs)
        work.isStopping = waiting.isStopping
        waiting.submissions.removeAll(keepingCapacity: true)
        waiting.jobs.removeAll(keepingCapacity: true)
        hasWaitingJobs.store(false, ordering: .relaxed)
    }

    /// The jobs that wait; submissions stay.
    func takeJobs() -> [Job] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        hasWaitingJobs.store(false, ordering: .relaxed)
        let jobs = waiting.jobs
        waiting.jobs = []
        return jobs
    }

    /// After this no job is accepted; returns those that still waited.
    func close() -> Work {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isClosed = true
        let work = waiting
        waiting = Work(isStopping: true)
        return work
    }
}
