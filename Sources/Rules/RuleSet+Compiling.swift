public import UsageModel

/// Every mistake of a rule file, in the order of the file.
public struct RuleSetError: Error, Sendable, Hashable, CustomStringConvertible {
    public var diagnostics: [Diagnostic]

    public init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    /// One mistake a line.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

extension RuleSet {
    /// Checks and compiles a whole draft, or says everything that is wrong with it.
    public static func compile(
        _ draft: RuleSetDraft, taskID: (String) -> TaskID
    ) throws(RuleSetError) -> RuleSet { fatalError() }
}
