import ArgumentParser
import UsageModel

/// `tenure rules` and what belongs to it.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List the rules in force, show their file, check a file, try it on history.",
        subcommands: [
            RulesList.self, RulesShow.self, RulesCheck.self, RulesTest.self, RulesBacktest.self, RulesDiff.self,
        ],
        defaultSubcommand: RulesList.self)

    @OptionGroup var shared: SharedOptions
}

/// `tenure rules [list]`.
struct RulesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The rules in force, with how many flags of each are open and were raised.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let answer = try shared.connect().get(RequestTarget("v1", "rules"))
        let rules = answer["rules"]?.arrayValue ?? []
        switch shared.outputForm {
        case .json: for rule in rules { StandardOutput.write(rule.text + "\n") }
        case let form: StandardOutput.write(RulesTable.table(rules).text(form))
        }
    }
}

/// `tenure rules show`.
struct RulesShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The rule file in force, as it was read.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let answer = try shared.connect().get(RequestTarget("v1", "rules"))
        if shared.json {
            StandardOutput.write(answer.text + "\n")
        } else {
            let text = answer["text"]?.stringValue ?? ""
            StandardOutput.write(text.hasSuffix("\n") ? text : text + "\n")
        }
    }
}
