import ArgumentParser
import UsageModel

/// How many rows of a list are wanted.
struct LimitOption: ParsableArguments {
    @Option(help: ArgumentHelp("Rows at most; 0 for all.", valueName: "n"))
    var limit = 100

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit must be 0 (all) or more") }
    }

    /// Nil means all.
    var count: Int? { limit == 0 ? nil : limit }
}

extension SharedOptions {
    /// Asks for a list and prints it in the form that was asked for; with --json row by row as pages arrive.
    func printList(
        _ target: RequestTarget, named name: String, limit: Int?, empty: String, table: ([JSON]) -> Table
    ) throws {
        let connection = try connect()
        let form = outputForm
        var hasMore = false
        if form == .json {
            hasMore = try connection.list(target, named: name, limit: limit) {
                StandardOutput.write($0.text + "\n")
            }
        } else {
            let list = try connection.list(target, named: name, limit: limit)
            hasMore = list.hasMore
            if list.elements.isEmpty, case .terminal = form {
                StandardError.write(empty + "\n")
            } else {
                StandardOutput.write(table(list.elements).text(form))
            }
        }
        if hasMore, let limit { StandardError.write("the first \(limit) are shown; --limit 0 shows all\n") }
    }
}
