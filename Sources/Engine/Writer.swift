import EventLog
import Portraits
import Rules
import RulesFile
import UsageModel
import WireFormat

/// The single writer: everything that changes state happens here, in the order of the log.
///
/// One turn takes all that waits, settles each line (resolve, look for duplicates, number), applies
/// what it accepted, and lets the rules look at the companies that were touched. Events and flag moves are committed
/// together as one block with one fsync, on another thread, while the next block is made; only then are senders
/// answered. Events and the flags they raise so become durable in the same instant, and recovery has nothing to evaluate
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

    /// The block being made. Its records are already applied.
    var block = RecordBatch()
    let commits: CommitPipeline
    /// The last record that is not an event: what it changes may show in any company's numbers.
    var lastUncommonSeq: UInt64 = 0
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
    /// Sessions that get replies after the next commit.
    private var awaitingReplies: [Session] = []
    /// `clock: wall` only: deadlines have come that the last turn left to the next ones.
    var isBehind = false
    /// Before this jobs do not overtake lines again.
    private var nextOvertaking = ContinuousClock.now
    /// The last look found no room. Nothing that takes a commit is tried before one finds some.
    private(set) var isDiskFull = false

    /// Which commit was under way when the writer showed last that it lives.
    private var shownCommit: UInt64 = 0

    /// Whether somebody sends lines, so that whatever can be done later should be.
    private(set) var hasLines = false

    /// What went wrong in a job, which has nobody to throw it to.
    var failure: EngineError?

    /// How long to wait before looking again whether a full disk has room.
    private static let fullDiskRetryMilliseconds: Int64 = 1_000

    /// What lines may wait in a turn for looks that time has made due: a quarter of what those of the turn before took, so
    /// that midnight passes under full load too, within these bounds. By time, since a look at a company that lies in no
    /// cache takes many times as long as one at another.
    ///
    /// A turn takes all lines that came during the one before, so it is as many times longer than its looks as lines
    /// leave little time for them: with looks of up to 16 ms turns took 60, and acks two of them, for no more looks a second.
    private var lookDuration = Duration.zero
    private static let lookShare = 4
    /// A test sets it.
    var lookDurations = Duration.milliseconds(4)...Duration.milliseconds(100)

    /// Lines settled since a block was handed over.
    private var unansweredLines = 0
    /// So many are worth a commit of their own: encoding them takes about as long as its flushes.
    private static let recordsWorthCommit = 2_048

    /// Some thousand lines, so that looks and blocks for each answer are not most of the work.
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
        commits = CommitPipeline(log: log, publication: publication) { [mailbox] in mailbox.noteCommitEnd() }
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

    deinit { close() }

    /// The seq that the next record of the block gets.
    var nextSeq: UInt64 { commits.sealedSeq + UInt64(block.records.count) + 1 }

    /// That of the last record that was applied; what is answered from the state is answered when it is durable.
    var lastSeq: UInt64 { nextSeq - 1 }

    /// `now` for questions: the log's, or under `clock: wall` the time that its next block would get.
    var queryNow: Timestamp {
        let now = portraits.now ?? clock.now
        return isEventClock ? now : max(now, clock.now)
    }

    /// Runs until stopped. Throws what makes the daemon unable to go on.
    func run() throws(EngineError) {
        defer { commits.stop() }
        try tendCheckpoint()
        var work = Mailbox.Work()
        while true {
            mailbox.take(into: &work, waitingAtMost: millisecondsToSleep())
            hasLines = !work.submissions.isEmpty
            try commits.noteProgress()
            showLiveness()
            readClock()
            isDiskFull = try !hasRoom()
            if isDiskFull {
                // What was settled before was promised room. The rest stays in `work`, and comes first when there is some.
                try endBlock()
                try refuseForDisk(work.submissions)
            } else {
                try turn(&work)
            }
            // An answer shows every flag that time has made true, so jobs wait until no deadline is left over.
            if !isBehind || isDiskFull { try run(&work.jobs) }
            try flushIfIdle()
            try tendCheckpoint()
            if work.isStopping { break }
        }
        work.jobs += mailbox.close().jobs
        try run(&work.jobs)
        try endBlock()
        checkpointer?.stop()
        close()
    }

    /// Ends the commits and lets go of the log. What was not handed over is lost. Idempotent.
    func close() {
        commits.stop()
        log.close()
    }

    /// Not while the same commit is under way as the last time: one that hangs must be noticed.
    func showLiveness() {
        guard let liveness = configuration.liveness else { return }
        if commits.isCommitting, commits.handedOverCount == shownCommit { return }
        shownCommit = commits.handedOverCount
        liveness.show()
    }

    /// Runs the jobs that wait, between two lines of a batch: under full load a question would else wait for all lines in
    /// flight, and then for the next ones. Lines and jobs get half of the time each.
    func letJobsOvertake() throws(EngineError) {
        let start = ContinuousClock.now
        guard !isBehind, start >= nextOvertaking else { return }
        var jobs = mailbox.takeJobs()
        try run(&jobs)
        leaveTimeForLines(start)
    }

    /// Calls `answer` when all that it can show is durable: what is known now, or now of `company` if it tells of no other.
    func whenDurable(of company: CompanyID? = nil, _ answer: @escaping @Sendable () -> Void) {
        commits.whenDurable(company.map(lastSeq) ?? lastSeq, answer)
    }

    /// Through which record an answer about `company` alone tells.
    func seqOfAnswer(about company: CompanyID) -> UInt64 { commits.end(of: lastSeq(of: company), lastSeq: lastSeq) }

    /// The last record that can show in an answer about `company` alone.
    private func lastSeq(of company: CompanyID) -> UInt64 {
        // Under the event clock each event moves `now`, and a source that is awaited shows in companies by its own events.
        guard !isEventClock, !isListening, let portrait = portraits.portrait(company) else { return lastSeq }
        return max(lastUncommonSeq, portrait.lastSeq)
    }

    /// Jobs have run since `start` while lines waited.
    private func leaveTimeForLines(_ start: ContinuousClock.Instant) {
        let end = ContinuousClock.now
        nextOvertaking = end + max(end - start, Self.leastTimeForLines)
    }

    /// Runs `jobs`, of which none is left, behind the looks that all lines before are due, so that they find flags of the
    /// same records as numbers. After a failed commit none is run: it would be answered from what is not on the disk.
    private func run(_ jobs: inout [Mailbox.Job]) throws(EngineError) {
        guard !jobs.isEmpty else { return }
        try commits.noteProgress()
        if !isEventClock { try lookAtUnlooked() }
        for job in jobs {
            job(self)
            if let failure { throw failure }
        }
        jobs.removeAll(keepingCapacity: true)
    }

    /// Fires what time alone has made true, then runs the jobs and settles the submissions of `work`, of which none is
    /// left, in as many blocks as it takes. At midnight that may be every company's deadline; lines wait for some of
    /// them in each turn, and jobs for all.
    func turn(_ work: inout Mailbox.Work) throws(EngineError) {
        if isDeadlineBehindBlock { try flush() }
        startBlock()
        if !isEventClock {
            let duration = min(max(lookDuration, lookDurations.lowerBound), lookDurations.upperBound)
            try fireDeadlines(notAfter: logTime, until: ContinuousClock.now + duration)
        }
        // Jobs that came with lines need not wait for those, which may be all that are in flight.
        if !isBehind, !work.jobs.isEmpty {
            let start = ContinuousClock.now
            try run(&work.jobs)
            leaveTimeForLines(start)
        }
        let start = ContinuousClock.now
        try settle(&work.submissions)
        lookDuration = (ContinuousClock.now - start) / Self.lookShare
        try flushIfIdle()
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

    /// Ends the block: looks at what was touched, and hands it over to be committed, behind the one before.
    func flush() throws(EngineError) {
        unansweredLines = 0
        if !isEventClock { try lookAtUnlooked() }
        takeReplies()
        if !block.records.isEmpty || !commits.isNextEmpty {
            let context = BlockContext(
                logTime: logTime, evaluatedThrough: lastSeq, evaluatedNow: portraits.now ?? logTime)
            try commits.handOver(&block, context: context)
        }
        startBlock()
    }

    /// Ends the block, unless the one before is not durable yet: then it has room for what comes meanwhile.
    func flushIfIdle() throws(EngineError) {
        try commits.noteProgress()
        if !commits.isCommitting { try flush() }
    }

    /// Behind `lineCount` more lines: ends the block where it can be committed at once and is worth it, or somebody waits
    /// for an answer. Where lines make no records, replies must not pile up behind a slow commit.
    @inline(__always)
    func tendBlock(behind lineCount: Int) throws(EngineError) {
        unansweredLines += lineCount
        if unansweredLines >= configuration.limits.recordsPerBlock { return try flush() }
        if block.records.count >= Self.recordsWorthCommit || commits.hasAnswers { try flushIfIdle() }
    }

    /// Ends the block and returns when it is durable.
    func endBlock() throws(EngineError) {
        try flush()
        try commits.wait()
    }

    /// A deadline has come since the block was begun, whose records all have the same log time.
    private var isDeadlineBehindBlock: Bool {
        guard !isEventClock, !block.records.isEmpty else { return false }
        let deadline = min(schedule.first ?? SourceWatch.never, watch.nextCheck)
        return deadline > logTime && deadline <= clock.now
    }

    /// Begins a block when none is being made. Wall time is read once a block.
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

    /// Those who wait for replies get them with the next block.
    private func takeReplies() {
        for session in awaitingReplies {
            session.progress.isAwaitingReplies = false
            var replies = SessionReplies()
            swap(&replies, &session.progress.replies)
            replies.acked = session.progress.settledLines
            commits.add(replies, for: session)
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

    private func refuseForDisk(_ submissions: [Submission]) throws(EngineError) {
        for submission in submissions where !submission.session.progress.isToldBusy {
            submission.session.progress.isToldBusy = true
            Reply.busy(reason: "disk").write(to: &submission.session.progress.replies.other)
            submission.session.progress.replies.isBusy = true
            awaitReplies(submission.session)
        }
        try flush()
    }
}

/// What `tenure status` and `/metrics` count since the daemon started.
struct Counters {
    /// Events (product use) in the log, from its beginning.
    var logged: UInt64 = 0
    var lines = LineTally()
    var looks: UInt64 = 0
}
