import ArgumentParser
import Testing
import UsageModel

@testable import tenure

@Suite("A Monday morning: the list of work and its digests")
struct WorklistTests {
    static func worklist() throws -> JSON { try Golden.json("worklist.json") }

    private func screen(width: Int, height: Int? = nil, colour: Bool = false) throws -> String {
        WorklistScreen.text(try Self.worklist(), width: width, height: height, colour: colour)
    }

    private func words(_ index: Int) throws -> WorklistEntryText { WorklistText(try Self.worklist()).entries[index] }

    @Test("the screen fits the terminal", arguments: [80, 120])
    func golden(width: Int) throws {
        let text = try screen(width: width)
        try Golden.expect(text, equals: "worklist.\(width).txt")
        for line in text.split(separator: "\n") {
            #expect(PrintableText.width(of: String(line)) <= width, "too wide: \(line)")
        }
    }

    @Test("it fits narrow terminals too", arguments: [60, 72])
    func narrow(width: Int) throws {
        for line in try screen(width: width).split(separator: "\n") {
            #expect(PrintableText.width(of: String(line)) <= width, "too wide: \(line)")
        }
    }

    @Test("colour adds escapes and changes no word")
    func colour() throws {
        let coloured = try screen(width: 80, colour: true)
        #expect(coloured.contains("\u{1B}[1;31m!!\u{1B}[0m "))
        #expect(coloured.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == (try screen(width: 80)))
    }

    @Test("a low terminal shows whole companies only, the most urgent, and says how many more there are")
    func height() throws {
        let text = try screen(width: 80, height: 13)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().count <= 13)
        #expect(text.contains("hooli") && !text.contains("acme"))
        #expect(text.contains("more companies; --limit 0 shows all"))
        #expect(text.contains("Quiet: 5 low, 3 snoozed, 2 in cooldown, 0 withheld"))
    }

    @Test("what is unknown is left out")
    func unknown() throws {
        let entry = try words(3)
        #expect((entry.revenue, entry.renews, entry.email, entry.person) == ("", "", "", ""))
        #expect(entry.touch == "never touched")
    }

    @Test("an address that is the user's id is written once")
    func address() throws {
        #expect(try words(1).person == "kim@globex.example, last here 1h")
        #expect(try words(1).email.isEmpty)
    }

    @Test("due: late by days, the weekday within a week, else the date; done once somebody was in touch")
    func due() throws {
        #expect(try (0..<4).map { try words($0).due } == ["1d LATE", "done", "Wed", "12 Dec"])
    }

    @Test("a silent source is named in the head")
    func silence() throws {
        let text = try Self.worklist().text.replacing("\"silent\":[]", with: "\"silent\":[\"billing\"]")
        let screen = WorklistScreen.text(try JSON(parsing: text), width: 120, height: nil, colour: false)
        #expect(screen.contains("sources ok 2/3, silent: billing"))
    }

    @Test("the Markdown digest says the same, and no name becomes markup")
    func markdown() throws {
        let text = DigestMarkdown.text(try Self.worklist())
        try Golden.expect(text, equals: "digest.md")
        #expect(text.contains(#"\<b\>umbrella\</b\>\*"#))
    }

    @Test("the HTML digest needs nothing else, and no name becomes markup")
    func html() throws {
        let text = DigestHTML.text(try Self.worklist())
        try Golden.expect(text, equals: "digest.html")
        #expect(!text.contains("<b>umbrella"))
        for outside in ["http:", "https:", "<script", "<img", "<link", "@import", "url("] {
            #expect(!text.contains(outside), "\(outside)")
        }
    }

    @Test(
        "money in a narrow column",
        arguments: zip([960, 4_680, 48_000, 999_500, 1_250_000, -3_000], ["960", "4.7k", "48k", "1M", "1.3M", "−3k"]))
    func money(value: Double, text: String) { #expect(Quantity.short(value) == text) }
}

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
