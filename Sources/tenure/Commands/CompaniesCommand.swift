import ArgumentParser
import UsageModel

/// `tenure companies`.
struct CompaniesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "companies",
        abstract: "List companies, sorted and filtered by expressions of the rules language.",
        discussion: """
            For example:
              tenure companies --sort '-active_users(28d)'
              tenure companies --where 'user_idle_days > 7 and age_days > 30' --sort '-users_total'
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption

    // Unconditional: a key that begins with a minus is no option of ours.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Order by this; with a leading - from large to small. Without it, by name.", valueName: "expression"))
    var sort: String?

    @Option(
        name: .customLong("where"), help: ArgumentHelp("Only companies for which this is true.", valueName: "condition")
    )
    var condition: String?

    func run() throws {
        let target = RequestTarget("v1", "companies").with("sort", sort).with("where", condition)
        let empty =
            condition == nil
            ? "no companies yet; `tenure import` and `tenure send` bring events in" : "no company meets the condition"
        try shared.printList(target, named: "companies", limit: limit.count, empty: empty, table: CompaniesTable.table)
    }
}

/// `tenure company ID`.
struct CompanyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "company", abstract: "The card of one company: flags, use, people, seats, tasks.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    func run() throws {
        let card = try shared.connect().get(RequestTarget("v1", "companies", company))
        switch shared.outputForm {
        case .json: StandardOutput.write(card.text + "\n")
        case .tabSeparated: StandardOutput.write(card.tabSeparatedPaths)
        case .terminal(let width, let colour):
            StandardOutput.write(CompanyCard.text(card, width: width, colour: colour))
        }
    }
}

/// `tenure users ID`.
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "The people of one company, most active first.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    func run() throws {
        try shared.printList(
            RequestTarget("v1", "companies", company, "users"), named: "users", limit: limit.count,
            empty: "nobody of this company was seen yet", table: UsersTable.table)
    }
}

/// `tenure tasks ID`.
struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "What one company does with the product, most used first.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    func run() throws {
        try shared.printList(
            RequestTarget("v1", "companies", company, "tasks"), named: "tasks", limit: limit.count,
            empty: "this company has done nothing yet", table: TasksTable.table)
    }
}
