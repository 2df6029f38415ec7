import Portraits
import Testing
import UsageModel

@testable import Rules

/// A company as a table: traits that the test sets, the last visit, the last outcome.
final class TableCompany: FlagSubject {
    /// Numbers by trait name; a missing one is unknown.
    var traits: [String: Double] = [:]
    var texts: [String: String] = [:]
    var lastUserActivity: Timestamp?
    var outcome: String?
    var outcomeAt: Timestamp?
    var lastTouch: Touch?
    /// The test's table may change in any way between two looks.
    var closedVersion: UInt64 {
        looks += 1
        return looks
    }
    private var looks: UInt64 = 0
    var lastSeq: UInt64 { 0 }
    var recentEvents: [UInt64] = []

    func value(of metric: Metric, at moment: Moment) -> MetricValue {
        switch metric {
        case .trait(let name, _):
            if let number = traits[name] { return .number(number) }
            return texts[name].map(MetricValue.text) ?? .unknown
        case .userIdleDays: return lastUserActivity.map { .elapsed(since: $0) } ?? .unknown
        case .outcome: return outcome.map(MetricValue.text) ?? .unknown
        default: return .unknown
        }
    }
}

/// One company, its rules and its log of moves, driven by hand as the engine drives them.
///
/// Time is written in days from the scene's start, `2.5`; so is the record of moves that tests
/// compare: `2.5 raised idle F1`. After every look it is checked that a second look proposes
/// nothing, that every move survives its record, and that a replay of the log makes the same book.
final class FlagScene {
    static let start = Timestamp(rfc3339: "2026-03-01T00:00:00Z")!

    let company = CompanyID(number: 1)
    let subject = TableCompany()
    let names = NameTable()
    private(set) var book = FlagBook()
    private(set) var moves: [FlagMove] = []
    private(set) var nextLook: Timestamp?
    private(set) var now = FlagScene.start
    private(set) var evaluator: FlagEvaluator
    private var toldCount = 0

    init(_ rules: RuleSet) {
        precondition(names.intern("acme", as: CompanyID.self) == company)
        evaluator = FlagEvaluator(rules: rules, book: book)
    }

    convenience init(_ flags: [RuleSetDraft.Flag], stages: [(String, String)] = []) throws {
        self.init(try Self.rules(flags, stages: stages))
    }

    static func rules(_ flags: [RuleSetDraft.Flag], stages: [(String, String)] = []) throws -> RuleSet {
        var draft = RuleSetDraft(fileName: "scene.yaml", text: flags.map(\.text).joined())
        draft.flags = flags
        draft.stages = stages.map { RuleSetDraft.Condition(name: SourceText($0.0), when: SourceText($0.1)) }
        let names = NameTable()
        return try RuleSet.compile(draft) { names.intern($0, as: TaskID.self) }
    }

    static func at(_ days: Double) -> Timestamp {
        start + Int64((days * Double(millisecondsPerDay)).rounded())
    }

    // MARK: - What happens

    /// Sets the traits, in the usual order of things: first what is due by now, then the record, then
    /// the look after its commit.
    func set(_ traits: [String: Double?], on day: Double, by operation: (TableCompany) -> Void = { _ in }) throws {
        try advance(to: day)
        for (name, value) in traits { subject.traits[name] = value }
        operation(subject)
        try look()
    }

    /// Somebody visits.
    func visit(on day: Double) throws {
        try set([:], on: day) { $0.lastUserActivity = Self.at(day) }
    }

    /// Somebody of ours gets in touch; the record stands at `seq`.
    func touch(on day: Double, seq: UInt64) throws {
        try set([:], on: day) { $0.lastTouch = Touch(time: Self.at(day), seq: seq) }
    }

    func outcome(_ outcome: String, on day: Double) throws {
        try set([:], on: day) {
            $0.outcome = outcome
            $0.outcomeAt = Self.at(day)
        }
    }

    /// Fires every deadline up to `day`, each at its instant.
    func advance(to day: Double, observed: Double? = nil) throws {
        let end = Self.at(day)
        var count = 0
        while let due = nextLook, due <= end {
            now = max(due, now)
            try look(observed: observed.map(Self.at))
            count += 1
            try #require(count < 10_000, "deadlines without end")
        }
        now = end
    }

    func act(_ action: OperatorAction, on flag: UInt64, day: Double, by person: String = "ann") throws {
        try advance(to: day)
        let (company, move) = try book.move(for: action, on: FlagID(number: flag), by: person, at: now)
        #expect(company == self.company)
        try log(move)
        try look()
    }

    /// The daemon restarts: the book comes from the log alone, deadlines from a new look.
    func restart() throws {
        let before = book.canonicalBytes(of: company)
        book = try replayed()
        #expect(book.canonicalBytes(of: company) == before)
        evaluator = FlagEvaluator(rules: evaluator.rules, book: book)
        let count = moves.count
        try look()
        #expect(moves.count == count, "a restart proposed \(moves.dropFirst(count).map(\.kind))")
    }

    /// Takes another rule file into use.
    func reload(_ rules: RuleSet, on day: Double) throws {
        try advance(to: day)
        evaluator = FlagEvaluator(rules: rules, book: book)
        for (company, move) in evaluator.movesForRemovedRules(book: book, at: now, observed: now) {
            #expect(company == self.company)
            try log(move)
        }
        try look()
    }

    func reload(_ flags: [RuleSetDraft.Flag], on day: Double) throws {
        try reload(try Self.rules(flags), on: day)
    }

    func look(observed: Timestamp? = nil) throws {
        let look = propose(observed: observed)
        for move in look.moves { try log(move) }
        nextLook = look.nextLook
        if let nextLook { #expect(nextLook > now, "a deadline that has passed") }
        let again = propose(observed: observed)
        #expect(again.moves.isEmpty, "a second look proposed \(again.moves.map(\.kind))")
        #expect(again.nextLook == nextLook)
        if !look.moves.isEmpty {
            #expect(try replayed().canonicalBytes(of: company) == book.canonicalBytes(of: company))
        }
    }

    private func propose(observed: Timestamp?) -> Look {
        let day = now.utcDay
        let moment = Moment(now: now, today: day, nextMidnight: (day + 1).startUTC)
        return evaluator.look(
            at: company, portrait: subject, moment: moment, observed: observed ?? now, book: book, names: names)
    }

    private func log(_ move: FlagMove) throws {
        let read = try FlagMove(json: JSON(parsing: move.json.text))
        #expect(read == move)
        moves.append(read)
        try book.apply(read, company: company, seq: UInt64(moves.count))
    }

    private func replayed() throws -> FlagBook {
        var book = FlagBook()
        for (index, move) in moves.enumerated() { try book.apply(move, company: company, seq: UInt64(index + 1)) }
        return book
    }

    // MARK: - What came of it

    /// The moves since the last call, one line each.
    func told() -> [String] {
        defer { toldCount = moves.count }
        return moves[toldCount...].map { move in
            var words = [Self.text(move.at), move.kind.rawValue]
            if !move.rule.isEmpty { words.append(move.rule) }
            if let flag = move.flag { words.append(flag.description) }
            if let suppression = move.suppression { words.append("by \(suppression.rawValue)") }
            if let severity = move.severity { words.append("now \(severity.rawValue)") }
            if let touched = move.touchedAt { words.append("touched \(Self.text(touched))") }
            if let verdict = move.verdict { words.append("as \(verdict.rawValue)") }
            if let under = move.under { words.append("under \(under)") }
            if let until = move.until { words.append("until \(Self.text(until))") }
            if move.kind == .stage { words.append("\(move.fromStage ?? "-")>\(move.stage ?? "-")") }
            return words.joined(separator: " ")
        }
    }

    /// Days from the scene's start: whole ones without a point.
    static func text(_ time: Timestamp) -> String {
        let days = Double(time - start) / Double(millisecondsPerDay)
        return days == days.rounded() ? String(Int(days)) : "\(days)"
    }

    func state(_ flag: UInt64) -> FlagState? { book.flag(FlagID(number: flag))?.state }
}

/// A flag rule for a scene, with what most rules do without.
func rule(
    _ name: String, when: String, clear: String? = nil, kind: FlagKind = .churn, hold: Double = 0, keep: Double = 0,
    cooldown: Double = 0, inhibits: [String] = [], due: Double? = nil, owner: String? = nil, summary: String? = nil
) -> RuleSetDraft.Flag {
    func milliseconds(_ days: Double) -> Int64 { Int64((days * Double(millisecondsPerDay)).rounded()) }
    var flag = RuleSetDraft.Flag(name: SourceText(name), kind: kind, severity: .medium, when: SourceText(when))
    flag.clear = clear.map { SourceText($0) }
    flag.hold = milliseconds(hold)
    flag.keep = milliseconds(keep)
    flag.cooldown = milliseconds(cooldown)
    flag.due = due.map(milliseconds)
    flag.inhibits = inhibits.map { SourceText($0) }
    flag.owner = owner.map { SourceText($0) }
    flag.summary = summary.map { SourceText($0) }
    flag.text = "- {name: \(name), when: \(when), clear: \(clear ?? "-"), keep: \(keep), cooldown: \(cooldown)}\n"
    return flag
}
