public import EventLog
import Portraits
import Rules
import RulesFile
public import UsageModel

/// What to try on history.
public struct BacktestRequest: Sendable {
    /// What counts as known at each moment of the past.
    public enum KnownAt: String, Sendable, CaseIterable {
        /// What stood in the log by then: `now` is the log time of each block.
        case log
        /// What had happened by then: `now` follows the events' times, as under `clock: event`.
        case event
    }

    public var rules: RulesSource
    /// Only flags raised from then on count, and companies that left from then on.
    public var since: Timestamp?
    /// What the flags are judged by; nil: not at all.
    public var truth: BacktestTruth?
    /// Nil: the clock that the log was written under.
    public var knownAt: KnownAt?
    /// Nil: all companies.
    public var part: BacktestPart?
    /// Whether the report names every flag.
    public var listsFlags: Bool

    public init(
        rules: RulesSource, since: Timestamp? = nil, truth: BacktestTruth? = nil, knownAt: KnownAt? = nil,
        part: BacktestPart? = nil, listsFlags: Bool = false
    ) {
        self.rules = rules
        self.since = since
        self.truth = truth
        self.knownAt = knownAt
        self.part = part
        self.listsFlags = listsFlags
    }
}

/// One rule set over the whole log, beside the daemon's state: the records of senders are applied as a
/// replay applies them, and the rules look at each company when the writer would have looked.
///
/// The log's own flag moves and rule files are passed over, and with them what operators did: nobody
/// acknowledges, snoozes or closes a flag here.
final class Backtest {
    let request: BacktestRequest
    let names: NameTable
    let rules: RuleSet
    let portraits: Portraits
    private(set) var history = ActivityHistory()
    /// Empty unless the flags are judged.
    private(set) var taskHistory = TaskHistory()
    private(set) var eventCount: UInt64 = 0
    private(set) var recordCount: UInt64 = 0
    private(set) var lookCount: UInt64 = 0
    /// Whether `now` follows the events' times.
    private(set) var isEventClock = false

    private var desk = RuleDesk(book: FlagBook())
    private var schedule = LookSchedule()
    /// Companies with control records from before there was any `now`.
    private var awaitingClock: [CompanyID] = []
    /// By company number, of the companies met so far: whether the request's part has them.
    private var isInPart: [Bool?] = []

    /// Throws `EngineError.rules` with every mistake of the rule file.
    init(_ request: BacktestRequest, names: NameTable) throws(EngineError) {
        self.request = request
        self.names = names
        portraits = Portraits(names: names)
        do {
            rules = try RulesFile.parse(text: request.rules.text, fileName: request.rules.fileName) {
                names.intern($0, as: TaskID.self)
            }
        } catch {
            throw .rules("\(error)")
        }
        // A new book has nothing that a removed rule had begun.
        _ = desk.use(
            rules, fileName: request.rules.fileName, now: Timestamp(milliseconds: 0),
            observed: Timestamp(milliseconds: 0))
        followClock()
    }

    /// All flags that were raised, in order.
    var flags: some Sequence<Flag> {
        (0..<desk.book.flagCount).lazy.compactMap { self.desk.book.flag(FlagID(number: UInt64($0) + 1)) }
    }

    /// Runs over what `reader` sees through `last`. O(records + looks).
    func run(_ reader: EventLogReader, through last: UInt64) throws(EngineError) {
        try reader.forEachBlock(through: last) { (block) throws(EngineError) in try apply(block) }
        // As when the daemon closes: what the last hour touched is looked at.
        try lookAtUnlooked(seq: last)
    }

    private func apply(_ block: borrowing DecodedBlock) throws(EngineError) {
        let logTime = block.header.context.logTime
        if !isEventClock { try fireDeadlines(notAfter: logTime, seq: block.header.firstSeq) }
        try block.batch.bytes.withRawBytes { (bytes) throws(EngineError) in
            var seq = block.header.firstSeq
            for record in block.batch.records {
                if record.kind != .move, record.kind != .rules {
                    try apply(record, seq: seq, bytes: bytes, logTime: logTime)
                }
                seq += 1
            }
        }
        if !isEventClock { try lookAtUnlooked(seq: block.header.lastSeq) }
    }

    private func apply(
        _ record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer, logTime: Timestamp
    ) throws(EngineError) {
        portraits.advanceClock(for: record, logTime: logTime)
        if isEventClock, let now = portraits.now { try fireDeadlines(notAfter: now, seq: seq) }
        // The others have moved the clock, as they did then.
        guard isTried(record.company) else { return }
        let merged = record.kind == .alias ? portraits.companies(knowing: record.sentUser) : []
        portraits.apply(record, seq: seq, bytes: bytes)
        recordCount += 1
        if record.kind == .settings { followClock() }
        for company in merged { try noteRecord(record.kind, of: company, seq: seq, logTime: logTime) }
        if record.kind == .clock, let now = portraits.now { lookAtAwaitingClock(from: now) }
        guard !record.company.isNone else { return }
        note(record, seq: seq, bytes: bytes)
        try noteRecord(record.kind, of: record.company, seq: seq, logTime: logTime)
    }

    /// Whether the request asks for `company`; true of none, as settings and aliases concern all.
    private func isTried(_ company: CompanyID) -> Bool {
        guard let part = request.part, !company.isNone else { return true }
        let index = Int(company.number)
        while isInPart.count <= index { isInPart.append(nil) }
        if let known = isInPart[index] { return known }
        let isTried = names.withBytes(of: company) { part.contains(name: $0) }
        isInPart[index] = isTried
        return isTried
    }

    /// Keeps what flags are judged by in the end.
    private func note(_ record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer) {
        if record.kind.isEvent {
            eventCount += 1
            // Only what qualified has become the company's last event.
            if portraits.portrait(record.company)?.lastEvent == seq {
                history.note(record)
                if request.truth != nil { taskHistory.note(record) }
            }
        } else if record.kind == .outcome {
            let payload = try? JSON.parse(UnsafeRawBufferPointer(rebasing: bytes[record.payload.indices]))
            guard let word = payload?["outcome"]?.stringValue else { return }
            history.note(outcome: word, of: record.company, at: record.time)
        }
    }

    /// Sees to it that the rules look at `company`, which a record of `kind` has just changed.
    private func noteRecord(
        _ kind: RecordKind, of company: CompanyID, seq: UInt64, logTime: Timestamp
    ) throws(EngineError) {
        guard let now = isEventClock ? portraits.now : logTime else {
            awaitingClock.append(company)
            return
        }
        lookAtAwaitingClock(from: now)
        schedule.mark(company, now: now, byHour: isEventClock)
        if !kind.isEvent { try look(at: company, now: now, seq: seq) }
    }

    /// There is a `now` from here on, and so something to judge by.
    private func lookAtAwaitingClock(from now: Timestamp) {
        for company in awaitingClock { schedule.mark(company, now: now, byHour: isEventClock) }
        awaitingClock.removeAll()
    }

    /// The settings in the log say by which clock it was written; the request may say otherwise.
    private func followClock() {
        if let knownAt = request.knownAt { portraits.settings.clock = knownAt == .event ? .event : .wall }
        isEventClock = portraits.settings.clock == .event
    }

    private func fireDeadlines(notAfter now: Timestamp, seq: UInt64) throws(EngineError) {
        while let (company, instant) = schedule.popDue(notAfter: now) {
            try look(at: company, now: instant, seq: seq)
        }
    }

    private func lookAtUnlooked(seq: UInt64) throws(EngineError) {
        while let (company, since) = schedule.popUnlooked() { try look(at: company, now: since, seq: seq) }
    }

    /// One look; its moves go into the book and nowhere else, as if they stood at `seq`.
    private func look(at company: CompanyID, now: Timestamp, seq: UInt64) throws(EngineError) {
        schedule.beginLook(at: company)
        guard let portrait = portraits.portrait(company) else { return }
        lookCount += 1
        let look = desk.look(
            at: portrait, moment: portraits.moment(for: company, at: now), observed: now, names: names)
        for move in look.moves {
            do {
                try desk.apply(move, company: company, seq: seq)
            } catch {
                preconditionFailure("the evaluator proposed a move that the book refuses: \(error)")
            }
        }
        schedule.endLook(at: company, now: now, next: look.nextLook)
    }
}

extension BacktestRequest {
    /// Reads the whole log of a stopped daemon, or of a running one through its own reader, into state
    /// of its own. O(records + looks); memory as the daemon's for the same log.
    public func report(on reader: EventLogReader) throws(EngineError) -> JSON {
        let log = try reader.end()
        let backtest = try Backtest(self, names: log.names)
        try backtest.run(reader, through: log.seq)
        return BacktestReport(backtest, seq: log.seq).json
    }
}
