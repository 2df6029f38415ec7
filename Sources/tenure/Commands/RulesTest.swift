import ArgumentParser
import UsageModel

/// `tenure rules test RULE --company ID`.
struct RulesTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "What a rule's conditions are worth in a company now, part by part; raises nothing.",
        discussion: Help.text(
            "tenure rules test idle --company acme",
            "tenure rules test idle --company acme --file rules.yaml"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The rule's name.", completion: LiveNames.rules)
    var rule: String

    @Option(help: ArgumentHelp("The company's id.", valueName: "id"), completion: LiveNames.companies)
    var company: String

    @Option(help: ArgumentHelp("Take the rule from this file, - for standard input, instead of the rules in force."))
    var file: String?

    func run() throws {
        let target = RequestTarget("v1", "rules", rule, "test").with("company", company)
        let answer: JSON
        if let file {
            let text = try Self.text(of: file)
            let name = file == "-" ? "standard input" : file
            answer = try shared.connect().post(target, ["file": .string(name), "text": .string(text)])
        } else {
            answer = try shared.connect().get(target)
        }
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal(let width, let colour):
            StandardOutput.write(RuleTestPage.text(answer, width: width, colour: colour))
        }
    }

    private static func text(of file: String) throws -> String {
        let source = try ByteSource(path: file)
        var bytes: [UInt8] = []
        while try source.read(into: &bytes) {}
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.failed, "\(file) is not valid UTF-8")
        }
        return text
    }
}
