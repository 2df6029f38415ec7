import ArgumentParser
import UsageModel

/// How many rows of a list are wanted.
struct LimitOption: ParsableArguments {
    @Option(help: ArgumentHelp("Rows at most; 0 for all. (default: \(defaultCount))", valueName: "n"))
    var limit: Int?

    private static let defaultCount = 100

    func validate() throws {
        guard limit ?? 0 >= 0 else { throw ValidationError("--limit must be 0 (all) or more") }
    }

    /// Nil means all.
    var count: Int? {
        switch limit {
        case nil: Self.defaultCount
        case 0: nil
        case let limit?: limit
        }
    }
}

extension SharedOptions {
    /// Asks for a list and prints it in the form that was asked for; with --json row by row as pages arrive.
    func printList(
        _ target: RequestTarget, named name: String, limit: Int?, empty: String, watch: WatchOptions,
        table: ([JSON]) -> Table
    ) throws {
        if outputForm == .json, !watch.watch {
            let hasMore = try connect().list(target, named: name, limit: limit) {
                StandardOutput.write($0.text + "\n")
            }
            if hasMore, let limit { StandardError.write(Self.note(limit)) }
            return
        }
        try show(watch) { connection, form in
            let list = try connection.list(target, named: name, limit: limit)
            let note = list.hasMore ? limit.map(Self.note) ?? "" : ""
            switch form {
            case .terminal:
                return list.elements.isEmpty ? empty + "\n" : table(list.elements).text(form) + note
            case .tabSeparated:
                StandardError.write(note)
                return table(list.elements).text(form)
            case .json:
                StandardError.write(note)
                return list.elements.map { $0.text + "\n" }.joined()
            }
        }
    }

    private static func note(_ limit: Int) -> String { "the first \(limit) are shown; --limit 0 shows all\n" }
}
