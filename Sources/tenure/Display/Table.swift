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

    init(_ name: String, _ title: String, _ alignment: Alignment = .left, leastWidth: Int? = nil) {
        self.name = name
        self.title = title
        self.alignment = alignment
        self.leastWidth = leastWidth
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
        let widths = columnWidths(within: width - indent)
        var text = line(columns.map { Cell($0.title, style: .faint) }, widths, colour: colour)
        for row in rows { text += line(row, widths, colour: colour) }
        return text
    }

    private func line(_ cells: [Cell], _ widths: [Int], colour: Bool) -> String {
        var line = String(repeating: " ", count: indent)
        for (index, cell) in cells.enumerated() {
            if index > 0 { line += String(repeating: " ", count: Self.gap) }
            let text = PrintableText.cut(cell.text, to: widths[index])
            let missing = String(repeating: " ", count: widths[index] - PrintableText.width(of: text))
            let styled = cell.style.apply(to: text, colour: colour)
            let isLast = index == cells.count - 1
            switch columns[index].alignment {
            case .left: line += styled + (isLast ? "" : missing)
            case .right: line += missing + styled
            }
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    /// Natural widths; where they do not fit, the widest column that may be cut gives up a column at a time.
    private func columnWidths(within width: Int) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(PrintableText.width(of: columns[index].title)) {
                max($0, PrintableText.width(of: $1[index].text))
            }
        }
        var excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - width
        while excess > 0 {
            let cuttable = columns.indices.filter { widths[$0] > (columns[$0].leastWidth ?? .max) }
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
