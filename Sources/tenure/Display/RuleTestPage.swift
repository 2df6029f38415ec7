import UsageModel

/// What `tenure rules test` shows on a terminal: both conditions, taken apart as written.
enum RuleTestPage {
    static func text(_ answer: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let title = [answer.at("company")?.stringValue, answer.at("rule")?.stringValue].compactMap { $0 }
        page.title(
            title.joined(separator: "  "), right: Quantity.instant(answer.at("now")?.stringValue) + " UTC")
        if answer.at("in_force")?.boolValue == false {
            page.paragraph("as \(answer.at("file")?.stringValue ?? "a file") has it, which is not in force")
        }
        for name in ["when", "clear"] {
            guard let condition = answer.at(name) else { continue }
            page.section(name, note: condition.at("verdict")?.stringValue ?? "")
            page.table(TermsTable.table(lines(of: condition, depth: 0)))
        }
        if answer.at("clear") == nil {
            page.section("clear")
            page.paragraph("The rule has none: it clears when its condition is known to be false.")
        }
        return page.text
    }

    /// One line for each part, indented by its depth.
    static func lines(of part: JSON, depth: Int) -> [JSON] {
        let indent = String(repeating: "  ", count: depth)
        func heading(_ words: String) -> JSON {
            ["verdict": part["verdict"] ?? .null, "term": .string(indent + words)]
        }
        if let parts = part["all"]?.arrayValue {
            return [heading("all of")] + parts.flatMap { lines(of: $0, depth: depth + 1) }
        }
        if let parts = part["any"]?.arrayValue {
            return [heading("any of")] + parts.flatMap { lines(of: $0, depth: depth + 1) }
        }
        if let inner = part["not"] { return [heading("not")] + lines(of: inner, depth: depth + 1) }
        let members = (part.members ?? []).map { member in
            member.name == "term"
                ? JSON.Member("term", .string(indent + (member.value.stringValue ?? ""))) : member
        }
        return [.object(members)]
    }
}
