import ArgumentParser
import Glibc
import UsageModel

/// `tenure flags` and what belongs to it.
struct FlagsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flags", abstract: "List flags, explain one, and say what is done about it.",
        discussion: Help.text(
            "tenure flags",
            "tenure flags --owner maria",
            "tenure flags explain F12",
            "tenure flags snooze F12 --until 7d",
            "tenure flags why-not acme idle"),
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
        commandName: "list", abstract: "List open flags, the most urgent first.",
        discussion: Help.text(
            "tenure flags --owner maria",
            "tenure flags --owner maria --watch",
            "tenure flags --kind churn --json | jq -r .company",
            "tenure flags --company acme --all"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption
    @OptionGroup var repetition: WatchOptions

    @Option(help: "Only flags of this kind.")
    var kind: Kind?

    @Option(help: ArgumentHelp("Only flags of this owner; on a terminal as a list of work.", valueName: "name"))
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
        if let owner, company == nil, !all, !withheld, case .terminal = shared.outputForm {
            return try showWork(of: owner)
        }
        let target = RequestTarget("v1", "flags").with("company", company).with("kind", kind?.rawValue)
            .with("owner", owner).with("all", all ? "1" : nil).with("withheld", withheld ? "1" : nil)
        let empty =
            withheld
            ? "nothing is withheld"
            : all ? "no flag was raised yet" : "no open flags; --all shows those that are over"
        try shared.printList(
            target, named: "flags", limit: limit.count, empty: empty, watch: repetition,
            table: withheld ? FlagsTable.withheldTable : FlagsTable.table)
    }

    /// As many companies as fit the terminal, unless somebody says how many.
    private func showWork(of owner: String) throws {
        try shared.show(repetition) { connection, form in
            guard case .terminal(let width, let colour) = form else { return "" }
            let list = try connection.worklist(owner: owner, kind: kind?.rawValue, since: nil, limit: limit.count)
            // The prompt that follows takes the last line.
            let height = limit.limit == nil ? Terminal.height(of: STDOUT_FILENO) - 1 : nil
            return WorklistScreen.text(list, width: width, height: height, colour: colour)
        }
    }
}

/// `tenure flags explain FLAG`.
struct FlagsExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a flag was raised, what has changed since, whom to call, and what has been done about it.",
        discussion: Help.text(
            "tenure flags explain F12",
            "tenure flags explain F12 --json | jq .evidence"))

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
        abstract: "Why a company does not have a flag: the nearest miss, each condition, when it would be raised.",
        discussion: Help.text(
            "tenure flags why-not acme idle"))

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
