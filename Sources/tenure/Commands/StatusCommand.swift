import ArgumentParser
import UsageModel

/// `tenure status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the daemon is doing: log, clock, companies, flags, rules.",
        discussion: Help.text(
            "tenure status",
            "tenure status --watch",
            "tenure status --json | jq .seq"))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var repetition: WatchOptions

    @Flag(help: "Also the digest of the whole state, which equals that of a full replay.")
    var digest = false

    func run() throws {
        let target = RequestTarget("v1", "status").with("digest", digest ? "1" : nil)
        try shared.show(repetition) { connection, form in
            let status = try connection.get(target)
            return switch form {
            case .json: status.text + "\n"
            case .tabSeparated: status.tabSeparatedPaths
            case .terminal(let width, let colour): StatusPage.text(status, width: width, colour: colour)
            }
        }
    }
}

/// `tenure reload`.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have the daemon read its rule file again; a file with a mistake changes nothing.",
        discussion: Help.text(
            "tenure rules check rules.yaml && tenure reload"))

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let answer = try shared.connect().post(RequestTarget("v1", "reload"), .object([]))
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal:
            let version = answer.at("version")?.plainText ?? Quantity.unknown
            let count = answer.at("rules")?.intValue.map { Quantity.count($0, "rule") + ", " } ?? ""
            StandardOutput.write("reloaded: \(count)version \(PrintableText.escaping(version))\n")
        }
    }
}
