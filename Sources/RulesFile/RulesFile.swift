public import Rules
public import UsageModel

/// Every mistake of a rule file, in the order of the file.
public typealias RulesFileError = RuleSetError

/// Reads rule files.
public enum RulesFile {
    public static func parse(
        text: String, fileName: String, taskID: (String) -> TaskID
    ) throws(RulesFileError) -> RuleSet { fatalError() }
}
