import UsageModel

/// What `tenure flags verify` shows on a terminal: the answer in one sentence, each check, and hindsight.
enum VerificationPage {
    static func text(_ answer: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let title = [answer.at("flag")?.stringValue, answer.at("rule")?.stringValue].compactMap { $0 }
        page.title(title.joined(separator: "  "), right: answer.at("company")?.stringValue ?? "")
        let style: Style =
            switch answer.at("holds")?.boolValue {
            case true?: .good
            case false?: .bad
            case nil: .plain
            }
        page.paragraph(answer.at("sentence")?.stringValue ?? "", style: style)
        let checks = answer.at("checks")?.arrayValue ?? []
        if !checks.isEmpty {
            page.section("Checks")
            page.table(table(checks))
        }
        hindsight(answer, on: &page)
        return page.text
    }

    private static func table(_ checks: [JSON]) -> Table {
        let columns = [
            Column("ok", "CHECK"), Column("check", "OF", leastWidth: 16),
            Column("recorded", "RECORDED", leastWidth: 12), Column("derived", "DERIVED", leastWidth: 12),
        ]
        let rows = checks.map { check -> [Cell] in
            let isOk = check.at("ok")?.boolValue == true
            return [
                Cell(isOk ? "ok" : "differs", style: isOk ? .good : .bad), .text(check["check"]),
                Cell(words(check["recorded"])), Cell(words(check["derived"])),
            ]
        }
        return Table(columns: columns, rows: rows)
    }

    /// A value on one line; of evidence what was compared.
    private static func words(_ value: JSON?) -> String {
        guard let value, !value.isNull else { return Quantity.unknown }
        if let truth = value.boolValue { return truth ? "yes" : "no" }
        if value["term"] != nil {
            let holds = value.at("holds")?.boolValue.map { $0 ? "holds" : "fails" } ?? "unknown"
            let sides = [value["value"], value["threshold"]].map { side -> String in
                guard let side, !side.isNull else { return Quantity.unknown }
                return side.doubleValue.map { Quantity.decimal($0, decimals: 3) } ?? side.plainText ?? ""
            }
            return "\(sides[0]) against \(sides[1]), \(holds)"
        }
        let text = value.plainText ?? value.text
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func hindsight(_ answer: JSON, on page: inout Page) {
        guard let hindsight = answer.at("hindsight") else { return }
        page.section("By all that is known now")
        if let retracted = hindsight.at("retracted_at")?.stringValue {
            page.paragraph("Retracted \(Quantity.instant(retracted)) UTC; `tenure flags explain` says why.")
        }
        switch hindsight.at("verdict")?.stringValue {
        case "holds": page.paragraph("The condition was true as of the raise.")
        case "fails": page.paragraph("The condition was false as of the raise.")
        default:
            page.paragraph(
                "Whether the condition was true as of the raise is not certain: not everything is kept by the minute, "
                    + "and nothing for ever.")
        }
    }
}
