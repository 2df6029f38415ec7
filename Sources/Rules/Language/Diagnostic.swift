/// A place in a rule file: line and column from 1, the column in characters (Unicode scalars).
public struct SourcePosition: Hashable, Sendable, Comparable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One mistake or one warning about a rule file, with its place and, where one is near, the fix.
public struct Diagnostic: Hashable, Sendable {
    public enum Weight: String, Sendable {
        /// The file is refused.
        case mistake
        /// The file is taken; the author should know.
        case warning
    }

    public var weight: Weight
    public var file: String
    public var position: SourcePosition
    /// Behind the last character that the message is about; nil where only its beginning is known.
    public var end: SourcePosition?
    /// What the message is about, e.g. `flag "idle"`; nil for the file as a whole.
    public var subject: String?
    public var message: String
    /// What was probably meant, e.g. `did you mean "idle_days"?`.
    public var suggestion: String?
    /// The line of the file with carets under what the message is about, in two lines; empty before the
    /// file's text has been put beside it.
    public private(set) var excerpt = ""

    public init(
        weight: Weight = .mistake, file: String, position: SourcePosition, end: SourcePosition? = nil,
        subject: String? = nil, message: String, suggestion: String? = nil
    ) {
        self.weight = weight
        self.file = file
        self.position = position
        self.end = end
        self.subject = subject.map { Self.cut($0, to: Self.subjectBytes) }
        self.message = Self.cut(message, to: Self.messageBytes)
        self.suggestion = suggestion.map { Self.cut($0, to: Self.messageBytes) }
    }

    /// Texts quote what stands in the file, where a word may have a quarter of a megabyte.
    private static let subjectBytes = 100
    private static let messageBytes = 600

    private static func cut(_ text: String, to bytes: Int) -> String {
        text.utf8.count <= bytes ? text : String(decoding: text.utf8.prefix(bytes), as: UTF8.self) + "…"
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `rules.yaml:14:11: flag "idle": unknown metric "idel_days" (did you mean "idle_days"?)`
    public var description: String {
        var text = "\(file):\(position.line):\(position.column): "
        if weight == .warning { text += "warning: " }
        if let subject { text += subject + ": " }
        text += message
        if let suggestion { text += " (\(suggestion))" }
        return text
    }

    /// The description and, below it, the excerpt.
    public var report: String { excerpt.isEmpty ? description : description + "\n" + excerpt }
}

extension Sequence<Diagnostic> {
    /// Each with its excerpt of `text`, the file's whole text.
    public func withExcerpts(of text: String) -> [Diagnostic] {
        let excerpts = SourceExcerpts(text)
        return map { $0.withExcerpt(from: excerpts) }
    }
}

extension Diagnostic {
    fileprivate func withExcerpt(from excerpts: SourceExcerpts) -> Diagnostic {
        var diagnostic = self
        diagnostic.excerpt = excerpts.excerpt(at: position, to: end)
        return diagnostic
    }
}

/// A mistake inside an expression, by its UTF-8 offset in the expression's text.
public struct ExpressionMistake: Error, Hashable, Sendable, CustomStringConvertible {
    public var offset: Int
    /// Behind the last byte that it is about; nil where only its beginning is known.
    public var end: Int?
    public var message: String
    public var suggestion: String?

    public init(offset: Int, end: Int? = nil, message: String, suggestion: String? = nil) {
        self.offset = offset
        self.end = end
        self.message = message
        self.suggestion = suggestion
    }

    public var description: String {
        "at character \(offset + 1): \(message)" + (suggestion.map { " (\($0))" } ?? "")
    }
}

/// Why an expression on its own (a filter, a sort key) was refused: every mistake in it.
public struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    public var text: String
    public var mistakes: [ExpressionMistake]

    public init(text: String, mistakes: [ExpressionMistake]) {
        self.text = text
        self.mistakes = mistakes
    }

    public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}
