import Portraits
import Testing
import UsageModel

@testable import Rules

/// Several companies with real portraits, fed records as the engine feeds them under `clock: wall`:
/// first what is due, then the record, then a look. The log of records and moves can be replayed.
final class FlagHistory {
    private enum Entry {
        case record(Record, bytes: [UInt8], logTime: Timestamp)
        case move(CompanyID, json: String)
    }

    let names = NameTable()
    private(set) var portraits: Portraits
    private(set) var book = FlagBook()
    private var evaluator: FlagEvaluator
    private var log: [Entry] = []
    private var deadlines: [CompanyID: Timestamp] = [:]
    private var late = LateRecords()
    private(set) var now = FlagScene.start
    /// How many looks were made.
    private(set) var looks = 0
    /// How many events needed none, by the look before them.
    private(set) var looksSpared = 0
    private(set) var moves: [(company: CompanyID, move: FlagMove)] = []
    private var toldCount = 0

    init(
        _ flags: [RuleSetDraft.Flag], stages: [(String, String)] = [],
        scores: [RuleSetDraft.Score] = []
    ) throws {
        portraits = Portraits(names: names)
        var draft = RuleSetDraft(fileName: "history.yaml", text: flags.map(\.text).joined())
        draft.flags = flags
        draft.scores = scores
        draft.stages = stages.map { RuleSetDraft.Condition(name: SourceText($0.0), when: SourceText($0.1)) }
        let names = names
        let rules = try RuleSet.compile(draft) { names.intern($0, as: TaskID.self) }
        evaluator = FlagEvaluator(rules: rules, book: book)
    }

    // MARK: - Records

    /// An event on day `day` after the start; it reaches the daemon on day `arrival`, at once unless told.
    func track(
        _ company: String, _ user: String?, _ task: String = "work", on day: Double, count: UInt64 = 1,
        arrival: Double? = nil
    ) throws {
        var record = Record(kind: .track)
        record.user = user.map { names.intern($0, as: UserID.self) } ?? .none
        record.sentUser = record.user
        record.task = names.intern(task, as: TaskID.self)
        record.count = count
        try add(record, company, on: day, arrival: arrival)
    }

    func group(_ company: String, _ traits: JSON, on day: Double) throws {
        try add(Record(kind: .group), company, payload: traits, on: day)
    }

    /// Merges one user into another wherever that one is known.
    func alias(_ old: String, to new: String, on day: Double) throws {
        try advance(to: day)
        var record = Record(kind: .alias)
        record.sentUser = names.intern(old, as: UserID.self)
        record.user = names.intern(new, as: UserID.self)
        record.time = now
        record.day = now.utcDay
        let merged = portraits.companies(knowing: record.sentUser)
        log.append(.record(record, bytes: [], logTime: now))
        let seq = UInt64(log.count)
        Self.apply(record, [], seq: seq, logTime: now, to: portraits)
        for company in merged {
            late.note(LateRecord(seq: seq, kind: .alias, time: nil, arrival: now), of: company)
            try look(at: company)
        }
    }

    func outcome(_ company: String, _ outcome: String, on day: Double) throws {
        try add(Record(kind: .outcome), company, payload: ["outcome": .string(outcome)], on: day)
    }

    private func add(
        _ record: Record, _ company: String, payload: JSON? = nil, on day: Double, arrival: Double? = nil
    ) throws {
        try advance(to: arrival ?? day)
        var record = record
        var batch = RecordBatch()
        record.company = names.intern(company, as: CompanyID.self)
        record.time = FlagScene.at(day)
        record.day = portraits.zone(of: record.company).day(of: record.time)
        if let payload { record.payload = batch.add(payload.text) }
        log.append(.record(record, bytes: batch.bytes, logTime: now))
        Self.apply(record, batch.bytes, seq: UInt64(log.count), logTime: now, to: portraits)
        if book.hasFlag(of: record.company, raisedAfter: record.time) {
            let isActivity = portraits.portrait(record.company)?.lastEvent == UInt64(log.count)
            late.note(
                LateRecord(
                    seq: UInt64(log.count), kind: record.kind, time: record.time, arrival: now, isActivity: isActivity,
                    hasUser: !record.user.isNone),
                of: record.company)
            portraits.endSlack(of: record.company)
        }
        if record.kind.isEvent, !portraits.exceedsSlack(record.company) {
            try checkSpared(record.company)
        } else {
            try look(at: record.company)
        }
    }

    /// A look that is spared would have come to nothing, now and when its own deadline is later.
    private func checkSpared(_ company: CompanyID) throws {
        looksSpared += 1
        let look = try propose(company, observed: nil)
        #expect(look.moves.isEmpty, "\(look.moves.map(\.rule))")
        let deadline = try #require(deadlines[company])
        if let next = look.nextLook { #expect(deadline <= next) }
    }

    private static func apply(
        _ record: Record, _ bytes: [UInt8], seq: UInt64, logTime: Timestamp, to portraits: Portraits
    ) {
        portraits.advanceClock(for: record, logTime: logTime)
        bytes.withUnsafeBytes { portraits.apply(record, seq: seq, bytes: $0) }
    }

    // MARK: - Time and looks

    /// Fires all deadlines up to `day` in order of time, then of company.
    func advance(to day: Double, observed: Double? = nil) throws {
        let end = FlagScene.at(day)
        while let (company, due) = deadlines.min(by: { ($0.value, $0.key.number) < ($1.value, $1.key.number) }),
            due <= end
        {
            now = max(due, now)
            try look(at: company, observed: observed.map(FlagScene.at))
        }
        now = max(now, end)
    }

    private func propose(_ company: CompanyID, observed: Timestamp?) throws -> Look {
        looks += 1
        let portrait = try #require(portraits.portrait(company))
        let moment = portraits.moment(for: company, at: now)
        func proposed(by evaluator: FlagEvaluator) -> Look {
            evaluator.look(at: portrait, moment: moment, observed: observed ?? now, book: book, names: names)
        }
        let look = proposed(by: evaluator)
        // One that remembers nothing of the day so far comes to the same.
        let fresh = proposed(by: FlagEvaluator(rules: evaluator.rules, book: book))
        #expect(look.moves == fresh.moves)
        if let next = fresh.nextLook { #expect(look.nextLook.map { $0 <= max(next, moment.nextMidnight) } == true) }
        return look
    }

    private func look(at company: CompanyID, observed: Timestamp? = nil) throws {
        try retract(company)
        let look = try propose(company, observed: observed)
        for move in look.moves { try add(move, company) }
        let moment = portraits.moment(for: company, at: now)
        let isGranted = portraits.grant(look.slack, to: company, at: moment)
        deadlines[company] =
            isGranted ? min(look.nextLook ?? moment.nextMidnight, moment.nextMidnight) : look.nextLook
        let again = try propose(company, observed: observed)
        #expect(again.moves.isEmpty && again.nextLook == look.nextLook)
    }

    private func retract(_ company: CompanyID) throws {
        let late = late.take(company)
        guard !late.isEmpty, let portrait = portraits.portrait(company) else { return }
        let moves = Hindsight(book: book, names: names).retractions(
            of: company, late: late, portrait: portrait, moment: portraits.moment(for: company, at: now), observed: now
        ) { [evaluator] _ in evaluator.rules }
        for move in moves { try add(move, company) }
    }

    private func add(_ move: FlagMove, _ company: CompanyID) throws {
        moves.append((company, move))
        log.append(.move(company, json: move.json.text))
        try book.apply(move, company: company, seq: UInt64(log.count))
    }

    func act(_ action: OperatorAction, on flag: UInt64, day: Double) throws {
        try advance(to: day)
        let (company, move) = try book.move(for: action, on: FlagID(number: flag), by: "ann", at: now)
        try add(move, company)
        try look(at: company)
    }

    /// Replays the log into new portraits and a new book, which evaluates nothing, and goes on from
    /// there: every digest is the same, and looking at every company proposes nothing.
    func restart() throws {
        let before = digests()
        portraits = Portraits(names: names)
        book = FlagBook()
        for (index, entry) in log.enumerated() {
            let seq = UInt64(index + 1)
            switch entry {
            case .record(let record, let bytes, let logTime):
                Self.apply(record, bytes, seq: seq, logTime: logTime, to: portraits)
            case .move(let company, let json):
                try book.apply(try FlagMove(json: JSON(parsing: json)), company: company, seq: seq)
            }
        }
        #expect(digests() == before)
        evaluator = FlagEvaluator(rules: evaluator.rules, book: book)
        deadlines = [:]
        for company in portraits.companies() {
            let look = try propose(company, observed: nil)
            #expect(look.moves.isEmpty, "a restart proposed \(look.moves.map(\.kind))")
            deadlines[company] = look.nextLook
        }
    }

    func digests() -> [Hash128] {
        portraits.companies().map { portraits.digest(of: $0, adding: book.canonicalBytes(of: $0)) }
    }

    /// The moves since the last call: `2.5 acme raised idle F1`.
    func told() -> [String] {
        defer { toldCount = moves.count }
        return moves[toldCount...].map { company, move in
            [
                FlagScene.text(move.at), names.name(company), move.kind.rawValue, move.rule,
                move.flag?.description ?? "",
            ].filter { !$0.isEmpty }.joined(separator: " ")
        }
    }

    func flag(_ number: UInt64) -> Flag? { book.flag(FlagID(number: number)) }
}
