/// The lines of a text, to put what is said about a place beside the place itself.
struct SourceExcerpts {
    private let lines: [Substring.UnicodeScalarView]

    /// O(length).
    init(_ text: String) {
        var lines: [Substring.UnicodeScalarView] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let end = index
            index = scalars.index(after: index)
            guard Self.isBreak(scalar) else { continue }
            if scalar == "\r", index < scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
            lines.append(scalars[start..<end])
            start = index
        }
        lines.append(scalars[start...])
        self.lines = lines
    }

    /// YAML's line breaks.
    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    /// Columns of a line that are shown: a file may be one line of a quarter of a megabyte.
    private static let shownColumns = 100
    /// Of these, how many stand before the place when the line is longer.
    private static let columnsBefore = 60

    /// The line at `position` and, in a line below, carets under what lies from there to `end`: to the
    /// end of the line when that is on a later one, under the word that begins there when nothing is known.
    func excerpt(at position: SourcePosition, to end: SourcePosition?) -> String {
        guard position.line >= 1, position.line <= lines.count else { return "" }
        let line = Array(lines[position.line - 1])
        let start = min(max(position.column - 1, 0), line.count)
        let stop = max(self.end(of: start, in: line, at: position, to: end), start + 1)
        let first = line.count <= Self.shownColumns ? 0 : max(0, start - Self.columnsBefore)
        let last = min(line.count, first + Self.shownColumns)
        let number = String(position.line)
        var shown = String.UnicodeScalarView()
        var below = ""
        for index in first..<max(first, min(start, last)) { below += Self.blank(under: line[index]) }
        for scalar in line[first..<last] {
            shown.append(scalar == "\t" ? " " : Self.isControl(scalar) ? "\u{FFFD}" : scalar)
        }
        let carets = String(repeating: "^", count: max(1, min(stop, max(last, start + 1)) - start))
        let before = first > 0 ? "…" : ""
        return "  \(number) | \(before)\(String(shown))\(last < line.count ? "…" : "")\n"
            + "  \(String(repeating: " ", count: number.utf8.count)) | \(first > 0 ? " " : "")\(below)\(carets)"
    }

    private func end(
        of start: Int, in line: [Unicode.Scalar], at position: SourcePosition, to end: SourcePosition?
    ) -> Int {
        if let end { return end.line == position.line ? end.column - 1 : line.count }
        guard start < line.count else { return start }
        // A name in quotes is meant as a whole.
        let quotes: [Unicode.Scalar] = ["\"", "'"]
        if quotes.contains(line[start]), let close = line[(start + 1)...].firstIndex(of: line[start]) {
            return close + 1
        }
        if start > 0, quotes.contains(line[start - 1]), let close = line[start...].firstIndex(of: line[start - 1]) {
            return close
        }
        return line[start...].firstIndex { !Self.isWord($0) } ?? line.count
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "_@.-".unicodeScalars.contains(scalar)
    }

    /// What fills as many columns as `scalar`, so that a caret below stands where it should.
    private static func blank(under scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return ""
        default: break
        }
        switch scalar.value {
        // Unicode's East Asian Width classes W and F, in the blocks that terminals agree on.
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return "\u{3000}"
        default: return " "
        }
    }

    /// What a terminal would obey: C0 and C1 controls, and the marks that reorder text.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
