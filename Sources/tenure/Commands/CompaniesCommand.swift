import ArgumentParser
import UsageModel

/// `tenure companies`.
struct CompaniesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "companies",
        abstract: "List companies, sorted and filtered by expressions of the rules language.",
        discussion: Help.text(
            "tenure companies --sort '-active_users(28d)'",
            "tenure companies --where 'user_idle_days > 7 and seats_fill > 0.5'",
            "tenure companies --where 'days_until(\"renewal\") < 60' --sort 'score(\"health\")'",
            "tenure companies --json | jq -r .company"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption
    @OptionGroup var repetition: WatchOptions

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
        try shared.printList(
            target, named: "companies", limit: limit.count, empty: empty, watch: repetition, table: CompaniesTable.table
        )
    }
}

/// `tenure company ID`.
struct CompanyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "company", abstract: "The card of one company: flags, use, people, seats, tasks.",
        discussion: Help.text(
            "tenure company acme",
            "tenure company acme --watch",
            "tenure company acme --json | jq .users"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var repetition: WatchOptions

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    func run() throws {
        try shared.show(repetition) { connection, form in
            let card = try connection.get(RequestTarget("v1", "companies", company))
            return switch form {
            case .json: card.text + "\n"
            case .tabSeparated: card.tabSeparatedPaths
            case .terminal(let width, let colour): CompanyCard.text(card, width: width, colour: colour)
            }
        }
    }
}

/// `tenure users ID`.
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "The people of one company, most active first.",
        discussion: Help.text(
            "tenure users acme",
            "tenure users acme --limit 0 | cut -f1,4"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption
    @OptionGroup var repetition: WatchOptions

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    func run() throws {
        try shared.printList(
            RequestTarget("v1", "companies", company, "users"), named: "users", limit: limit.count,
            empty: "nobody of this company was seen yet", watch: repetition, table: UsersTable.table)
    }
}

/// `tenure tasks ID`.
struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "What one company does with the product, most used first.",
        discussion: Help.text(
            "tenure tasks acme",
            "tenure tasks acme --limit 0 --json | jq -r .task"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption
    @OptionGroup var repetition: WatchOptions

    @Argument(help: "The company's id.", completion: LiveNames.companies)
    var company: String

    func run() throws {
        try shared.printList(
            RequestTarget("v1", "companies", company, "tasks"), named: "tasks", limit: limit.count,
            empty: "this company has done nothing yet", watch: repetition, table: TasksTable.table)
    }
}
