import ArgumentParser
import UsageModel

/// `tenure flags` and what belongs to it.
struct FlagsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flags", abstract: "List flags, explain one, and say what is done about it.",
        subcommands: [
            FlagsList.self, FlagsExplain.self, FlagsWhyNot.self, FlagsAck.self, FlagsSnooze.self, FlagsWake.self,
            FlagsAssign.self, FlagsNote.self, FlagsClose.self, FlagsVerify.self,
        ],
        defaultSubcommand: FlagsList.self)

    @OptionGroup var shared: SharedOptions
}

/// `tenure flags [list]`.
struct FlagsList: ParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable { case churn, upsell, lead, info }

    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List open flags, the most urgent first.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption

    @Option(help: "Only flags of this kind.")
    var kind: Kind?

    @Option(help: ArgumentHelp("Only flags of this owner.", valueName: "name"))
    var owner: String?

    @Option(help: ArgumentHelp("Only flags of this company.", valueName: "id"))
    var company: String?

    @Flag(help: "Also flags that are cleared or closed.")
    var all = false

    @Flag(help: "Instead what silent sources of events keep from being raised.")
    var withheld = false

    func validate() throws {
        if all, withheld { throw ValidationError("--all and --withheld list different things; give one of them") }
    }

    func run() throws {
        let target = RequestTarget("v1", "flags").with("company", company).with("kind", kind?.rawValue)
            .with("owner", owner).with("all", all ? "1" : nil).with("withheld", withheld ? "1" : nil)
        if withheld {
            return try shared.printList(
                target, named: "flags", limit: limit.count, empty: "nothing is withheld",
                table: FlagsTable.withheldTable)
        }
        let empty = all ? "no flag was raised yet" : "no open flags; --all shows those that are over"
        try shared.printList(target, named: "flags", limit: limit.count, empty: empty, table: FlagsTable.table)
    }
}

/// `tenure flags explain FLAG`.
struct FlagsExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a flag was raised, what has changed since, whom to call, and what has been done about it.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    func run() throws {
        let answer = try shared.connect().get(RequestTarget("v1", "flags", flag))
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal(let width, let colour):
            StandardOutput.write(FlagPage.text(answer, width: width, colour: colour))
        }
    }
}

/// `tenure flags why-not COMPANY RULE`.
struct FlagsWhyNot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why-not",
        abstract: "Why a company does not have a flag: the nearest miss, each condition, when it would be raised.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    @Argument(help: "The rule's name.", completion: LiveNames.rules)
    var rule: String

    func run() throws {
        let answer = try shared.connect().get(RequestTarget("v1", "companies", company, "why-not", rule))
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal(let width, let colour):
            StandardOutput.write(WhyNotPage.text(answer, width: width, colour: colour))
        }
    }
}
