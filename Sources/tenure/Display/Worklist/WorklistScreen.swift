import UsageModel

/// `tenure flags --owner` on a terminal: a Monday morning on one screen.
///
/// Two lines a company: what is wrong and how much hangs on it, then whom to call. Pure: width and height
/// are arguments.
struct WorklistScreen {
    private let list: WorklistText
    private let width: Int
    private let colour: Bool
    private var lines: [String] = []

    /// Where a company's second line begins, below its name.
    private static let indent = 3
    private static let gap = 2
    /// Lines below the entries: an empty one, what is quiet, the rules.
    private static let footerLines = 3

    /// - Parameter height: lines at most, so that it is one screen; nil for all. At least one company is shown.
    static func text(_ answer: JSON, width: Int, height: Int?, colour: Bool) -> String {
        var screen = WorklistScreen(list: WorklistText(answer), width: width, colour: colour)
        screen.addHead()
        screen.addEntries(height: height)
        screen.addFooter()
        return screen.lines.map { $0 + "\n" }.joined()
    }

    private init(list: WorklistText, width: Int, colour: Bool) {
        self.list = list
        self.width = width
        self.colour = colour
    }

    // MARK: Head and foot

    private mutating func addHead() {
        let installation = list.installation.joined(separator: "   ")
        flow([(list.moment, .heading), (installation, list.isBlind ? .warning : .plain)], gap: 3)
        let todo = "\(list.owner): \(list.todo)"
        flow([(todo, list.isOverdue ? .bad : .heading), (list.changes, .plain)], gap: 3)
        lines.append("")
    }

    private mutating func addFooter() {
        lines.append("")
        flow([(list.quiet, .faint)], gap: 3)
        flow([(list.record, .faint)], gap: 3)
    }

    // MARK: Entries

    private mutating func addEntries(height: Int?) {
        guard !list.entries.isEmpty else {
            lines.append("Nothing to do.")
            return
        }
        let rows = Self.lines(of: companies.text(.terminal(width: width, colour: colour)))
        let below = seconds
        lines.append(rows[0])
        var shown = 0
        for (index, entry) in list.entries.enumerated() {
            let block = [marked(rows[index + 1], entry)] + below[index]
            let isLast = index == list.entries.count - 1 && list.more == 0
            let needed = block.count + Self.footerLines + (isLast ? 0 : 1)
            if let height, shown > 0, lines.count + needed > height { break }
            lines += block
            shown += 1
        }
        let more = list.entries.count - shown + list.more
        if more > 0 {
            let noun = more == 1 ? "company" : "companies"
            flow([("   … \(Quantity.whole(more)) more \(noun); --limit 0 shows all", .faint)], gap: 0)
        }
    }

    private static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// The row with its mark in the margin that the table left.
    private func marked(_ row: String, _ entry: WorklistEntryText) -> String {
        let mark = entry.severity.apply(to: entry.mark, colour: colour)
        let rest = String(repeating: " ", count: Self.indent - PrintableText.width(of: entry.mark))
        return mark + rest + row.dropFirst(Self.indent)
    }

    private var companies: Table {
        let then = list.entries.map { PrintableText.width(of: $0.usersThen) }.max() ?? 0
        let now = list.entries.map { PrintableText.width(of: $0.usersNow) }.max() ?? 0
        let columns = [
            Column("company", "COMPANY", leastWidth: 8), Column("revenue", "ARR", .right, isOptional: true),
            Column("renews", "RENEWS", .right, isOptional: true), Column("weeks", "12 WEEKS"),
            Column("users", "USERS"), Column("brief", "WHY", leastWidth: 12),
            Column("due", "DUE", .right, isOptional: true),
        ]
        let rows = list.entries.map { entry -> [Cell] in
            let users =
                PrintableText.padded(entry.usersThen, to: then, right: true) + "→"
                + PrintableText.padded(entry.usersNow, to: now, right: true)
            return [
                Cell(entry.company, style: .heading), Cell(entry.revenue), Cell(entry.renews), Cell(entry.bars),
                Cell(users), Cell(entry.brief), Cell(entry.due, style: entry.dueStyle),
            ]
        }
        return Table(columns: columns, rows: rows, indent: Self.indent)
    }

    /// Below each company whom to call: in columns where they fit, else wrapped.
    private var seconds: [[String]] {
        let columns = [
            Column("call", ""), Column("email", "", isOptional: true), Column("touch", ""), Column("flags", ""),
        ]
        let rows = list.entries.map { entry -> [Cell] in
            pieces(of: entry).map { Cell($0.text, style: $0.style) }
        }
        let table = Table(columns: columns, rows: rows, indent: Self.indent)
        let plain = Self.lines(of: table.text(.terminal(width: width, colour: false)))
        if plain.allSatisfy({ PrintableText.width(of: $0) <= width }) {
            return Self.lines(of: table.text(.terminal(width: width, colour: colour))).dropFirst().map { [$0] }
        }
        return list.entries.map { entry in
            Self.flowed(
                pieces(of: entry), gap: Self.gap, indent: Self.indent, width: width, colour: colour)
        }
    }

    private func pieces(of entry: WorklistEntryText) -> [(text: String, style: Style)] {
        [
            (entry.person.isEmpty ? "nobody to call" : "call " + entry.person, .plain), (entry.email, .plain),
            (entry.touch, .faint), (entry.flags, .heading),
        ]
    }

    // MARK: Lines

    private mutating func flow(_ pieces: [(text: String, style: Style)], gap: Int) {
        lines += Self.flowed(pieces, gap: gap, indent: 0, width: width, colour: colour)
    }

    /// Pieces beside each other as far as they fit, the rest in further lines, a little further in.
    private static func flowed(
        _ pieces: [(text: String, style: Style)], gap: Int, indent: Int, width: Int, colour: Bool
    ) -> [String] {
        let furtherIndent = indent == 0 ? 0 : indent + 5
        var lines: [String] = []
        var line = String(repeating: " ", count: indent)
        var used = indent
        var isEmpty = true
        for piece in pieces where !piece.text.isEmpty {
            var words = PrintableText.escaping(piece.text)
            let needed = PrintableText.width(of: words)
            if !isEmpty, used + gap + needed > width {
                lines.append(line)
                line = String(repeating: " ", count: furtherIndent)
                used = furtherIndent
                isEmpty = true
            }
            words = PrintableText.cut(words, to: width - used)
            line += (isEmpty ? "" : String(repeating: " ", count: gap)) + piece.style.apply(to: words, colour: colour)
            used += (isEmpty ? 0 : gap) + PrintableText.width(of: words)
            isEmpty = false
        }
        return lines + [line]
    }
}
