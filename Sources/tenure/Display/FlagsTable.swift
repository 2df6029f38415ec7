import UsageModel

/// The rows of `tenure flags`.
enum FlagsTable {
    static func table(_ flags: [JSON]) -> Table {
        let columns = [
            Column("id", "FLAG"), Column("severity", "SEVERITY"), Column("kind", "KIND"),
            Column("company", "COMPANY", leastWidth: 10), Column("rule", "RULE", leastWidth: 8),
            Column("state", "STATE"), Column("since", "SINCE"), Column("owner", "OWNER", leastWidth: 6),
            Column("due", "DUE"), Column("summary", "SUMMARY", isMovable: true),
        ]
        return Table(columns: columns, rows: flags.map(row))
    }

    private static func row(_ flag: JSON) -> [Cell] {
        let style = Style(severity: flag["severity"]?.stringValue)
        return [
            .text(flag["id"], style: .heading), .text(flag["severity"], style: style), .text(flag["kind"]),
            .text(flag["company"]), .text(flag["rule"]), .text(flag["state"]), .date(flag["since"]),
            .text(flag["owner"]), .date(flag["due"]), Cell(flag.at("summary")?.plainText ?? ""),
        ]
    }
}

/// `tenure flags explain`: why a flag is there, what held, and what has been done about it since.
enum FlagExplanation {
    static func text(_ flag: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let severity = flag.at("severity")?.stringValue ?? ""
        let title = [flag.at("id")?.plainText, flag.at("rule")?.stringValue].compactMap { $0 }.joined(separator: "  ")
        page.title(title, right: flag.at("company")?.stringValue ?? "")
        page.line(
            [
                (severity, Style(severity: severity)), (flag.at("kind")?.stringValue ?? "", .plain),
                (flag.at("state")?.stringValue ?? "", .heading),
                ("since " + Quantity.instant(flag.at("since")?.stringValue) + " UTC", .plain),
                (flag.at("owner")?.stringValue.map { "owner " + $0 } ?? "", .plain),
                (flag.at("due").map { "due " + Quantity.date($0.stringValue) } ?? "", .plain),
            ].filter { !$0.0.isEmpty })
        if let summary = flag.at("summary")?.stringValue { page.paragraph(summary) }
        evidence(flag, on: &page)
        witnesses(flag, on: &page)
        history(flag, on: &page)
        if let rule = flag.at("rule_text")?.stringValue {
            let version = flag.at("rule_version")?.stringValue.map { " (version \($0))" } ?? ""
            page.section("The rule as it was when it raised the flag" + version)
            for line in rule.split(separator: "\n", omittingEmptySubsequences: false) {
                page.verbatim(String(line))
            }
        }
        return page.text
    }

    private static func evidence(_ flag: JSON, on page: inout Page) {
        guard let terms = flag.at("evidence")?.arrayValue, !terms.isEmpty else { return }
        page.section("Evidence")
        let columns = [
            Column("holds", "HOLDS"), Column("term", "CONDITION", leastWidth: 20), Column("value", "VALUE", .right),
            Column("threshold", "THRESHOLD", .right),
        ]
        let rows = terms.map { term -> [Cell] in
            let holds = term.at("holds")?.boolValue
            let word = holds.map { $0 ? "yes" : "no" } ?? "unknown"
            return [
                Cell(word, style: holds == true ? .warning : .faint), .text(term["term"] ?? term["metric"]),
                value(term["value"]), value(term["threshold"]),
            ]
        }
        page.table(Table(columns: columns, rows: rows))
    }

    private static func value(_ value: JSON?) -> Cell {
        guard let number = value?.doubleValue else { return .text(value) }
        return Cell(Quantity.decimal(number, decimals: 3), raw: value?.plainText ?? "")
    }

    private static func witnesses(_ flag: JSON, on page: inout Page) {
        guard let witnesses = flag.at("witnesses")?.arrayValue, !witnesses.isEmpty else { return }
        page.section("Last events that mattered")
        let columns = [
            Column("seq", "SEQ", .right), Column("time", "TIME (UTC)"), Column("user", "USER", leastWidth: 8),
            Column("task", "TASK", leastWidth: 8),
        ]
        let rows = witnesses.map { event -> [Cell] in
            [.text(event["seq"]), .instant(event["time"]), .text(event["user"]), .text(event["task"])]
        }
        page.table(Table(columns: columns, rows: rows))
    }

    private static func history(_ flag: JSON, on page: inout Page) {
        guard let moves = flag.at("history")?.arrayValue, !moves.isEmpty else { return }
        page.section("History")
        let columns = [
            Column("at", "AT (UTC)"), Column("kind", "MOVE"), Column("by", "BY", leastWidth: 6),
            Column("details", "DETAILS", leastWidth: 12),
        ]
        let rows = moves.map { move -> [Cell] in
            [
                .instant(move["at"]), .text(move["move"]), .text(move.at("by") ?? "tenured"),
                Cell(details(of: move)),
            ]
        }
        page.table(Table(columns: columns, rows: rows))
    }

    /// What a move says besides its time and kind.
    private static func details(of move: JSON) -> String {
        var parts: [String] = []
        if let verdict = move.at("as")?.stringValue { parts.append("as " + verdict) }
        if let owner = move.at("owner")?.stringValue { parts.append("owner " + owner) }
        if let until = move.at("until")?.stringValue { parts.append("until " + Quantity.instant(until)) }
        if let under = move.at("under")?.stringValue { parts.append("under " + under) }
        if let suppression = move.at("suppression")?.stringValue { parts.append(suppression) }
        if let reason = move.at("reason")?.stringValue { parts.append(reason) }
        if let note = move.at("note")?.stringValue { parts.append(note) }
        // Later than it became true only when the daemon was down over that instant.
        if let at = move.at("at")?.stringValue, let observed = move.at("observed")?.stringValue, at != observed {
            parts.append("noticed " + Quantity.instant(observed))
        }
        return parts.joined(separator: "; ")
    }
}
