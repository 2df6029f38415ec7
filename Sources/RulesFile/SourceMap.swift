import Rules
import Yams

/// The text of a rule file by line and column, to find out where each character of a YAML scalar stands.
struct SourceMap {
    private let scalars: [Unicode.Scalar]
    /// Index of each line's first scalar. YAML's line breaks: LF, CR, CRLF, NEL, LS, PS.
    private let lineStarts: [Int]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        var starts = [0]
        for (index, scalar) in scalars.enumerated() {
            let isFirstOfPair = scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
            if Self.isBreak(scalar), !isFirstOfPair { starts.append(index + 1) }
        }
        lineStarts = starts
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private func index(of position: SourcePosition) -> Int {
        guard position.line >= 1, position.line <= lineStarts.count else { return scalars.count }
        return min(lineStarts[position.line - 1] + max(0, position.column - 1), scalars.count)
    }

    /// `position`, or the end of the text where it lies behind that.
    func withinText(_ position: SourcePosition) -> SourcePosition { min(position, self.position(at: scalars.count)) }

    func position(at index: Int) -> SourcePosition {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return SourcePosition(line: low + 1, column: index - lineStarts[low] + 1)
    }
}

extension SourceMap {
    /// A scalar's text, shields taken off, with the place of each byte; and where the scalar ends.
    func trace(_ scalar: Node.Scalar) -> (source: SourceText, end: Int) {
        var cursor = index(of: scalar.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .first)
        skipProperties(&cursor)
        let opening = at(cursor)
        let isDouble = opening == "\""
        let isSingle = opening == "'"
        if isDouble || isSingle { cursor += 1 }
        if opening == "|" || opening == ">" {
            while let scalar = at(cursor), scalar != "\n", scalar != "\r" { cursor += 1 }
        }
        var text = String.UnicodeScalarView()
        var positions: [SourcePosition] = []
        for decoded in scalar.string.unicodeScalars {
            let place: Int
            if Self.isSpace(decoded) {
                place = min(cursor, scalars.count)
                // Folded lines and indentation are skipped at the next visible character.
                if isDouble, at(cursor) == "\\", let next = at(cursor + 1), "nrt ".unicodeScalars.contains(next) {
                    cursor += 2
                } else if let scalar = at(cursor), Self.isSpace(scalar) {
                    cursor += 1
                }
            } else {
                skipSpace(&cursor, continuations: isDouble)
                place = min(cursor, scalars.count)
                cursor += length(at: cursor, isDouble: isDouble, isSingle: isSingle)
            }
            let original = ExpressionShield.original(decoded)
            text.append(original)
            for _ in 0..<UTF8.width(original) { positions.append(position(at: place)) }
        }
        if isDouble || isSingle {
            while let scalar = at(cursor), scalar != opening { cursor += 1 }
        }
        positions.append(position(at: min(cursor, scalars.count)))
        if isDouble || isSingle { cursor += 1 }
        return (SourceText(String(text), positions: positions), min(cursor, scalars.count))
    }

    private func at(_ index: Int) -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || isBreak(scalar)
    }

    /// A tag before a scalar belongs to its mark, but not to its text.
    private func skipProperties(_ cursor: inout Int) {
        while at(cursor) == "!" || at(cursor) == "&" {
            while let scalar = at(cursor), !Self.isSpace(scalar) { cursor += 1 }
            while let scalar = at(cursor), Self.isSpace(scalar) { cursor += 1 }
        }
    }

    private func skipSpace(_ cursor: inout Int, continuations: Bool) {
        while let scalar = at(cursor) {
            if Self.isSpace(scalar) {
                cursor += 1
            } else if continuations, scalar == "\\", let next = at(cursor + 1), next == "\n" || next == "\r" {
                cursor += 1
            } else {
                return
            }
        }
    }

    /// How many characters of the file one character of a scalar takes.
    private func length(at cursor: Int, isDouble: Bool, isSingle: Bool) -> Int {
        if isSingle, at(cursor) == "'", at(cursor + 1) == "'" { return 2 }
        guard isDouble, at(cursor) == "\\" else { return 1 }
        switch at(cursor + 1) {
        case "x": return 4
        case "u": return 6
        case "U": return 10
        default: return 2
        }
    }
}

extension SourceMap {
    /// The part of the file that `node` covers, its further lines moved left by its own indentation.
    func text(of node: Node) -> String {
        guard let mark = node.mark else { return "" }
        let start = index(of: SourcePosition(line: mark.line, column: mark.column))
        let end = end(of: node)
        guard start < end else { return "" }
        var lines = [""]
        var column = mark.column
        for scalar in scalars[start..<end] {
            let original = ExpressionShield.original(scalar)
            if original == "\n" {
                lines.append("")
                column = 1
            } else {
                // Only indentation is taken away, never text.
                if !(original == " " && column < mark.column && lines[lines.count - 1].isEmpty) {
                    lines[lines.count - 1].unicodeScalars.append(original)
                }
                column += 1
            }
        }
        return lines.joined(separator: "\n")
    }

    private func end(of node: Node) -> Int {
        let start = index(of: node.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .first)
        switch node {
        case .scalar(let scalar): return trace(scalar).end
        case .mapping(let mapping): return close(mapping.flatMap { [$0.key, $0.value] }, from: start)
        case .sequence(let sequence): return close(Array(sequence), from: start)
        case .alias: return start
        }
    }

    /// The end of the last part; in flow style, behind the bracket that follows it.
    private func close(_ parts: [Node], from start: Int) -> Int {
        var end = parts.map { self.end(of: $0) }.max() ?? start
        guard let opening = at(start), opening == "{" || opening == "[" else { return end }
        let closing: Unicode.Scalar = opening == "{" ? "}" : "]"
        while let scalar = at(end), scalar != closing { end += 1 }
        return min(end + 1, scalars.count)
    }
}

extension SourcePosition {
    static let first = SourcePosition(line: 1, column: 1)
}
