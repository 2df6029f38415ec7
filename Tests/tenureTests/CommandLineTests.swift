import ArgumentParser
import Testing

@testable import tenure

@Suite("The command line as people expect it")
struct CommandLineTests {
    @Test("help begins with examples, everywhere")
    func examples() {
        func check(_ command: any ParsableCommand.Type) {
            let configuration = command.configuration
            let examples = configuration.discussion.split(separator: "\n\n").first ?? ""
            #expect(examples.hasPrefix("Examples:\n  "), "\(configuration.commandName ?? "tenure")")
            for line in examples.split(separator: "\n") {
                #expect(PrintableText.width(of: String(line)) <= 80, "wraps: \(line)")
            }
            for subcommand in configuration.subcommands { check(subcommand) }
        }
        check(Tenure.self)
    }

    @Test(
        "a mistyped command is named, with what was probably meant",
        arguments: [
            ("compnies", "`tenure`", "did you mean \"companies\"?"),
            ("flags explian F12", "`tenure flags`", "did you mean \"explain\"?"),
            ("--socket /x rules lits", "`tenure rules`", "did you mean \"list\"?"),
        ])
    func mistyped(line: String, place: String, suggestion: String) throws {
        let error = try #require(MistypedCommand.find(in: line.split(separator: " ").map(String.init)))
        #expect(error.status == .usage)
        #expect(error.message.hasSuffix("is no command of \(place)"))
        #expect(error.advice?.hasPrefix(suggestion) == true)
    }

    @Test(
        "words that are no commands are left to the parser",
        arguments: ["flags --owner sam --lmit 3", "company acme extra", "flags explain", "status --frobnicate"])
    func values(line: String) {
        #expect(MistypedCommand.find(in: line.split(separator: " ").map(String.init)) == nil)
    }

    @Test("a table leaves expendable columns out, the last first, before it is too wide")
    func expendable() {
        let table = Table(
            columns: [
                Column("a", "A"), Column("b", "B", isExpendable: true), Column("c", "C", isExpendable: true),
                Column("d", "D", leastWidth: 3),
            ],
            rows: [[Cell("aaaa"), Cell("bbbb"), Cell("cccc"), Cell("dddddd")]])
        #expect(table.text(.terminal(width: 24, colour: false)) == "A     B     C     D\naaaa  bbbb  cccc  dddddd\n")
        #expect(table.text(.terminal(width: 20, colour: false)) == "A     B     D\naaaa  bbbb  dddddd\n")
        #expect(table.text(.terminal(width: 10, colour: false)) == "A     D\naaaa  ddd…\n")
        #expect(table.text(.tabSeparated) == "a\tb\tc\td\naaaa\tbbbb\tcccc\tdddddd\n")
    }
}
