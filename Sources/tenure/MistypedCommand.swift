import ArgumentParser
import Rules

/// Finds the word of a refused command line that was meant to be a command.
enum MistypedCommand {
    /// What to say about `arguments`, which could not be parsed; nil when their commands are not to blame.
    static func find(in arguments: [String]) -> CommandError? {
        var command: any ParsableCommand.Type = Tenure.self
        var path = "tenure"
        var words = arguments[...]
        while let word = words.popFirst() {
            if word.hasPrefix("-") {
                // The only option before a command that has a value of its own.
                if word == "--socket" { words = words.dropFirst() }
                continue
            }
            let known = command.configuration.subcommands
            if known.isEmpty { return nil }
            let names = known.compactMap { $0.configuration.commandName } + ["help"]
            if let next = known.first(where: { $0.configuration.commandName == word }) {
                command = next
                path += " " + word
                continue
            }
            let near = Suggestion.nearest(to: word, among: names)
            // A command with a default takes that one's words as well, among them values of options.
            if word == "help" || (near == nil && command.configuration.defaultSubcommand != nil) { return nil }
            return CommandError(
                .usage, "\"\(PrintableText.escaping(word))\" is no command of `\(path)`",
                advice: [near, "`\(path) --help` lists all"].compactMap { $0 }.joined(separator: "\n"))
        }
        return nil
    }
}
