import UsageModel

/// The names that a rule file defines, as expressions look them up.
struct RuleNames: Sendable {
    /// Tasks of each set, without the `@`.
    var sets: [String: [TaskID]] = [:]
    /// Indices into `RuleSet.flags`.
    var flags: [String: Int] = [:]
    /// Indices into the program's scores; nil when the score has mistakes of its own.
    var scores: [String: Int?] = [:]
    /// The segment's condition; nil when it has mistakes of its own.
    var segments: [String: Int?] = [:]
    var stages: Set<String> = []
}
