import ArgumentParser
import UsageModel

/// `tenure config` and what belongs to it.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The daemon's settings as they are in force.",
        discussion: Help.text("tenure config show", "tenure config show --effective"),
        subcommands: [ConfigShow.self], defaultSubcommand: ConfigShow.self)

    @OptionGroup var shared: SharedOptions
}

/// `tenure config show`.
struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "The settings that differ from their defaults, or all of them.",
        discussion: Help.text(
            "tenure config show", "tenure config show --effective > tenured.yaml",
            words: """
                What the running daemon goes by: defaults, its file, its command line. `tenured --check-config` reads \
                a file without a daemon.
                """))

    @OptionGroup var shared: SharedOptions

    @Flag(help: "All settings, also those at their defaults.")
    var effective = false

    func run() throws {
        let answer = try shared.connect().get(RequestTarget("v1", "config"))
        let settings = (answer.at("settings")?.arrayValue ?? []).filter {
            effective || $0.at("is_default")?.boolValue != true
        }
        switch shared.outputForm {
        case .json: for setting in settings { StandardOutput.write(setting.text + "\n") }
        case .terminal, .tabSeparated:
            if answer.at("is_changed_since_start")?.boolValue == true, let file = answer.at("file")?.stringValue {
                StandardError.write("tenure: \(PrintableText.escaping(file)) has changed since; a restart takes it\n")
            }
            StandardOutput.write(Self.yaml(settings))
        }
    }

    /// Settings as the configuration file has them, so that the output is one.
    static func yaml(_ settings: [JSON]) -> String {
        var text = ""
        var open: [Substring] = []
        for setting in settings {
            let (sections, name) = place(setting.at("name")?.stringValue ?? "")
            for (depth, section) in sections.enumerated() where !open.starts(with: sections.prefix(depth + 1)) {
                text += String(repeating: "  ", count: depth) + section + ":\n"
            }
            open = sections
            let margin = String(repeating: "  ", count: sections.count)
            text += margin + "\(name): \(setting.at("value")?.plainText ?? "null")\n"
        }
        return text
    }

    /// `limits.line` is a line of its section; between `sources` and the setting stands a name with any dots.
    private static func place(_ name: String) -> (sections: [Substring], name: Substring) {
        guard let first = name.firstIndex(of: "."), let last = name.lastIndex(of: ".") else { return ([], name[...]) }
        let middle = first < last ? [name[name.index(after: first)..<last]] : []
        return ([name[..<first]] + middle, name[name.index(after: last)...])
    }
}
