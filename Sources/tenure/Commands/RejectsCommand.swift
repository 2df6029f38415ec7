import ArgumentParser
import UsageModel

/// `tenure rejects`.
struct RejectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejects", abstract: "The newest refused lines, with the reason and the line's beginning.",
        discussion: Help.text(
            "tenure rejects",
            "tenure rejects --limit 10 --watch"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption
    @OptionGroup var repetition: WatchOptions

    func run() throws {
        try shared.show(repetition) { connection, form in
            // The daemon keeps few and lists them oldest first; people want the newest, in order.
            let all = try connection.list(RequestTarget("v1", "rejects"), named: "rejects", limit: nil).elements
            let newest = Array(all.suffix(limit.count ?? all.count))
            switch form {
            case .json: return newest.map { $0.text + "\n" }.joined()
            case .terminal where newest.isEmpty: return "no line was refused\n"
            case .terminal, .tabSeparated: return RejectsTable.table(newest).text(form)
            }
        }
    }
}
