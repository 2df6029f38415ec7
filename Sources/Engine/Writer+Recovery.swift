import EventLog
import Portraits
import Rules
import RulesFile
import UsageModel

/// From a directory to a writer that is as it was when the last block was committed.
extension Writer {
    /// Opens the log, replays it, then brings settings and rules up to what is configured now.
    static func recover(
        _ configuration: EngineConfiguration, mailbox: Mailbox, pool: BatchPool, publication: Publication
    ) throws(EngineError) -> Writer {
        let names = NameTable()
        let log: EventLog
        do throws(EventLogError) {
            log = try EventLog.open(
                directory: configuration.stateDirectory, options: configuration.log, names: names,
                restoresNames: false)
        } catch {
            throw .log(error)
        }
        let restoredNames = RestoredNames(log, names)
        defer { restoredNames.join() }
        let store: CheckpointStore
        do throws(EventLogError) {
            store = try CheckpointStore.open(
                stateDirectory: configuration.stateDirectory, logID: log.logID, layout: CheckpointLayout.fingerprint,
                reserveBytes: configuration.log.reserveBytes + bytesAhead,
                bytesPerSecond: configuration.checkpoints.bytesPerSecond
            ) { configuration.report(.warning, $0) }
        } catch {
            throw .log(error)
        }
        let start = ContinuousClock.now
        let restored = try Replay.restored(from: store, log: log.reader(), names: names, restoring: restoredNames) {
            configuration.report(.warning, $0)
        }
        let replay = restored?.replay ?? Replay(names: names)
        let filling = DuplicateFilling(DuplicateIndex(runs: restored?.duplicates ?? .none))
        try replay.run(log.reader(), through: log.lastSeq, afterBlock: { configuration.replayed($0, log.lastSeq) }) {
            record, seq, bytes in
            guard !record.id.isEmpty else { return }
            filling.insert(fingerprint: EventFingerprint.of(record, bytes), day: record.time.utcDay, seq: seq)
        }
        // A replay knows names by number; whoever comes next asks for them by text.
        restoredNames.endIndexing()
        let writer = Writer(
            configuration: configuration, names: names, log: log, portraits: replay.portraits,
            desk: RuleDesk(book: replay.book, files: replay.ruleFiles), duplicates: filling.finish(),
            checkpointer: Checkpointer(
                store: store, log: log.reader(), savedSeq: replay.restoredSeq, savedNames: restored?.savedNames,
                options: configuration.checkpoints),
            mailbox: mailbox, pool: pool, publication: publication)
        writer.late = replay.late
        writer.counters.logged = replay.eventCount
        writer.recovery = (log.lastSeq, ContinuousClock.now - start)
        publication.begin(at: log.lastSeq)
        // A replay has read all of it.
        log.reader().leavePages()
        // Before what comes needs room on the disk.
        store.giveBackLeftovers()
        try writer.resume(after: replay)
        return writer
    }

    /// Logs what has changed in the configuration and finds every company's next deadline.
    private func resume(after replay: Replay) throws(EngineError) {
        startBlock()
        let settings = configuration.settings
        let seqBefore = nextSeq
        if log.lastSeq == 0 || portraits.settings != settings {
            // The settings come first: they say by which clock everything after them is dated.
            try emit(.settings, payload: settings.json.utf8)
            try logZone(named: settings.defaultZone)
        }
        try logChangedZones(portraits.zoneNames)
        let source: RulesSource
        let rules: RuleSet
        do {
            source = try configuration.loadRules()
            rules = try parse(source)
        } catch {
            throw .rules("\(error)")
        }
        try use(rules, from: source, loggedText: replay.ruleFiles.lastText)
        try watchSources()
        // Nothing above was new, and no silence makes looks depend on what came before: then the checkpoint's deadlines
        // stand for all companies that had no record since.
        let isUnchanged = nextSeq == seqBefore && !isListening
        if isUnchanged, replay.restoredSeq > 0 { schedule.restore(replay.deadlines) }
        if isEventClock { markUnlookedSinceHourBegan() }
        // Other deadlines are sought from the last block's time on: what came true while the daemon was
        // down is raised now, dated to its true instant.
        if isUnchanged, replay.restoredSeq > 0 {
            try lookAgain(at: portraits.changedCompanies)
        } else {
            try lookAtAll()
        }
        try endBlock()
    }

    /// Under `clock: event` the looks of the current hour are still to come.
    private func markUnlookedSinceHourBegan() {
        guard let now = portraits.now else { return }
        portraits.forEachLastRecord { company, since in
            if since.utcHour == now.utcHour { markUnlooked(company, now: since) }
        }
    }

    /// Throws `RulesFileError` with every mistake.
    func parse(_ source: RulesSource) throws -> RuleSet {
        try RulesFile.parse(text: source.text, fileName: source.fileName) { [names] in
            names.intern($0, as: TaskID.self)
        }
    }

    /// Puts `rules` in force; logs their text when it differs from the logged one.
    func use(_ rules: RuleSet, from source: RulesSource, loggedText: String?) throws(EngineError) {
        if source.text != loggedText {
            try emit(.rules, payload: Array(source.text.utf8))
            desk.noteFile(source.text, seq: lastSeq)
        }
        let moves = desk.use(
            rules, fileName: source.fileName, now: portraits.now ?? logTime, observed: logTime)
        for (company, move) in moves {
            try emit(move, company: company)
            try endBlockIfFull()
        }
        for warning in rules.warnings { configuration.report(.warning, "\(warning)") }
    }

    /// 128 bits that are equal for equal state; see ARCHITECTURE.md, "State is a function of the log".
    func digest() -> StateDigest { StateDigest(portraits: portraits, book: desk.book) }

    /// The digest of a state that ends with a block, as a replay's does, and with which record it does.
    func digestOfBlocks() throws(QuestionError) -> (seq: UInt64, digest: StateDigest) {
        try record { () throws(EngineError) in try flush() }
        return (lastSeq, digest())
    }
}
