/// A piece of a rule file's text that knows where each of its bytes stands in the file.
public struct SourceText: Sendable {
    public var text: String
    /// The place of every UTF-8 byte of `text` and of its end: `text.utf8.count + 1` places.
    public var positions: [SourcePosition]

    public init(_ text: String, positions: [SourcePosition]) {
        precondition(positions.count == text.utf8.count + 1, "one position a byte and one for the end")
        self.text = text
        self.positions = positions
    }

    /// A text that stands on one line from `start` on.
    public init(_ text: String, at start: SourcePosition = SourcePosition(line: 1, column: 1)) {
        self.text = text
        var positions: [SourcePosition] = []
        positions.reserveCapacity(text.utf8.count + 1)
        var column = start.column
        for scalar in text.unicodeScalars {
            for _ in 0..<UTF8.width(scalar) { positions.append(SourcePosition(line: start.line, column: column)) }
            column += 1
        }
        positions.append(SourcePosition(line: start.line, column: column))
        self.positions = positions
    }

    public var start: SourcePosition { positions[0] }

    /// Behind the byte before `offset`: where the text goes on elsewhere, the end of what came before.
    func end(at offset: Int) -> SourcePosition {
        guard offset > 0 else { return position(at: offset) }
        var last = position(at: offset - 1)
        last.column += 1
        return last
    }

    func position(at offset: Int) -> SourcePosition { positions[min(max(offset, 0), positions.count - 1)] }
}

/// A rule file as read, before anything in it is checked against anything else. A file format's
/// reader makes one; `RuleSet.compile` turns it into rules or into a list of mistakes.
public struct RuleSetDraft: Sendable {
    public struct TaskSet: Sendable {
        public var name: SourceText
        public var tasks: [String]

        public init(name: SourceText, tasks: [String]) {
            self.name = name
            self.tasks = tasks
        }
    }

    public struct Flag: Sendable {
        public var name: SourceText
        public var kind: FlagKind
        public var severity: Severity
        public var when: SourceText
        public var clear: SourceText?
        public var hold: Int64 = 0
        public var keep: Int64 = 0
        public var cooldown: Int64 = 0
        public var due: Int64?
        public var inhibits: [SourceText] = []
        public var owner: SourceText?
        public var summary: SourceText?
        public var brief: SourceText?
        /// The rule as written.
        public var text = ""

        public init(name: SourceText, kind: FlagKind, severity: Severity, when: SourceText) {
            self.name = name
            self.kind = kind
            self.severity = severity
            self.when = when
        }
    }

    public struct Component: Sendable {
        public var name: SourceText
        public var weight: Double
        public var value: SourceText

        public init(name: SourceText, weight: Double, value: SourceText) {
            self.name = name
            self.weight = weight
            self.value = value
        }
    }

    public struct Score: Sendable {
        public var name: SourceText
        public var combine: ScoreRule.Combination
        public var components: [Component]
        public var text = ""

        public init(name: SourceText, combine: ScoreRule.Combination, components: [Component]) {
            self.name = name
            self.combine = combine
            self.components = components
        }
    }

    /// A stage or a segment.
    public struct Condition: Sendable {
        public var name: SourceText
        public var when: SourceText
        public var text = ""

        public init(name: SourceText, when: SourceText) {
            self.name = name
            self.when = when
        }
    }

    public var fileName: String
    public var text: String
    public var sets: [TaskSet] = []
    public var flags: [Flag] = []
    public var scores: [Score] = []
    public var stages: [Condition] = []
    public var segments: [Condition] = []

    public init(fileName: String, text: String) {
        self.fileName = fileName
        self.text = text
    }
}
