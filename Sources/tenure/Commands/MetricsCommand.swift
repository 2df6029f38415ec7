import ArgumentParser
import UsageModel

/// `tenure metrics`.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "The daemon's metrics in Prometheus' text format.",
        discussion: Help.text(
            "tenure metrics", "tenure metrics --companies",
            words: """
                For a node exporter's textfile collector write it beside its place and rename it. With --json each sample \
                is an object.
                """))

    @OptionGroup var shared: SharedOptions

    @Flag(help: "Also some of each company's own numbers: a time series a company.")
    var companies = false

    func run() throws {
        let target = RequestTarget("metrics").with("companies", companies ? "1" : nil)
        try shared.connect().stream(target, timeoutSeconds: HTTPConnection.answerTimeoutSeconds) { line in
            if shared.json {
                if let sample = Self.sample(String(decoding: line, as: UTF8.self)) {
                    StandardOutput.write(sample.text + "\n")
                }
            } else {
                StandardOutput.write(line)
                StandardOutput.write("\n")
            }
            return true
        }
    }

    /// The value stands behind the last space; before it the name with its labels.
    private static func sample(_ line: String) -> JSON? {
        guard !line.hasPrefix("#"), let space = line.lastIndex(of: " ") else { return nil }
        let value = line[line.index(after: space)...]
        return [
            "sample": .string(String(line[..<space])),
            "value": Double(value).map { .double($0) } ?? .string(String(value)),
        ]
    }
}
