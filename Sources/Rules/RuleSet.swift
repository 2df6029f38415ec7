import UsageModel

/// A named list of tasks, used as `"@core"`. An empty one makes its metrics unknown.
public struct TaskSet: Sendable, Hashable {
    public var name: String
    public var tasks: [String]

    public init(name: String, tasks: [String]) {
        self.name = name
        self.tasks = tasks
    }
}

/// A whole, checked rule file, compiled. Immutable: a reload makes a new one.
public struct RuleSet: Sendable {
    /// The file's text, as it stands in the log.
    public let text: String
    /// 16 hexadecimal digits of the text's hash.
    public let version: String
    public let sets: [TaskSet]
    /// In the order in which they must be evaluated: a flag comes behind those that its conditions name.
    public let flags: [FlagRule]
    /// Indices into `flags` in the order of the file.
    public let fileOrder: [Int]
    /// How many of `flags` must be evaluated before the stages, because a stage names them. Mostly 0.
    public let flagsBeforeStages: Int
    public let scores: [ScoreRule]
    /// The first that matches is the company's stage.
    public let stages: [StageRule]
    public let segments: [SegmentRule]
    public let warnings: [Diagnostic]
    let program: Program
    let names: RuleNames

    /// No rules at all.
    public static let empty = RuleSet(
        text: "", sets: [], flags: [], fileOrder: [], flagsBeforeStages: 0, scores: [], stages: [], segments: [],
        warnings: [], program: .empty, names: RuleNames())

    init(
        text: String, sets: [TaskSet], flags: [FlagRule], fileOrder: [Int], flagsBeforeStages: Int,
        scores: [ScoreRule], stages: [StageRule], segments: [SegmentRule], warnings: [Diagnostic], program: Program,
        names: RuleNames
    ) {
        self.text = text
        version = contentVersion(of: text)
        self.sets = sets
        self.flags = flags
        self.fileOrder = fileOrder
        self.flagsBeforeStages = flagsBeforeStages
        self.scores = scores
        self.stages = stages
        self.segments = segments
        self.warnings = warnings
        self.program = program
        self.names = names
    }

    /// The flag rule named `name`. O(flags).
    public func flag(named name: String) -> FlagRule? { flags.first { $0.name == name } }
}

/// The first 16 hexadecimal digits of the hash of `text`: the name of a version.
func contentVersion(of text: String) -> String {
    var text = text
    let hash = text.withUTF8 { Hash128(of: UnsafeRawBufferPointer($0)) }
    return String(hash.description.prefix(16))
}
