/// What help says below a command's one line: examples first, since most people look for a line to
/// copy, then what one has to know.
enum Help {
    static func text(_ examples: String..., words: String = "") -> String {
        let lines = ["Examples:"] + examples.map { "  " + $0 }
        return lines.joined(separator: "\n") + (words.isEmpty ? "" : "\n\n" + words)
    }
}
