import UsageModel

/// `tenure flags explain` on a terminal: the flag in one sentence, whom to call, what has changed since
/// it was raised, and then everything that it rests on.
struct FlagPage {
    let flag: JSON

    static func text(_ flag: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let content = FlagPage(flag: flag)
        content.head(&page)
        content.callees(&page)
        content.evidence(&page)
        content.witnesses(&page)
        content.history(&page)
        content.rule(&page)
        return page.text
    }

    private var now: String? { flag.at("now")?.stringValue }

    private func head(_ page: inout Page) {
        let severity = flag.at("severity")?.stringValue ?? ""
        let title = [flag.at("id")?.plainText, flag.at("rule")?.stringValue].compactMap { $0 }.joined(separator: "  ")
        page.title(title, right: FlagsTable.company(flag).text)
        if let sentence = flag.at("sentence")?.stringValue { page.paragraph(sentence) }
        let due = FlagDue.cell(flag)
        page.line(
            [
                (severity, Style(severity: severity)), (flag.at("kind")?.stringValue ?? "", .plain),
                (flag.at("state")?.stringValue ?? "", .heading),
                ("since " + Quantity.instant(flag.at("since")?.stringValue) + " UTC", .plain),
                (flag.at("owner")?.stringValue.map { "owner " + $0 } ?? "", .plain),
                (due.text.isEmpty ? "" : "due " + due.text, due.style), (followUp, .plain),
                (flag.at("verdict")?.stringValue.map { "judged " + $0 } ?? "", .plain),
            ].filter { !$0.0.isEmpty })
        if let retracted = flag.at("retracted_at")?.stringValue {
            page.paragraph("Retracted \(Quantity.instant(retracted)) UTC: \(cause)", style: .warning)
        }
    }

    /// Why it was retracted: `event 4711 of 2026-01-03 10:00 UTC, which came 12 d late: …`.
    private var cause: String {
        let move = flag.at("history")?.arrayValue?.last { $0.at("move")?.stringValue == "retracted" }
        return move?.at("reason")?.stringValue ?? "what arrived later shows that it should not have been raised"
    }

    /// `followed up after 3 h`.
    private var followUp: String { span(to: "followed_up_at").map { "followed up after " + $0 } ?? "" }

    /// From the raise to the instant that the member `name` holds.
    private func span(to name: String) -> String? {
        guard let end = flag.at(name)?.stringValue.flatMap(Timestamp.init(rfc3339:)),
            let opened = flag.at("opened")?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        return Quantity.days(Double(end - opened) / Double(millisecondsPerDay))
    }

    // MARK: Whom to call

    /// As wide as names are, within bounds that leave room for what is said about them.
    private static let nameWidths = 8...28

    private func callees(_ page: inout Page) {
        // Nobody at a company can say why a source is silent.
        if flag.at("source") != nil { return }
        page.section("Call")
        let callees = flag.at("call")?.arrayValue ?? []
        let names = callees.map { PrintableText.escaping($0.at("user")?.stringValue ?? "") }
        let longest = names.map(PrintableText.width(of:)).max() ?? 0
        let width = min(max(longest, Self.nameWidths.lowerBound), Self.nameWidths.upperBound)
        for (name, callee) in zip(names, callees) { page.entry(name, words(callee), nameWidth: width) }
        if callees.isEmpty { page.paragraph("nobody of this company is known") }
        page.entry("our side", touch, nameWidth: width)
    }

    /// `Ann Lee, ann@acme.com, buyer; champion and most active; last here 3.2 d ago`.
    private func words(_ callee: JSON) -> String {
        let person = ["name", "email", "role"].compactMap { callee.at($0)?.stringValue }.joined(separator: ", ")
        let parts = (callee.at("as")?.arrayValue ?? []).compactMap(\.stringValue).map(Self.part).joined(separator: ", ")
        let last = callee.at("last").map { "last here " + Quantity.since($0.stringValue, now: now) } ?? "never here"
        return [person, parts, last].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    static func part(_ part: String) -> String {
        switch part {
        case "champion": "champion"
        case "most_active": "most active"
        case "last": "last user"
        default: part
        }
    }

    /// `last in touch 3.2 d ago by dana (call: pricing), not since the flag was raised`.
    private var touch: String {
        guard let touch = flag.at("last_touch"), let time = touch.at("time")?.stringValue else {
            return "has never been in touch"
        }
        var words = "last in touch " + Quantity.since(time, now: now)
        if let by = touch.at("by")?.stringValue { words += " by " + by }
        let how = ["channel", "note"].compactMap { touch.at($0)?.stringValue }.joined(separator: ": ")
        if !how.isEmpty { words += " (\(how))" }
        guard let touched = Timestamp(rfc3339: time),
            let opened = flag.at("opened")?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else { return words }
        return words + (touched >= opened ? ", since the flag was raised" : ", not since the flag was raised")
    }

    // MARK: Then and now

    private func evidence(_ page: inout Page) {
        guard let terms = flag.at("evidence")?.arrayValue, !terms.isEmpty else { return }
        page.section("What raised it", note: "→ how it stands now")
        let columns = [
            Column("holds", "HOLDS"), Column("value", "VALUE", .right), Column("threshold", "THRESHOLD", .right),
            Column("side", "SIDE"), Column("term", "CONDITION", leastWidth: 20, isWrapped: true),
        ]
        page.table(Table(columns: columns, rows: terms.map(Self.row)))
        if let words = flag.at("ending", "words")?.stringValue { page.paragraph(words) }
        switch flag.at("rule_state")?.stringValue {
        case "edited": page.paragraph("The rule was edited since: the flag is judged under the new version.")
        case "removed": page.paragraph("The rule file has this rule no longer.")
        default: break
        }
    }

    private static func row(_ term: JSON) -> [Cell] {
        let held = Self.holds(term["holds"])
        let now = term.at("now")
        let holds = now.map { Self.holds($0["holds"]) } ?? "?"
        func change(_ name: String, _ text: (JSON?) -> String) -> Cell {
            let then = text(term.at(name))
            let today = now.map { text($0.at(name)) } ?? then
            return Cell(then == today ? then : "\(then) → \(today)")
        }
        return [
            Cell(held == holds ? held : "\(held) → \(holds)", style: holds == "yes" ? .warning : .plain),
            change("value", value), change("threshold", value), change("side") { $0?.stringValue ?? "" },
            .text(term["term"]),
        ]
    }

    private static func holds(_ value: JSON?) -> String { value?.boolValue.map { $0 ? "yes" : "no" } ?? "unknown" }

    private static func value(_ value: JSON?) -> String {
        guard let number = value?.doubleValue else { return value?.plainText ?? Quantity.unknown }
        return Quantity.measure(number)
    }

    // MARK: What it rests on

    private func witnesses(_ page: inout Page) {
        guard let witnesses = flag.at("witnesses")?.arrayValue, !witnesses.isEmpty else { return }
        page.section("Last events before it was raised")
        let columns = [
            Column("seq", "SEQ", .right), Column("time", "TIME (UTC)"), Column("user", "USER", leastWidth: 8),
            Column("task", "TASK", leastWidth: 8),
        ]
        let rows = witnesses.map { event -> [Cell] in
            [.text(event["seq"]), .instant(event["time"]), .text(event["user"]), .text(event["task"])]
        }
        page.table(Table(columns: columns, rows: rows))
    }

    private func rule(_ page: inout Page) {
        guard let rule = flag.at("rule_text")?.stringValue else { return }
        let version = flag.at("rule_version")?.stringValue.map { "version \($0)" } ?? ""
        page.section("The rule as it was when it raised the flag", note: version)
        for line in rule.split(separator: "\n", omittingEmptySubsequences: false) { page.verbatim(String(line)) }
    }
}
