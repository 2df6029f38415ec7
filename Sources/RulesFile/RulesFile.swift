public import Rules
public import UsageModel

/// Every mistake of a rule file, in the order of the file.
public typealias RulesFileError = RuleSetError

/// Reads rule files.
public enum RulesFile {
    /// The rules of a YAML text, or every mistake in it with line and column.
    ///
    /// - Parameters:
    ///   - fileName: how diagnostics name the file.
    ///   - taskID: the number of a task's name; tasks of sets and of `events("task", …)` are looked up.
    public static func parse(
        text: String, fileName: String, taskID: (String) -> TaskID
    ) throws(RulesFileError) -> RuleSet {
        var reader = RulesReader(text: text, fileName: fileName)
        let draft = reader.read()
        // What is wrong with the YAML does not hide what is wrong with the expressions, and the other way round.
        let (rules, mistakes) = RuleSet.check(draft, taskID: taskID)
        guard reader.diagnostics.isEmpty, let rules else {
            throw RulesFileError(diagnostics: reader.diagnostics + mistakes, text: text)
        }
        return rules
    }
}
