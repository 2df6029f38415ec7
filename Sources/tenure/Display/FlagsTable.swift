import UsageModel

/// The rows of `tenure flags`.
enum FlagsTable {
    static func table(_ flags: [JSON]) -> Table {
        let columns = [
            Column("id", "FLAG"), Column("severity", "SEVERITY"), Column("kind", "KIND", isForPipes: true),
            Column("company", "COMPANY", leastWidth: 10), Column("rule", "RULE", leastWidth: 12),
            Column("since", "SINCE", isExpendable: true), Column("owner", "OWNER", leastWidth: 6, isOptional: true),
            Column("due", "DUE", isOptional: true), Column("state", "STATE"),
            Column("summary", "SUMMARY", isMovable: true),
        ]
        return Table(columns: columns, rows: flags.map(row))
    }

    /// The rows of `tenure flags --withheld`.
    static func withheldTable(_ flags: [JSON]) -> Table {
        let columns = [
            Column("severity", "SEVERITY"), Column("kind", "KIND"), Column("company", "COMPANY", leastWidth: 10),
            Column("rule", "RULE", leastWidth: 8), Column("since", "SINCE"),
            Column("source", "SILENT SOURCE", leastWidth: 8), Column("silent_since", "SILENT SINCE (UTC)"),
        ]
        return Table(
            columns: columns,
            rows: flags.map { flag in
                [
                    .text(flag["severity"], style: Style(severity: flag["severity"]?.stringValue)), .text(flag["kind"]),
                    .text(flag["company"]), .text(flag["rule"]), .date(flag["since"]), .text(flag["source"]),
                    .instant(flag["silent_since"]),
                ]
            })
    }

    /// A flag of a source belongs to no company.
    static func company(_ flag: JSON) -> Cell {
        flag.at("source")?.stringValue.map { Cell("(source \($0))") } ?? .text(flag["company"])
    }

    private static func row(_ flag: JSON) -> [Cell] {
        let style = Style(severity: flag["severity"]?.stringValue)
        return [
            .text(flag["id"], style: .heading), .text(flag["severity"], style: style), .text(flag["kind"]),
            company(flag), .text(flag["rule"]), .date(flag["since"]), .text(flag["owner"]), FlagDue.cell(flag),
            state(flag), summary(flag),
        ]
    }

    private static func state(_ flag: JSON) -> Cell {
        let state = flag.at("state")?.stringValue ?? ""
        return Cell(flag.at("retracted_at") == nil ? state : state + ", retracted", raw: state)
    }

    /// Begins with the flag's kind, which has no column of its own on a terminal.
    private static func summary(_ flag: JSON) -> Cell {
        let summary = flag.at("summary")?.plainText ?? ""
        return Cell([flag.at("kind")?.stringValue, summary].compactMap { $0 }.joined(separator: ": "), raw: summary)
    }
}
