import Portraits
import Rules
import UsageModel

/// The list of companies, filtered by a condition and sorted by any expression of the rules language.
struct CompanyList {
    private let writer: Writer
    private let query: CompaniesQuery
    private let filter: Expression?
    private let sortKey: Expression?
    private let isDescending: Bool

    /// Weeks of active users in each row's series.
    static let seriesWeeks = 12

    init(writer: Writer, query: CompaniesQuery) throws(QuestionError) {
        self.writer = writer
        self.query = query
        filter = try query.filter.map { (text) throws(QuestionError) in
            try Self.parse(text, purpose: .condition, writer: writer, parameter: "where")
        }
        isDescending = query.sort?.hasPrefix("-") ?? false
        sortKey = try query.sort.map { (text) throws(QuestionError) in
            try Self.parse(
                text.hasPrefix("-") ? String(text.dropFirst()) : text, purpose: .any, writer: writer, parameter: "sort")
        }
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
        var portrait: CompanyPortrait
        var moment: Moment
        var key: Value
    }

    var json: JSON {
        get throws(QuestionError) {
            var rows: [Row] = []
            for company in writer.portraits.companies() {
                guard let portrait = writer.portraits.portrait(company) else { continue }
                let moment = writer.portraits.moment(for: company, at: writer.queryNow)
                let context = writer.desk.context(for: portrait, moment: moment, names: writer.names)
                if let filter, filter.verdict(in: context) != .true { continue }
                rows.append(Row(portrait: portrait, moment: moment, key: sortKey?.value(in: context) ?? .unknown))
            }
            rows.sort { precedes($0, $1) }
            return try query.page.list("companies", rows) { describe($0) }
        }
    }

    /// Unknown keys come last in either direction; equal keys are in order of name.
    private func precedes(_ left: Row, _ right: Row) -> Bool {
        switch (left.key, right.key) {
        case (.number(let left), .number(let right)) where left != right: return (left < right) != isDescending
        case (.text(let left), .text(let right)) where left != right:
            return left.utf8.lexicographicallyPrecedes(right.utf8) != isDescending
        case (.truth(let left), .truth(let right)) where left != right: return right != isDescending
        case (.unknown, .unknown): break
        case (.unknown, _): return false
        case (_, .unknown): return true
        default: break
        }
        return writer.names.precedes(left.portrait.company, right.portrait.company)
    }

    private func describe(_ row: Row) -> JSON {
        let portrait = row.portrait
        let month = Window(days: 28)
        func value(_ metric: Metric) -> JSON {
            portrait.value(of: metric, at: row.moment).json(at: row.moment.now)
        }
        return .object([
            .init("company", .string(writer.names.name(portrait.company))),
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
                .array(portrait.weeklyActiveUsers(weeks: Self.seriesWeeks, at: row.moment).map { .int($0) })),
        ])
    }
}
