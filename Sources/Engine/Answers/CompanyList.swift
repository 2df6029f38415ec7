import Portraits
import Rules
import UsageModel

/// The list of companies, filtered by a condition and sorted by any expression of the rules language.
///
/// Made piece by piece, since with 100,000 companies it takes many milliseconds and lines must not wait for all of it:
/// each row is exact at the moment of its piece. Belongs to the writer's thread from one piece to the next.
final class CompanyList: @unchecked Sendable {
    private let writer: Writer
    private let query: CompaniesQuery
    /// By which all pieces are made, whatever rules come meanwhile: the expressions are of these.
    private let rules: RuleSet
    private let filter: Expression?
    private let sortKey: Expression?
    private let isDescending: Bool
    private let memory: CompanyListMemory
    /// Of one company after the other.
    private var context: EvaluationContext?
    /// Those that came first the last time, then all others; those that are not looked at yet are behind `next`.
    private let companies: [CompanyID]
    private var next = 0
    /// The first rows in order and some behind them; see `add`.
    private var rows: [Row] = []
    /// Rows that the page and the question whether there is another one need.
    private let wantedCount: Int
    /// The last of the wanted rows so far, once there are so many.
    private var last: Row?

    /// Weeks of active users in each row's series.
    static let seriesWeeks = 12
    /// What lines may wait for a piece.
    private static let pieceDuration = Duration.milliseconds(2)
    /// Companies between two looks at the clock.
    private static let companiesAtOnce = 64
    /// How many companies ahead a company's memory is asked for.
    private static let companiesAhead = 4

    init(writer: Writer, query: CompaniesQuery) throws(QuestionError) {
        self.writer = writer
        self.query = query
        rules = writer.desk.rules
        filter = try query.filter.map { (text) throws(QuestionError) in
            try Self.parse(text, purpose: .condition, writer: writer, parameter: "where")
        }
        isDescending = query.sort?.hasPrefix("-") ?? false
        sortKey = try query.sort.map { (text) throws(QuestionError) in
            try Self.parse(
                text.hasPrefix("-") ? String(text.dropFirst()) : text, purpose: .any, writer: writer, parameter: "sort")
        }
        memory = writer.listMemories.memory(
            of: .init(
                filter: query.filter, sort: query.sort, rules: writer.desk.rules.version,
                taskCount: writer.names.count(.task), changesOfAll: writer.portraits.changesOfAll))
        companies = Self.inOrder(writer.portraits.companies(), first: memory.firstCompanies)
        wantedCount = min(try query.page.offset(), companies.count) + query.page.limit + 1
    }

    /// `companies` with those of `first` before the others: whoever comes behind them need not be asked whether the filter
    /// holds, and so the sooner the better.
    private static func inOrder(_ companies: [CompanyID], first: [CompanyID]) -> [CompanyID] {
        guard let greatest = first.map(\.number).max() else { return companies }
        var isFirst = [Bool](repeating: false, count: Int(greatest) + 1)
        for company in first { isFirst[Int(company.number)] = true }
        return first + companies.filter { $0.number > greatest || !isFirst[Int($0.number)] }
    }

    private static func parse(
        _ text: String, purpose: Expression.Purpose, writer: Writer, parameter: String
    ) throws(QuestionError) -> Expression {
        do {
            return try Expression.parse(text, purpose: purpose, rules: writer.desk.rules) { name in
                writer.names.find(name, as: TaskID.self) ?? .none
            }
        } catch {
            throw .badRequest("\(parameter): \(error)")
        }
    }

    private struct Row {
        var company: CompanyID
        var key: Value
    }

    /// Looks at the next companies; returns whether any are left.
    func addPiece() -> Bool {
        let start = ContinuousClock.now
        // Held for the piece: read anew for each company, it would be copied and all that it holds counted.
        let (book, now) = (writer.desk.book, writer.queryNow)
        repeat {
            let end = min(next + Self.companiesAtOnce, companies.count)
            while next < end { addNext(now, book) }
        } while next < companies.count && ContinuousClock.now - start < Self.pieceDuration
        return next < companies.count
    }

    private func addNext(_ now: Timestamp, _ book: FlagBook) {
        let company = companies[next]
        next += 1
        let changeCount = writer.portraits.changeCount(of: company)
        if let known = memory.answer(of: company, changeCount: changeCount, now: now) {
            let row = Row(company: company, key: known.key)
            if known.isListed == false || !mayBeWanted(row) { return }
            if known.isListed == true { return add(row) }
        }
        if next + Self.companiesAhead < companies.count {
            writer.portraits.prefetchState(of: companies[next + Self.companiesAhead])
        }
        guard let portrait = writer.portraits.portrait(company) else { return }
        let context = context(of: portrait, now, book)
        let (key, keyDeadline) = sortKey?.valueAndDeadline(in: context) ?? (.unknown, nil)
        let row = Row(company: company, key: key)
        var until = keyDeadline ?? .greatest
        var isListed: Bool?
        if mayBeWanted(row) {
            let (verdict, deadline) = filter?.verdictAndDeadline(in: context) ?? (.true, nil)
            isListed = verdict == .true
            until = min(until, deadline ?? .greatest)
        }
        let answer = CompanyListMemory.Answer(key: key, isListed: isListed)
        memory.keep(answer, of: company, changeCount: changeCount, until: until)
        if isListed == true { add(row) }
    }

    private func context(of portrait: CompanyPortrait, _ now: Timestamp, _ book: FlagBook) -> EvaluationContext {
        let moment = writer.portraits.moment(for: portrait.company, at: now)
        if let context {
            context.begin(portrait: portrait, moment: moment, rules: rules, book: book)
            return context
        }
        let new = EvaluationContext(
            portrait: portrait, moment: moment, names: writer.names, rules: rules, book: book)
        context = new
        return new
    }

    /// Whether `row` may be among the wanted ones: of many thousand companies most come behind the hundred that are shown,
    /// and a comparison tells.
    private func mayBeWanted(_ row: Row) -> Bool { last.map { precedes(row, $0) } ?? true }

    /// Keeps `row`, which may be wanted.
    private func add(_ row: Row) {
        rows.append(row)
        if rows.count >= (last == nil ? wantedCount : 2 * wantedCount) { keepWanted() }
    }

    private func keepWanted() {
        rows.sort { precedes($0, $1) }
        rows.removeLast(max(0, rows.count - wantedCount))
        last = rows.count == wantedCount ? rows.last : nil
    }

    /// When no companies are left.
    func json() throws(QuestionError) -> JSON {
        keepWanted()
        memory.firstCompanies = rows.map(\.company)
        return try query.page.list("companies", rows) { (row) throws(QuestionError) in try describe(row) }
    }

    /// Keys of several kinds, as a trait may have, come kind by kind, unknown ones last in either direction; equal keys are in
    /// order of name. It must be an order: which rows are wanted may not hang on which came first.
    private func precedes(_ left: Row, _ right: Row) -> Bool {
        switch (left.key, right.key) {
        case (.number(let left), .number(let right)) where left != right: return (left < right) != isDescending
        case (.text(let left), .text(let right)) where left != right:
            return left.utf8.lexicographicallyPrecedes(right.utf8) != isDescending
        case (.truth(let left), .truth(let right)) where left != right: return right != isDescending
        default:
            let (leftRank, rightRank) = (Self.rank(left.key), Self.rank(right.key))
            if leftRank != rightRank { return leftRank < rightRank }
        }
        return writer.names.precedes(left.company, right.company)
    }

    private static func rank(_ key: Value) -> Int {
        switch key {
        case .number: 0
        case .text: 1
        case .truth: 2
        case .unknown: 3
        }
    }

    private func describe(_ row: Row) throws(QuestionError) -> JSON {
        let name = writer.names.name(row.company)
        let portrait = try writer.portrait(named: name)
        let moment = writer.portraits.moment(for: row.company, at: writer.queryNow)
        let month = Window(days: 28)
        func value(_ metric: Metric) -> JSON { portrait.value(of: metric, at: moment).json(at: moment.now) }
        return .object([
            .init("company", .string(name)),
            .init("name", .optional(portrait.trait(writer.configuration.traitNames.companyName)?.stringValue)),
            .init("stage", .optional(writer.desk.book.stage(of: portrait.company)?.name)),
            .init("events_28d", value(.events(.all, month))),
            .init("active_users_28d", value(.activeUsers(month))),
            .init("users_total", .int(portrait.usersTotal)),
            .init("last_activity", .optional(portrait.lastActivity?.rfc3339)),
            .init("idle_days", value(.idleDays)),
            .init("flags", .array(writer.desk.openRuleNames(of: portrait.company).map(JSON.string))),
            .init("seats_fill", value(.seatsFill)),
            .init(
                "series",
                .array(portrait.weeklyActiveUsers(weeks: Self.seriesWeeks, at: moment).map { .int($0) })),
        ])
    }
}
