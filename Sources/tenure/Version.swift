import ArgumentParser
import UsageModel

/// This program's version.
enum Version {
    static let current = "0.1.0"
}

/// `tenure version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print this command's version; needs no daemon.",
        discussion: Help.text(
            "tenure version"))

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if shared.json {
            let answer: JSON = ["version": .string(Version.current)]
            StandardOutput.write(answer.text + "\n")
        } else {
            StandardOutput.write("tenure \(Version.current)\n")
        }
    }
}
