import ArgumentParser
import Rules
import RulesFile
import UsageModel

/// `tenure rules check FILE`.
struct RulesCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read a rule file as the daemon would and name every mistake; needs no daemon.",
        discussion: Help.text(
            "tenure rules check rules.yaml"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The file, or - for standard input.")
    var file: String

    func run() throws {
        let source = try ByteSource(path: file)
        var bytes: [UInt8] = []
        while try source.read(into: &bytes) {}
        let name = file == "-" ? "standard input" : file
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.failed, "\(name) is not valid UTF-8")
        }
        var tasks: [String: TaskID] = [:]
        do {
            let rules = try RulesFile.parse(text: text, fileName: name) { task in
                let id = tasks[task] ?? TaskID(number: UInt32(tasks.count + 1))
                tasks[task] = id
                return id
            }
            report(rules)
        } catch {
            let failure = error
            if shared.json {
                for diagnostic in failure.diagnostics { StandardOutput.write(Self.json(diagnostic).text + "\n") }
            }
            let count = failure.diagnostics.count { $0.weight == .mistake }
            throw CommandError(
                .refused, "\(name) has \(Quantity.count(count, "mistake")); a daemon would keep its rules",
                advice: shared.json ? nil : failure.diagnostics.map(\.report).joined(separator: "\n"))
        }
    }

    private func report(_ rules: RuleSet) {
        if shared.json {
            for warning in rules.warnings { StandardOutput.write(Self.json(warning).text + "\n") }
            return
        }
        for warning in rules.warnings { StandardError.write(warning.report + "\n") }
        StandardOutput.write(
            "\(rules.flags.count) flags, \(rules.scores.count) scores, \(rules.stages.count) stages, "
                + "\(rules.segments.count) segments: good, version \(rules.version)\n")
    }

    private static func json(_ diagnostic: Diagnostic) -> JSON {
        [
            "weight": .string(diagnostic.weight.rawValue), "file": .string(diagnostic.file),
            "line": .int(diagnostic.position.line), "column": .int(diagnostic.position.column),
            "subject": .optional(diagnostic.subject), "message": .string(diagnostic.message),
            "suggestion": .optional(diagnostic.suggestion), "excerpt": .string(diagnostic.excerpt),
        ]
    }
}
