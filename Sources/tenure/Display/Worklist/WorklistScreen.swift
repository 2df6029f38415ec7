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
    private static let gap = 3
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
        flow([(list.moment, .heading), (installation, list.isBlind ? .warning : .plain)])
        let todo = "\(list.owner): \(list.todo)"
        flow([(todo, list.isOverdue ? .bad : .heading), (list.changes, .plain)])
        lines.append("")
    }

    private mutating func addFooter() {
        lines.append("")
        flow([(list.quiet, .faint)])
        flow([(list.record, .faint)])
    }

    // MARK: Entries

    private mutating func addEntries(height: Int?) {
        guard !list.entries.isEmpty else {
            lines.append("Nothing to do.")
            return
        }
        let rows = Self.lines(of: companies.text(.terminal(width: width, colour: colour)))
        let below = contacts
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
            flow([("   … \(Quantity.whole(more)) more \(noun); --limit 0 shows all", .faint)])
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
        // What the other columns leave decides how many reasons are named.
        let narrow = Self.lines(of: table { _ in "" }.text(.terminal(width: .max, colour: false)))
        let used = narrow.map(PrintableText.width(of:)).max() ?? 0
        let room = width - used + PrintableText.width(of: Self.briefTitle)
        return table { Self.joined($0.briefs, fitting: room) }
    }

    private static let briefTitle = "WHY"

    private func table(brief: (WorklistEntryText) -> String) -> Table {
        let then = list.entries.map { PrintableText.width(of: $0.usersThen) }.max() ?? 0
        let now = list.entries.map { PrintableText.width(of: $0.usersNow) }.max() ?? 0
        let columns = [
            Column("company", "COMPANY", leastWidth: 8), Column("revenue", "ARR", .right, isOptional: true),
            Column("renews", "RENEWS", .right, isOptional: true), Column("weeks", "12 WEEKS", isExpendable: true),
            Column("users", "USERS", isExpendable: true), Column("brief", Self.briefTitle, leastWidth: 12),
            Column("due", "DUE", .right, isOptional: true),
        ]
        let rows = list.entries.map { entry -> [Cell] in
            let users =
                PrintableText.padded(entry.usersThen, to: then, right: true) + "→"
                + PrintableText.padded(entry.usersNow, to: now, right: true)
            return [
                Cell(entry.company, style: .heading), Cell(entry.revenue), Cell(entry.renews), Cell(entry.bars),
                Cell(users), Cell(brief(entry)), Cell(entry.due, style: entry.dueStyle),
            ]
        }
        return Table(columns: columns, rows: rows, indent: Self.indent)
    }

    /// As many of `words` as fit, the first in any case.
    private static func joined(_ words: [String], fitting room: Int) -> String {
        var text = words.first ?? ""
        for word in words.dropFirst() {
            let longer = text + "; " + word
            guard PrintableText.width(of: longer) <= room else { break }
            text = longer
        }
        return text
    }

    /// Below each company whom to call. Where the terminal is too narrow for addresses, they stand below.
    private var contacts: [[String]] {
        let wide = rows(withAddresses: true, colour: false)
        if wide.allSatisfy({ PrintableText.width(of: $0) <= width }) {
            return rows(withAddresses: true, colour: colour).map { [$0] }
        }
        let margin = String(repeating: " ", count: Self.indent + Self.callWidth)
        return zip(rows(withAddresses: false, colour: colour), list.entries).map { row, entry in
            guard !entry.email.isEmpty else { return [row] }
            return [row, margin + PrintableText.cut(PrintableText.escaping(entry.email), to: width - margin.count)]
        }
    }

    /// `call `, below which the address begins.
    private static let callWidth = 5

    private func rows(withAddresses: Bool, colour: Bool) -> [String] {
        let columns = [
            Column("call", "", leastWidth: 20), Column("email", "", isOptional: true), Column("touch", ""),
            Column("flags", ""),
        ]
        let rows = list.entries.map { entry -> [Cell] in
            [
                Cell(entry.person.isEmpty ? "nobody to call" : "call " + entry.person),
                Cell(withAddresses ? entry.email : ""), Cell(entry.touch, style: .faint),
                Cell(entry.flags, style: .heading),
            ]
        }
        let table = Table(columns: columns, rows: rows, indent: Self.indent)
        let form = OutputForm.terminal(width: withAddresses ? .max : width, colour: colour)
        return Array(Self.lines(of: table.text(form)).dropFirst())
    }

    // MARK: Lines

    /// Pieces beside each other where they fit, else in lines of their own.
    private mutating func flow(_ pieces: [(text: String, style: Style)]) {
        let words = pieces.map { PrintableText.escaping($0.text) }
        let gap = String(repeating: " ", count: Self.gap)
        if PrintableText.width(of: words.joined(separator: gap)) <= width {
            lines.append(
                zip(words, pieces).map { $1.style.apply(to: $0, colour: colour) }.joined(separator: gap))
        } else {
            lines += zip(words, pieces).map {
                $1.style.apply(to: PrintableText.cut($0, to: width), colour: colour)
            }
        }
    }
}
