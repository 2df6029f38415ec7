import EventLog
import Portraits
import Rules
import RulesFile
import UsageModel

/// Replays the log as far as one flag needs it: every record of its company, what concerns all companies,
/// and all moves, which are facts. At the raise, the rules in force judge the company as it stood.
///
/// Of other companies' events only the time is used, since under `clock: event` it moves `now`.
final class FlagCase {
    let raise: LoggedRaise
    private let names: NameTable
    private let portraits: Portraits
    private var book = FlagBook()
    private var rules = RuleSet.empty
    private lazy var evaluator = FlagEvaluator(rules: rules, book: book)
    private var isEventClock = false

    /// What was so before the records that the look at hand covers.
    private var before: Before?
    /// Records of the company, moves not counted, up to the raise.
    private(set) var recordCount = 0
    /// What the rules proposed at the raise; nil while it has not been reached, or when they proposed nothing.
    private(set) var derived: FlagMove?
    /// The condition's terms at the raise, in case the rules proposed nothing.
    private(set) var terms: [Evidence] = []
    /// Whether the flag should have been raised already: before the records that brought it about, or, where
    /// time alone did, a millisecond earlier.
    private(set) var wasTrueBefore = false
    /// The rules in force at the raise; nil when they do not have the rule.
    private(set) var rulesAtRaise: RuleSet?
    private var isReached = false

    /// A look that covers several records begins with the first of them.
    private struct Before {
        /// When they came: the instant of the look.
        var instant: Timestamp
        var hour: Int64
        var block: UInt64
        var wouldRaise: Bool
        /// The look is over: what comes now begins another.
        var isOver = false
    }

    init(_ raise: LoggedRaise, names: NameTable) {
        self.raise = raise
        self.names = names
        portraits = Portraits(names: names)
    }

    /// Runs over what `reader` sees through `last`.
    func run(_ reader: EventLogReader, through last: UInt64) throws(EngineError) {
        try reader.forEachBlock(through: last) { (block) throws(EngineError) in
            let logTime = block.header.context.logTime
            try block.batch.bytes.withRawBytes { (bytes) throws(EngineError) in
                var seq = block.header.firstSeq
                for record in block.batch.records {
                    portraits.advanceClock(for: record, logTime: logTime)
                    if record.kind == .move {
                        try apply(move: record, seq: seq, block: block.header.firstSeq, bytes: bytes)
                    } else {
                        try apply(record, seq: seq, block: block.header, bytes: bytes)
                    }
                    seq += 1
                }
            }
        }
    }

    // MARK: - Records

    private func apply(
        _ record: Record, seq: UInt64, block: BlockHeader, bytes: UnsafeRawBufferPointer
    ) throws(EngineError) {
        let isOwn = record.company == raise.company
        guard isOwn || record.company.isNone else { return }
        let isMerged =
            record.kind == .alias && portraits.companies(knowing: record.sentUser).contains(raise.company)
        let isCause = isOwn || isMerged || record.kind == .rules || record.kind == .settings
        let now = isEventClock ? portraits.now : block.context.logTime
        if isCause, !isReached, let now {
            begin(at: now, block: block.firstSeq, isAlone: !record.kind.isEvent)
        }
        if isOwn, !isReached { recordCount += 1 }
        portraits.apply(record, seq: seq, bytes: bytes)
        if record.kind == .settings { isEventClock = portraits.settings.clock == .event }
        if record.kind == .rules { try use(String(decoding: bytes[record.payload.indices], as: UTF8.self), seq: seq) }
    }

    private func use(_ text: String, seq: UInt64) throws(EngineError) {
        do {
            rules = try RulesFile.parse(text: text, fileName: "the log") { [names] in
                names.intern($0, as: TaskID.self)
            }
        } catch {
            throw .record(seq: seq, "the rule file does not compile any more: \(error)")
        }
        evaluator = FlagEvaluator(rules: rules, book: book)
    }

    // MARK: - Moves

    private func apply(
        move record: Record, seq: UInt64, block: UInt64, bytes: UnsafeRawBufferPointer
    ) throws(EngineError) {
        do {
            let move = try FlagMove(json: JSON.parse(UnsafeRawBufferPointer(rebasing: bytes[record.payload.indices])))
            if record.company == raise.company, !isReached {
                if seq == raise.seq {
                    reach(move)
                } else if move.by != nil {
                    begin(at: move.at, block: block, isAlone: true)
                } else if before?.instant != move.at {
                    // What time alone brought: nothing came, so it must not have been so a millisecond ago.
                    before = Before(
                        instant: move.at, hour: move.at.utcHour, block: block, wouldRaise: wouldRaise(at: move.at + -1))
                }
                before?.isOver = true
            }
            try book.apply(move, company: record.company, seq: seq)
        } catch {
            throw .record(seq: seq, "\(error)")
        }
    }

    /// Notes what is so before a record or an operator's move that the rules look at.
    ///
    /// - Parameter isAlone: it is looked at by itself, as everything but events is. Events are looked at
    ///   together: those of a block, or under `clock: event` those of an hour.
    private func begin(at now: Timestamp, block: UInt64, isAlone: Bool) {
        let isSameLook =
            before.map { !$0.isOver && (isEventClock ? $0.hour == now.utcHour : $0.block == block) } ?? false
        if isSameLook, !isAlone {
            before?.instant = now
        } else {
            before = Before(
                instant: now, hour: now.utcHour, block: block, wouldRaise: wouldRaise(at: now), isOver: isAlone)
        }
    }

    private func reach(_ move: FlagMove) {
        isReached = true
        // An evaluator remembers what it found; the raise is judged from nothing.
        evaluator = FlagEvaluator(rules: rules, book: book)
        if let before, before.instant == move.at {
            wasTrueBefore = before.wouldRaise
        } else {
            wasTrueBefore = wouldRaise(at: move.at + -1)
        }
        derived = look(at: move.at, observed: move.observed)
        if let rule = rules.flag(named: move.rule), let context = context(at: move.at) {
            rulesAtRaise = rules
            terms = rule.when.terms(in: context).map { term in
                Evidence(
                    term: term.text, metric: term.metric, value: term.value.json, threshold: term.threshold.json,
                    holds: term.verdict == .unknown ? nil : term.verdict == .true)
            }
        }
    }

    // MARK: - Looks

    private func wouldRaise(at now: Timestamp) -> Bool { look(at: now, observed: now) != nil }

    /// The raise that the rules in force propose at `now`.
    private func look(at now: Timestamp, observed: Timestamp) -> FlagMove? {
        guard let portrait = portraits.portrait(raise.company) else { return nil }
        return evaluator.look(
            at: raise.company, portrait: portrait, moment: portraits.moment(for: raise.company, at: now),
            observed: observed, book: book, names: names
        ).moves.first { $0.kind == .raised && $0.rule == raise.move.rule }
    }

    private func context(at now: Timestamp) -> EvaluationContext? {
        guard let portrait = portraits.portrait(raise.company) else { return nil }
        return EvaluationContext(
            portrait: portrait, moment: portraits.moment(for: raise.company, at: now), names: names, rules: rules,
            book: book)
    }

    // MARK: - Hindsight

    /// Empty for a flag about no company.
    var companyName: String { raise.company.isNone ? "" : names.name(raise.company) }

    /// The flag as the whole log has it, once it is read to its end.
    var flag: Flag? { raise.move.flag.flatMap { book.flag($0) } }

    /// What the condition was as of the raise by all that the log holds; nil when that cannot be told.
    var hindsight: Hindsight.Finding? {
        guard let flag, let rules = rulesAtRaise, let portrait = portraits.portrait(raise.company),
            let now = portraits.now
        else { return nil }
        let moment = portraits.moment(for: raise.company, at: max(now, flag.openedAt))
        guard moment.today - portrait.zone.day(of: flag.openedAt) < Hindsight.days else { return nil }
        return Hindsight(book: book, names: names).finding(
            on: flag, rules: rules, portrait: portrait, seenAt: moment)
    }
}
