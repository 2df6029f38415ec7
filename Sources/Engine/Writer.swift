import EventLog
import Portraits
import Rules
import RulesFile
import UsageModel
import WireFormat

/// The single writer: everything that changes state happens here, in the order of the log.
///
/// One turn takes all that waits, settles each line (resolve, look for duplicates, number), applies
/// what it accepted, lets the rules look at the companies that were touched, and commits events and
/// flag moves together as one block with one fsync. Only then are senders answered. Events and the
/// flags they raise so become durable in the same instant, and recovery has nothing to evaluate
/// twice. Group commit needs no timer: what arrives during one fsync makes the next block.
final class Writer {
    let configuration: EngineConfiguration
    let names: NameTable
    let log: EventLog
    let portraits: Portraits
    var desk: RuleDesk
    var duplicates: DuplicateIndex
    /// Nil when none are made.
    private(set) var checkpointer: Checkpointer?
    var schedule = LookSchedule()
    /// Records that came late for a flag and that no look has covered yet.
    var late = LateRecords()
    var watch = SourceWatch()
    /// Companies that were looked at while a source that feeds them is silent.
    var heldCompanies: [CompanyID: HeldCompany] = [:]
    /// Some source is not awake; kept apart from `watch` since every record asks for it.
    var isListening = false
    var rejects: RejectList
    var counters = Counters()
    /// How far the start's replay went, and how long it took.
    var recovery: (seq: UInt64, duration: Duration) = (0, .zero)

    /// The block being made. Its records are already applied; they are durable after `commit`.
    var block = RecordBatch()
    /// Wall time of the block being made; never decreases.
    var logTime: Timestamp
    private(set) var clock: LogClock
    /// `clock: event` only: companies with control records from before there was any `now`.
    var awaitingClock: [CompanyID] = []
    /// Zones asked for that this machine's tzdata does not have.
    var missingZones: Set<String> = []

    var listMemories = CompanyListMemories()
    let outlooks = LineOutlooks()
    let mailbox: Mailbox
    private let pool: BatchPool
    private let publication: Publication
    /// Sessions that get replies after the next commit.
    private var awaitingReplies: [Session] = []
    /// `clock: wall` only: deadlines have come that the last turn left to the next ones.
    var isBehind = false
    /// Before this jobs do not overtake lines again.
    private var nextOvertaking = ContinuousClock.now
    /// The last look found no room. Nothing that takes a commit is tried before one finds some.
    private(set) var isDiskFull = false

    /// Whether somebody sends lines, so that whatever can be done later should be.
    private(set) var hasLines = false

    /// What went wrong in a job, which has nobody to throw it to.
    var failure: EngineError?

    /// How long to wait before looking again whether a full disk has room.
    private static let fullDiskRetryMilliseconds: Int64 = 1_000

    /// What lines may wait for looks that time has made due. As long as the lines of the turn before took, within these
    /// bounds; by time, since a look at a company that lies in no cache takes many times as long as one at another.
    private var lookDuration = leastLookDuration
    private static let leastLookDuration = Duration.milliseconds(4)
    /// A test sets it.
    var greatestLookDuration = Duration.milliseconds(16)

    /// Some thousand lines, so that the commit before each answer is not most of the work.
    private static let leastTimeForLines = Duration.milliseconds(1)

    /// How long to wait before looking again at a clock that was set back.
    private static let standingClockMilliseconds: Int64 = 1_000

    /// Room that a turn may need: every batch in flight, stored as received, with LMDB's copies of pages.
    static let bytesAhead = 64 << 20

    init(
        configuration: EngineConfiguration, names: NameTable, log: EventLog, portraits: Portraits,
        desk: consuming RuleDesk, duplicates: consuming DuplicateIndex, checkpointer: Checkpointer?, mailbox: Mailbox,
        pool: BatchPool, publication: Publication
    ) {
        self.configuration = configuration
        self.names = names
        self.log = log
        self.portraits = portraits
        self.desk = desk
        self.duplicates = duplicates
        self.checkpointer = checkpointer
        self.mailbox = mailbox
        self.pool = pool
        self.publication = publication
        isEventClock = portraits.settings.clock == .event
        rejects = RejectList(capacity: configuration.limits.rejectsKept)
        let last = log.lastContext?.logTime
        clock = LogClock(wall: configuration.wallClock, boot: configuration.bootClock, last: last)
        logTime = last ?? Timestamp(milliseconds: 0)
        complain(about: clock.state)
        portraits.writeBeforeChange = { [unowned self] part in self.checkpointer?.write(part, of: self) }
    }

    /// Kept apart from the settings, whose copy costs more than all that asks for this.
    private(set) var isEventClock = false

    /// To be called after every change of the settings.
    func noteClockMode() { isEventClock = portraits.settings.clock == .event }

    /// The seq that the next record of the block gets.
    var nextSeq: UInt64 { log.lastSeq + UInt64(block.records.count) + 1 }

    /// `now` for questions: the log's, or under `clock: wall` the time that its next block would get.
    var queryNow: Timestamp {
        let now = portraits.now ?? clock.now
        return isEventClock ? now : max(now, clock.now)
    }

    /// Runs until stopped. Throws what makes the daemon unable to go on.
    func run() throws(EngineError) {
        tendCheckpoint()
        var work = Mailbox.Work()
        while true {
            mailbox.take(into: &work, waitingAtMost: millisecondsToSleep())
            hasLines = !work.submissions.isEmpty
            configuration.liveness?.show()
            readClock()
            isDiskFull = try !hasRoom()
            if isDiskFull {
                // They stay in `work`, and are settled first when there is room again.
                refuseForDisk(work.submissions)
            } else {
                try turn(&work)
            }
            // An answer shows every flag that time has made true, so jobs wait until no deadline is left over.
            if !isBehind || isDiskFull { try run(&work.jobs) }
            tendCheckpoint()
            if work.isStopping { break }
        }
        work.jobs += mailbox.close().jobs
        try run(&work.jobs)
        checkpointer?.stop()
        log.close()
    }

    /// Runs the jobs that wait, between two lines of a batch: under full load a question would else wait for all lines in
    /// flight, and then for the next ones. Lines and jobs get half of the time each. A block ends with its looks; so that
    /// all jobs find flags of the same records as numbers, those that need no end of it come behind looks as well.
    func letJobsOvertake() throws(EngineError) {
        let start = ContinuousClock.now
        guard !isBehind, start >= nextOvertaking else { return }
        var jobs = mailbox.takeJobs()
        if jobs.contains(where: \.isAnswer) {
            try flush()
        } else if !isEventClock {
            try lookAtUnlooked()
        }
        try run(&jobs)
        leaveTimeForLines(start)
    }

    /// Jobs have run since `start` while lines waited.
    private func leaveTimeForLines(_ start: ContinuousClock.Instant) {
        let end = ContinuousClock.now
        nextOvertaking = end + max(end - start, Self.leastTimeForLines)
    }

    /// Runs `jobs`, of which none is left. After a failed commit none is run: it would be answered from what is not on
    /// the disk.
    private func run(_ jobs: inout [Mailbox.Job]) throws(EngineError) {
        for job in jobs {
            job.run(self)
            if let failure { throw failure }
        }
        jobs.removeAll(keepingCapacity: true)
    }

    /// Fires what time alone has made true, then runs the jobs and settles the submissions of `work`, of which none is
    /// left, in as many blocks as it takes. At midnight that may be every company's deadline; lines wait for some of
    /// them, half of the time each, and jobs for all.
    func turn(_ work: inout Mailbox.Work) throws(EngineError) {
        startBlock()
        if !isEventClock {
            try fireDeadlines(notAfter: logTime, until: ContinuousClock.now + min(lookDuration, greatestLookDuration))
        }
        // Jobs that came with lines need not wait for those, which may be all that are in flight.
        if !isBehind, !work.jobs.isEmpty {
            let start = ContinuousClock.now
            try flush()
            try run(&work.jobs)
            leaveTimeForLines(start)
        }
        let start = ContinuousClock.now
        try settle(&work.submissions)
        lookDuration = max(ContinuousClock.now - start, Self.leastLookDuration)
        try flush()
    }

    private func settle(_ submissions: inout [Submission]) throws(EngineError) {
        for index in submissions.indices {
            try settle(submissions[index])
            noteSettled(submissions[index])
            // Moved, not copied: a batch that is referred to twice gets new memory when it is emptied.
            var batch = LineBatch()
            swap(&batch, &submissions[index].batch)
            let settledLines = batch.lines.count
            pool.giveBack(consume batch, settledLines: settledLines)
        }
        submissions.removeAll(keepingCapacity: true)
    }

    /// Ends the block: looks at what was touched, commits, answers.
    func flush() throws(EngineError) {
        if !isEventClock { try lookAtUnlooked() }
        try commit()
        deliverReplies()
        startBlock()
    }

    /// Begins a block when none is under way. Wall time is read once a block.
    func startBlock() {
        guard block.records.isEmpty else { return }
        logTime = max(logTime, readClock())
    }

    /// Log time now. What is wrong with the clock is said when it begins.
    @discardableResult
    func readClock() -> Timestamp {
        let before = clock.state
        clock.read()
        if !clock.state.isSameCase(as: before) { complain(about: clock.state) }
        return clock.now
    }

    private func complain(about state: LogClock.State) {
        if let complaint = state.complaint { configuration.report(.error, complaint) }
    }

    /// Believes the wall clock after all; false when it was believed already.
    func acceptClock() -> Bool { clock.accept() }

    private func commit() throws(EngineError) {
        guard !block.records.isEmpty else { return }
        let context = BlockContext(
            logTime: logTime, evaluatedThrough: nextSeq - 1, evaluatedNow: portraits.now ?? logTime)
        let start = ContinuousClock.now
        let seqs: ClosedRange<UInt64>
        do throws(EventLogError) {
            seqs = try log.append(block, context: context)
        } catch {
            throw .log(error)
        }
        counters.commits.note(records: block.records.count, took: ContinuousClock.now - start)
        publication.publish(seqs, kinds: RecordKinds(of: block.records))
        block.removeAll()
    }

    /// Notes that `submission`'s session is to be answered after the commit.
    private func noteSettled(_ submission: Submission) {
        let session = submission.session
        session.progress.isToldBusy = false
        session.progress.replies.finished = submission.last
        awaitReplies(session)
    }

    func awaitReplies(_ session: Session) {
        guard !session.progress.isAwaitingReplies else { return }
        session.progress.isAwaitingReplies = true
        awaitingReplies.append(session)
    }

    private func deliverReplies() {
        for session in awaitingReplies {
            session.progress.isAwaitingReplies = false
            var replies = SessionReplies()
            swap(&replies, &session.progress.replies)
            replies.acked = session.progress.settledLines
            replies.seq = log.lastSeq
            session.sink.deliver(replies)
        }
        awaitingReplies.removeAll(keepingCapacity: true)
    }

    /// Nil when nothing but new work can make anything happen.
    private func millisecondsToSleep() -> Int64? {
        guard let liveness = configuration.liveness else { return millisecondsToDeadline() }
        return min(millisecondsToDeadline() ?? .max, liveness.intervalMilliseconds)
    }

    private func millisecondsToDeadline() -> Int64? {
        if isDiskFull { return Self.fullDiskRetryMilliseconds }
        // Also while the clock stands: questions wait for what is left over.
        if isBehind || checkpointer?.isReady == true { return 0 }
        guard !isEventClock else { return nil }
        let deadline = min(schedule.first ?? SourceWatch.never, watch.nextCheck)
        guard deadline != SourceWatch.never else { return nil }
        // A clock that stands does not bring the deadline nearer.
        return max(clock.state.isStanding ? Self.standingClockMilliseconds : 0, deadline - clock.now)
    }

    /// Looked at before a turn, since a commit that fails for want of space is fatal.
    private func hasRoom() throws(EngineError) -> Bool {
        do {
            return try log.hasRoom(forBytes: Self.bytesAhead)
        } catch {
            throw .log(error)
        }
    }

    private func refuseForDisk(_ submissions: [Submission]) {
        for submission in submissions where !submission.session.progress.isToldBusy {
            submission.session.progress.isToldBusy = true
            Reply.busy(reason: "disk").write(to: &submission.session.progress.replies.other)
            submission.session.progress.replies.isBusy = true
            awaitReplies(submission.session)
        }
        deliverReplies()
    }
}

/// What `tenure status` and `/metrics` count since the daemon started.
struct Counters {
    /// Events (product use) in the log, from its beginning.
    var logged: UInt64 = 0
    var lines = LineTally()
    var commits = CommitTally()
    var looks: UInt64 = 0
}
