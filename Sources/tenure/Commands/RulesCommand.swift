import ArgumentParser
import UsageModel

/// `tenure rules` and what belongs to it.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "List the rules in force, show their file, check a file, try it on history.",
        discussion: Help.text(
            "tenure rules",
            "tenure rules show > rules.yaml",
            "tenure rules check rules.yaml",
            "tenure rules backtest rules.yaml --churned-after 365d"),
        subcommands: [
            RulesList.self, RulesShow.self, RulesCheck.self, RulesTest.self, RulesBacktest.self, RulesDiff.self,
        ],
        defaultSubcommand: RulesList.self)

    @OptionGroup var shared: SharedOptions
}

/// `tenure rules [list]`.
struct RulesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The rules in force, with how many flags of each are open and were raised.",
        discussion: Help.text(
            "tenure rules",
            "tenure rules list --json | jq -r '.name + \" \" + .version'"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var repetition: WatchOptions

    func run() throws {
        try shared.show(repetition) { connection, form in
            let rules = try connection.get(RequestTarget("v1", "rules"))["rules"]?.arrayValue ?? []
            return form == .json
                ? rules.map { $0.text + "\n" }.joined() : RulesTable.table(rules).text(form)
        }
    }
}

/// `tenure rules show`.
struct RulesShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The rule file in force, as it was read.",
        discussion: Help.text(
            "tenure rules show > rules.yaml"))

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
