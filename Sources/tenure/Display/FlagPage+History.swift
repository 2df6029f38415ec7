import UsageModel

// What has been done about a flag: by whom, and how long after it was raised.
extension FlagPage {
    func history(_ page: inout Page) {
        guard let moves = flag.at("history")?.arrayValue, !moves.isEmpty else { return }
        page.section("History")
        let columns = [
            Column("at", "AT (UTC)"), Column("after", "AFTER", .right), Column("kind", "MOVE"),
            Column("by", "BY", leastWidth: 6), Column("details", "DETAILS", leastWidth: 20, isWrapped: true),
        ]
        let rows = moves.map { move -> [Cell] in
            [
                .instant(move["at"]), Cell(after(move)), .text(move["move"]), .text(move.at("by") ?? "tenured"),
                Cell(Self.details(of: move)),
            ]
        }
        page.table(Table(columns: columns, rows: rows))
    }

    /// How long after the raise.
    private func after(_ move: JSON) -> String {
        guard let at = move.at("at")?.stringValue.flatMap(Timestamp.init(rfc3339:)),
            let opened = flag.at("opened")?.stringValue.flatMap(Timestamp.init(rfc3339:)), at > opened
        else { return "" }
        return Quantity.days(Double(at - opened) / Double(millisecondsPerDay))
    }

    /// What a move says besides its time and kind.
    private static func details(of move: JSON) -> String {
        var parts: [String] = []
        if let verdict = move.at("as")?.stringValue { parts.append("as " + verdict) }
        if let severity = move.at("severity")?.stringValue, move.at("move")?.stringValue == "overdue" {
            parts.append("now " + severity)
        }
        if let touched = move.at("touched_at")?.stringValue { parts.append("touched " + Quantity.instant(touched)) }
        if let owner = move.at("owner")?.stringValue { parts.append("owner " + owner) }
        if let until = move.at("until")?.stringValue { parts.append("until " + Quantity.instant(until)) }
        let reason = move.at("reason")?.stringValue ?? ""
        if let under = move.at("under")?.stringValue, !reason.contains(under) { parts.append("under " + under) }
        if let suppression = move.at("suppression")?.stringValue { parts.append(suppression) }
        if !reason.isEmpty { parts.append(reason) }
        if let note = move.at("note")?.stringValue { parts.append(note) }
        // Later than it became true only when the daemon was down over that instant.
        if let at = move.at("at")?.stringValue, let observed = move.at("observed")?.stringValue, at != observed {
            parts.append("noticed " + Quantity.instant(observed))
        }
        return parts.joined(separator: "; ")
    }
}
