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
