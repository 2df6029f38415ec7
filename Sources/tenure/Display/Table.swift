/// One column of a table.
struct Column: Sendable {
    enum Alignment: Sendable { case left, right }

    /// As the JSON field is named, so that the header of the tab-separated form is the field's name.
    var name: String
    /// Over the column on a terminal.
    var title: String
    var alignment: Alignment
    /// The least width to which a wide column is cut on a narrow terminal; nil: never cut.
    var leastWidth: Int?
    /// On a terminal too narrow for the whole table, these values stand below their row, uncut.
    var isMovable: Bool
    /// Of the last column: on a terminal too narrow, its values go on in further lines, uncut.
    var isWrapped: Bool
    /// A terminal need not show it when no row has a value.
    var isOptional: Bool
    /// A terminal, where another column says the same, has no room for it.
    var isForPipes: Bool
    /// A terminal too narrow for the others, however they are cut, leaves it out; the last such first.
    var isExpendable: Bool

    init(
        _ name: String, _ title: String, _ alignment: Alignment = .left, leastWidth: Int? = nil,
        isMovable: Bool = false, isWrapped: Bool = false, isOptional: Bool = false, isForPipes: Bool = false,
        isExpendable: Bool = false
    ) {
        self.name = name
        self.title = title
        self.alignment = alignment
        self.leastWidth = leastWidth
        self.isMovable = isMovable
        self.isWrapped = isWrapped
        self.isOptional = isOptional
        self.isForPipes = isForPipes
        self.isExpendable = isExpendable
    }
}

/// One value of a table: what people read, and what programs read.
struct Cell: Sendable {
    /// With control characters escaped.
    var text: String
    /// As it is.
    var raw: String
    var style: Style

    init(_ text: String, raw: String? = nil, style: Style = .plain) {
        self.text = PrintableText.escaping(text)
        self.raw = raw ?? text
        self.style = style
    }
}

/// Rows and columns, written for a terminal or for a pipe. Pure: the width is an argument.
struct Table: Sendable {
    var columns: [Column]
    var rows: [[Cell]]
    /// Columns before every line on a terminal.
    var indent = 0

    private static let gap = 2
    private static let belowIndent = 4

    /// The table's lines, each with its newline. Every row has a cell for every column.
    func text(_ form: OutputForm) -> String {
        switch form {
        case .terminal(let width, let colour): terminalText(width: width, colour: colour)
        case .tabSeparated, .json: tabSeparatedText
        }
    }

    private var tabSeparatedText: String {
        var text = columns.map(\.name).joined(separator: "\t") + "\n"
        for row in rows { text += row.map { PrintableText.escaping($0.raw) }.joined(separator: "\t") + "\n" }
        return text
    }

    /// The rows as CSV (RFC 4180) in raw units, without the header.
    var csvRows: String {
        rows.map { row in row.map { CSV.field($0.raw) }.joined(separator: ",") + "\r\n" }.joined()
    }

    var csvHeader: String { columns.map { CSV.field($0.name) }.joined(separator: ",") + "\r\n" }

    private func terminalText(width: Int, colour: Bool) -> String {
        let room = width - indent
        let natural = naturalWidths
        let present = columns.indices.filter { index in
            !columns[index].isForPipes
                && (!columns[index].isOptional || rows.contains { !["", Quantity.unknown].contains($0[index].text) })
        }
        let fits = present.reduce(0) { $0 + natural[$1] } + Self.gap * (present.count - 1) <= room
        let shown = affordable(present.filter { fits || !columns[$0].isMovable }, natural, room: room)
        let moved = present.filter { !fits && columns[$0].isMovable }
        let widths = cut(natural, of: shown, to: room)
        var text = line(columns.map { Cell($0.title, style: .faint) }, shown, widths, colour: colour)
        for row in rows {
            for part in wrapped(row, shown, widths) { text += line(part, shown, widths, colour: colour) }
            for index in moved where !row[index].raw.isEmpty {
                text += below(row[index], of: columns[index], isNamed: moved.count > 1, width: width, colour: colour)
            }
        }
        return text
    }

    /// The row in as many lines as its last value takes, each of further ones indented like the first.
    private func wrapped(_ row: [Cell], _ shown: [Int], _ widths: [Int]) -> [[Cell]] {
        guard let last = shown.last, columns[last].isWrapped, PrintableText.width(of: row[last].text) > widths[last]
        else { return [row] }
        let cell = row[last]
        let margin = String(repeating: " ", count: cell.text.prefix { $0 == " " }.count)
        let lines = PrintableText.wrapped(cell.text, to: max(1, widths[last] - margin.count))
        return lines.enumerated().map { index, words in
            var cells = index == 0 ? row : row.map { _ in Cell("") }
            cells[last] = Cell(margin + words, style: cell.style)
            return cells
        }
    }

    /// A moved value in lines of its own, with its column's name where others stand beside it.
    private func below(_ cell: Cell, of column: Column, isNamed: Bool, width: Int, colour: Bool) -> String {
        let margin = String(repeating: " ", count: indent + Self.belowIndent)
        let words = isNamed ? column.name + " " + cell.text : cell.text
        return PrintableText.wrapped(words, to: max(16, width - margin.count))
            .map { margin + cell.style.apply(to: $0, colour: colour) + "\n" }.joined()
    }

    private func line(_ cells: [Cell], _ shown: [Int], _ widths: [Int], colour: Bool) -> String {
        var line = String(repeating: " ", count: indent)
        for index in shown {
            let cell = cells[index]
            if index != shown.first { line += String(repeating: " ", count: Self.gap) }
            let text = PrintableText.cut(cell.text, to: widths[index])
            let missing = String(repeating: " ", count: widths[index] - PrintableText.width(of: text))
            let styled = cell.style.apply(to: text, colour: colour)
            let isLast = index == shown.last
            switch columns[index].alignment {
            case .left: line += styled + (isLast ? "" : missing)
            case .right: line += missing + styled
            }
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private var naturalWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(PrintableText.width(of: columns[index].title)) {
                max($0, PrintableText.width(of: $1[index].text))
            }
        }
    }

    /// `wanted` without the expendable columns for which there is no room, however all are cut.
    private func affordable(_ wanted: [Int], _ natural: [Int], room: Int) -> [Int] {
        var shown = wanted
        func least() -> Int {
            shown.reduce(Self.gap * (shown.count - 1)) { $0 + min(natural[$1], columns[$1].leastWidth ?? .max) }
        }
        while least() > room, let last = shown.lastIndex(where: { columns[$0].isExpendable }) { shown.remove(at: last) }
        return shown
    }

    /// Where `shown` columns do not fit, the widest one that may be cut (or wrapped) gives up a column at a time.
    private func cut(_ natural: [Int], of shown: [Int], to width: Int) -> [Int] {
        var widths = natural
        var excess = shown.reduce(0) { $0 + widths[$1] } + Self.gap * (shown.count - 1) - width
        while excess > 0 {
            let cuttable = shown.filter { widths[$0] > (columns[$0].leastWidth ?? .max) }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}

/// CSV as RFC 4180 writes it.
enum CSV {
    /// `text` as one field: quoted when it holds a separator, a quote or a line break.
    static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
