import UsageModel

/// The rows of `tenure rules list`.
enum RulesTable {
    static func table(_ rules: [JSON]) -> Table {
        let columns = [
            Column("name", "RULE", leastWidth: 12), Column("kind", "KIND"), Column("severity", "SEVERITY"),
            Column("open", "OPEN", .right), Column("raised", "RAISED", .right),
            Column("acted_on", "ACTED", .right), Column("false_alarms", "FALSE", .right),
            Column("saved", "SAVED", .right), Column("lost", "LOST", .right),
            Column("retracted", "RETRACTED", .right, isOptional: true),
            Column("when", "WHEN", isMovable: true), Column("clear", "CLEAR", isMovable: true),
        ]
        let rows = rules.map { rule -> [Cell] in
            [
                .text(rule["name"], style: .heading), .text(rule["kind"]),
                .text(rule["severity"], style: Style(severity: rule["severity"]?.stringValue)), .whole(rule["open"]),
                .whole(rule["raised"]), .whole(rule["acted_on"]), .whole(rule["false_alarms"]), .whole(rule["saved"]),
                .whole(rule["lost"]), retracted(rule["retracted"]), .text(rule["when"]),
                Cell(rule.at("clear")?.plainText ?? ""),
            ]
        }
        return Table(columns: columns, rows: rows)
    }

    /// Most rules have none, and then the column says nothing.
    private static func retracted(_ count: JSON?) -> Cell {
        Cell(count?.intValue == 0 ? "" : Quantity.whole(count?.intValue), raw: count?.plainText ?? "")
    }
}

/// The rows of `tenure rejects`.
enum RejectsTable {
    static func table(_ rejects: [JSON]) -> Table {
        let columns = [
            Column("number", "NO", .right), Column("time", "TIME (UTC)"), Column("code", "CODE"),
            Column("line", "LINE", .right),
            Column("sender", "FROM", leastWidth: 6), Column("detail", "DETAIL", isMovable: true),
            Column("text", "LINE BEGINS", isMovable: true),
        ]
        let rows = rejects.map { reject -> [Cell] in
            [
                .text(reject["number"]), .instant(reject["time"]), .text(reject["code"], style: .warning),
                .whole(reject["line"]),
                .text(reject["sender"]), .text(reject["detail"]), .text(reject["text"]),
            ]
        }
        return Table(columns: columns, rows: rows)
    }
}
