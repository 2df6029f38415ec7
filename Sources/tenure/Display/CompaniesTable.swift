import UsageModel

/// The rows of `tenure companies`.
enum CompaniesTable {
    static func table(_ companies: [JSON]) -> Table {
        let columns = [
            Column("company", "COMPANY", leastWidth: 12), Column("stage", "STAGE", leastWidth: 8),
            Column("events_28d", "EVENTS 28D", .right), Column("active_users_28d", "USERS 28D", .right),
            Column("users_total", "OF", .right, isExpendable: true), Column("idle_days", "IDLE", .right),
            Column("seats_fill", "SEATS", .right, isExpendable: true), Column("series", "12 WEEKS"),
            Column("flags", "FLAGS", leastWidth: 12),
        ]
        return Table(columns: columns, rows: companies.map(row))
    }

    private static func row(_ company: JSON) -> [Cell] {
        let flags = (company["flags"]?.arrayValue ?? []).compactMap(\.stringValue)
        return [
            .text(company["company"], style: .heading), .text(company["stage"]), .whole(company["events_28d"]),
            .whole(company["active_users_28d"]), .whole(company["users_total"]), .days(company["idle_days"]),
            .percent(company["seats_fill"]), .sparkline(company["series"]),
            Cell(flags.joined(separator: ", "), raw: flags.joined(separator: ","), style: .warning),
        ]
    }
}
