/// A page for people, built line by line: titles, sections, tables, paragraphs. Pure: the width is an argument.
struct Page {
    let width: Int
    let colour: Bool
    private(set) var text = ""

    private static let indent = 2

    init(width: Int, colour: Bool) {
        self.width = width
        self.colour = colour
    }

    /// The page's first line: what it is about on the left, and as of when on the right.
    mutating func title(_ left: String, right: String) {
        let right = PrintableText.escaping(right)
        let left = PrintableText.cut(
            PrintableText.escaping(left), to: max(8, width - PrintableText.width(of: right) - 2))
        let gap = max(2, width - PrintableText.width(of: left) - PrintableText.width(of: right))
        text += Style.heading.apply(to: left, colour: colour) + String(repeating: " ", count: right.isEmpty ? 0 : gap)
        text += right + "\n"
    }

    mutating func section(_ name: String, note: String = "") {
        text += "\n" + Style.heading.apply(to: name, colour: colour)
        if !note.isEmpty { text += "  " + Style.faint.apply(to: note, colour: colour) }
        text += "\n"
    }

    /// Pieces of one statement, set apart by a dot and wrapped between pieces.
    mutating func line(_ pieces: [(text: String, style: Style)]) {
        guard !pieces.isEmpty else { return }
        let separator = " · "
        var line = String(repeating: " ", count: Self.indent)
        var used = Self.indent
        for (index, piece) in pieces.enumerated() {
            let words = PrintableText.escaping(piece.text)
            let needed = PrintableText.width(of: words)
            if index > 0 {
                if used + 3 + needed > width {
                    text += line + "\n"
                    line = String(repeating: " ", count: Self.indent)
                    used = Self.indent
                } else {
                    line += separator
                    used += 3
                }
            }
            line += piece.style.apply(to: words, colour: colour)
            used += needed
        }
        text += line + "\n"
    }

    mutating func line(_ pieces: String...) { line(pieces.filter { !$0.isEmpty }.map { ($0, .plain) }) }

    /// Running text, wrapped and indented.
    mutating func paragraph(_ words: String, indent: Int = Self.indent, style: Style = .plain) {
        for line in PrintableText.wrapped(PrintableText.escaping(words), to: max(16, width - indent)) {
            text += String(repeating: " ", count: indent) + style.apply(to: line, colour: colour) + "\n"
        }
    }

    /// A line as it is, indented, its control characters escaped.
    mutating func verbatim(_ line: String) {
        text += line.isEmpty ? "\n" : String(repeating: " ", count: Self.indent) + PrintableText.escaping(line) + "\n"
    }

    /// A name in a column of its own, and what is said about it.
    mutating func entry(_ name: String, _ words: String, nameWidth: Int) {
        let name = PrintableText.padded(PrintableText.cut(name, to: nameWidth), to: nameWidth)
        let rest = max(16, width - Self.indent - nameWidth - 2)
        let lines = PrintableText.wrapped(PrintableText.escaping(words), to: rest)
        for (index, line) in lines.enumerated() {
            text += String(repeating: " ", count: Self.indent)
            text += index == 0 ? Style.faint.apply(to: name, colour: colour) : String(repeating: " ", count: nameWidth)
            text += "  " + line + "\n"
        }
    }

    mutating func table(_ table: Table) {
        var table = table
        table.indent = Self.indent
        text += table.text(.terminal(width: width, colour: colour))
    }
}
