import ArgumentParser
import UsageModel

/// `tenure rejects`.
struct RejectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejects", abstract: "The newest refused lines, with the reason and the line's beginning.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption

    func run() throws {
        // The daemon keeps few and lists them oldest first; people want the newest, in order.
        let all = try shared.connect().list(RequestTarget("v1", "rejects"), named: "rejects", limit: nil).elements
        let newest = all.suffix(limit.count ?? all.count)
        switch shared.outputForm {
        case .json:
            for reject in newest { StandardOutput.write(reject.text + "\n") }
        case let form:
            if newest.isEmpty, case .terminal = form {
                StandardError.write("no line was refused\n")
            } else {
                StandardOutput.write(RejectsTable.table(Array(newest)).text(form))
            }
        }
    }
}
