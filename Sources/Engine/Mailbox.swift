import Synchronization

/// What waits for the writer: submissions from sessions and jobs from everybody else.
///
/// Bounded by its posters: submissions by the batch pool, jobs by the HTTP server's connection
/// limit. A monitor, since the writer must sleep until either work or a deadline comes; it is held once
/// a batch, never an event.
final class Mailbox: @unchecked Sendable {
    /// What the writer does between two lines of a batch or two turns: answers somebody, or makes a piece of a long answer.
    typealias Job = @Sendable (Writer) -> Void

    struct Work {
        var submissions: [Submission] = []
        var jobs: [Job] = []
        /// A block is committed.
        var isCommitEnded = false
        var isStopping = false

        var isEmpty: Bool { submissions.isEmpty && jobs.isEmpty && !isCommitEnded && !isStopping }
    }

    private let monitor = Monitor()
    private var waiting = Work()
    private var isClosed = false
    private let hasWaitingJobs = Atomic(false)

    /// Whether a job waits, without the monitor: what the writer asks while it settles lines.
    var hasJobs: Bool { hasWaitingJobs.load(ordering: .relaxed) }

    func post(_ submission: consuming Submission) {
        // Moved, which a closure cannot: a batch that is referred to twice gets new memory when it is emptied.
        monitor.lock()
        waiting.submissions.append(submission)
        monitor.signal()
        monitor.unlock()
    }

    /// False when the writer has stopped and will not run `job`.
    func post(_ job: @escaping Job) -> Bool {
        monitor.withLock {
            guard !isClosed else { return false }
            waiting.jobs.append(job)
            hasWaitingJobs.store(true, ordering: .relaxed)
            monitor.signal()
            return true
        }
    }

    /// Wakes the writer up: it may hand another block over.
    func noteCommitEnd() {
        monitor.withLock {
            waiting.isCommitEnded = true
            monitor.signal()
        }
    }

    func stop() {
        monitor.withLock {
            waiting.isStopping = true
            monitor.signal()
        }
    }

    /// Moves everything that waits to the end of `work`, whose memory is reused; sleeps at most `milliseconds` (nil:
    /// without end) until there is something.
    func take(into work: inout Work, waitingAtMost milliseconds: Int64?) {
        monitor.withLock {
            if let milliseconds {
                monitor.wait(atMost: milliseconds) { waiting.isEmpty }
            } else {
                monitor.wait { waiting.isEmpty }
            }
            work.submissions.append(contentsOf: waiting.submissions)
            work.jobs.append(contentsOf: waiting.jobs)
            work.isStopping = waiting.isStopping
            waiting.submissions.removeAll(keepingCapacity: true)
            waiting.jobs.removeAll(keepingCapacity: true)
            waiting.isCommitEnded = false
            hasWaitingJobs.store(false, ordering: .relaxed)
        }
    }

    /// The jobs that wait; submissions stay.
    func takeJobs() -> [Job] {
        monitor.withLock {
            hasWaitingJobs.store(false, ordering: .relaxed)
            let jobs = waiting.jobs
            waiting.jobs = []
            return jobs
        }
    }

    /// After this no job is accepted; returns those that still waited.
    func close() -> Work {
        monitor.withLock {
            isClosed = true
            let work = waiting
            waiting = Work(isStopping: true)
            return work
        }
    }
}
