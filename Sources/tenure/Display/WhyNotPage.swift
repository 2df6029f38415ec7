import UsageModel

/// What `tenure flags why-not` shows on a terminal: the answer in one sentence, then each condition.
enum WhyNotPage {
    static func text(_ answer: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let title = [answer.at("company")?.stringValue, answer.at("rule")?.stringValue].compactMap { $0 }
        page.title(
            title.joined(separator: "  "), right: Quantity.instant(answer.at("now")?.stringValue) + " UTC")
        page.paragraph(answer.at("sentence")?.stringValue ?? "")
        page.section("Conditions", note: conditionCount(answer))
        // The parts of an outermost `and` are the conditions that the note counts.
        let tree = answer["tree"] ?? .null
        let lines = (tree["all"]?.arrayValue ?? [tree]).flatMap { RuleTestPage.lines(of: $0, depth: 0) }
        page.table(TermsTable.table(lines))
        return page.text
    }

    private static func conditionCount(_ answer: JSON) -> String {
        guard let count = answer.at("conditions")?.intValue, let holding = answer.at("holding")?.intValue, count > 1
        else { return "" }
        return "\(Quantity.whole(holding)) of \(Quantity.whole(count)) hold"
    }
}

/// The terms of a condition with their values.
enum TermsTable {
    static func table(_ terms: [JSON]) -> Table {
        let columns = [
            Column("verdict", "VERDICT"), Column("value", "VALUE", .right, leastWidth: 8),
            Column("threshold", "THRESHOLD", .right, leastWidth: 9),
            Column("term", "CONDITION", leastWidth: 20, isWrapped: true),
        ]
        let rows = terms.map { term -> [Cell] in
            let verdict = term.at("verdict")?.stringValue ?? ""
            return [
                Cell(verdict, style: style(of: verdict)), .measure(term["value"]), .measure(term["threshold"]),
                .text(term["term"]),
            ]
        }
        return Table(columns: columns, rows: rows)
    }

    private static func style(of verdict: String) -> Style {
        switch verdict {
        case "holds": .plain
        case "fails": .warning
        default: .faint
        }
    }
}
