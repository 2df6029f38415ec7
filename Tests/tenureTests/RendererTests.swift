import Testing
import UsageModel

@testable import tenure

@Suite("What people and pipes see")
struct RendererTests {
    static let terminal = OutputForm.terminal(width: 80, colour: false)

    @Test("the card fits 80 columns and shows flags, use, trend, people, seats and tasks")
    func card() throws {
        let text = CompanyCard.text(try Golden.json("company.json"), width: 80, colour: false)
        try Golden.expect(text, equals: "company.80.txt")
        for line in text.split(separator: "\n") {
            #expect(PrintableText.width(of: String(line)) <= 80, "too wide: \(line)")
        }
    }

    @Test("a company without any use has a card too, and its name cannot move the cursor")
    func youngCard() throws {
        let text = CompanyCard.text(try Golden.json("company-young.json"), width: 80, colour: false)
        try Golden.expect(text, equals: "company-young.80.txt")
        #expect(!text.contains("\u{1B}"))
    }

    @Test("colour adds escapes and changes no word")
    func colour() throws {
        let card = try Golden.json("company.json")
        let coloured = CompanyCard.text(card, width: 100, colour: true)
        #expect(coloured.contains("\u{1B}[1;31mhigh\u{1B}[0m"))
        #expect(coloured.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == CompanyCard.text(card, width: 100, colour: false))
    }

    @Test(
        "lists are tables on a terminal and the same columns on a pipe",
        arguments: [
            ("companies", "companies.json", "companies"), ("flags", "flags.json", "flags"),
            ("users", "people.json", "users"), ("rules", "rules.json", "rules"), ("rejects", "rejects.json", "rejects"),
            ("tasks", "company.json", "tasks"),
        ])
    func lists(name: String, fixture: String, list: String) throws {
        let rows = try #require(try Golden.json(fixture)[list]?.arrayValue)
        let table =
            switch name {
            case "companies": CompaniesTable.table(rows)
            case "flags": FlagsTable.table(rows)
            case "users": UsersTable.table(rows)
            case "rules": RulesTable.table(rows)
            case "rejects": RejectsTable.table(rows)
            default: TasksTable.table(rows)
            }
        try Golden.expect(table.text(Self.terminal), equals: "\(name).80.txt")
        try Golden.expect(table.text(.tabSeparated), equals: "\(name).tsv")
        for line in table.text(.tabSeparated).split(separator: "\n") {
            #expect(line.count { $0 == "\t" } == table.columns.count - 1)
        }
    }

    @Test("an explained flag: the sentence, whom to call, then and now, what it rests on", arguments: [80, 120])
    func explanation(width: Int) throws {
        let text = FlagPage.text(try Golden.json("flag.json"), width: width, colour: false)
        try Golden.expect(text, equals: "flag.\(width).txt")
        // The rule's own lines are quoted as they are.
        let page = text.split(separator: "\n").prefix { !$0.hasPrefix("The rule as it was") }
        for line in page { #expect(PrintableText.width(of: String(line)) <= width, "too wide: \(line)") }
    }

    @Test("a retracted flag says so on top, with the cause")
    func retraction() throws {
        var text = try Golden.json("flag.json").text
        let cause = "event 901 of 2026-11-19 08:00 UTC, which came 4 d late"
        text.replace(#""retracted_at":null"#, with: #""retracted_at":"2026-11-23T09:00:00Z""#)
        text.replace(
            #""history":["#, with: #""history":[{"seq":902,"type":"move","move":"retracted","reason":"\#(cause)"},"#)
        let page = FlagPage.text(try JSON(parsing: text), width: 100, colour: false)
        let top = page.split(separator: "\n").prefix(6).joined(separator: "\n")
        #expect(top.contains("Retracted 2026-11-23 09:00 UTC: \(cause)"), "\(top)")
    }

    @Test("a verified flag: the sentence, each check with both values, and what hindsight says")
    func verification() throws {
        let text = VerificationPage.text(try Golden.json("verification.json"), width: 100, colour: false)
        try Golden.expect(text, equals: "verification.100.txt")
        for line in text.split(separator: "\n") { #expect(PrintableText.width(of: String(line)) <= 100) }
    }

    @Test("the list marks a retracted flag for people and leaves its state as it is for programs")
    func retractedInList() throws {
        let text = try Golden.json("flag.json").text.replacing(
            "\"retracted_at\":null", with: "\"retracted_at\":\"2026-11-25T10:00:00Z\"")
        let table = FlagsTable.table([try JSON(parsing: text)])
        #expect(table.text(Self.terminal).contains("snoozed, retracted\n"))
        #expect(!table.text(.tabSeparated).contains("snoozed, retracted"))
    }

    @Test("a wrapped column goes on in further lines; optional ones without a value and those for pipes stay away")
    func tableColumns() {
        let table = Table(
            columns: [
                Column("kind", "KIND", isForPipes: true), Column("owner", "OWNER", isOptional: true),
                Column("n", "N", .right), Column("why", "WHY", leastWidth: 8, isWrapped: true),
            ],
            rows: [[Cell("a"), Cell("–", raw: ""), Cell("12"), Cell("  it is so and not otherwise")]])
        #expect(
            table.text(.terminal(width: 18, colour: false))
                == " N  WHY\n12    it is so and\n      not\n      otherwise\n")
        #expect(
            table.text(.tabSeparated) == "kind\towner\tn\twhy\na\t\t12\t  it is so and not otherwise\n")
    }

    @Test("why a company has no flag: the sentence first, then each condition with its values")
    func whyNot() throws {
        let text = WhyNotPage.text(try Golden.json("why-not.json"), width: 80, colour: false)
        try Golden.expect(text, equals: "why-not.80.txt")
        for line in text.split(separator: "\n") { #expect(PrintableText.width(of: String(line)) <= 80) }
    }

    @Test("a backtest: what was raised, how good it was, which tasks went with leaving, and what was counted")
    func backtest() throws {
        let report = try Golden.json("backtest.json")
        let text = BacktestPage.text(report, seconds: 2, width: 100, colour: false)
        try Golden.expect(text, equals: "backtest.100.txt")
        for line in text.split(separator: "\n") {
            #expect(PrintableText.width(of: String(line)) <= 100, "too wide: \(line)")
        }
        try Golden.expect(BacktestPage.table(report).text(.tabSeparated), equals: "backtest.tsv")
    }

    @Test("a tested rule shows its conditions taken apart as written")
    func ruleTest() throws {
        let text = RuleTestPage.text(try Golden.json("rule-test.json"), width: 80, colour: false)
        try Golden.expect(text, equals: "rule-test.80.txt")
    }

    @Test("status says where the daemon stands")
    func status() throws {
        try Golden.expect(
            StatusPage.text(try Golden.json("status.json"), width: 80, colour: false), equals: "status.80.txt")
        try Golden.expect(try Golden.json("status.json").tabSeparatedPaths, equals: "status.tsv")
    }

    @Test("a table gives up the widest columns first, and only those that may be cut")
    func narrowTable() {
        let table = Table(
            columns: [Column("a", "A", leastWidth: 4), Column("b", "B"), Column("c", "C", leastWidth: 2)],
            rows: [[Cell("abcdefghij"), Cell("fixed-text"), Cell("xyz")]])
        #expect(table.text(.terminal(width: 20, colour: false)) == "A     B           C\nabc…  fixed-text  x…\n")
        #expect(
            table.text(.terminal(width: 80, colour: false))
                == "A           B           C\nabcdefghij  fixed-text  xyz\n")
    }

    @Test("where the table is too wide, movable values stand below their rows, uncut")
    func movedValues() {
        let table = Table(
            columns: [Column("a", "A"), Column("why", "WHY", isMovable: true)],
            rows: [[Cell("one"), Cell("because it is so and not otherwise")], [Cell("two"), Cell("")]])
        #expect(
            table.text(.terminal(width: 24, colour: false))
                == "A\none\n    because it is so and\n    not otherwise\ntwo\n")
        #expect(table.text(.tabSeparated) == "a\twhy\none\tbecause it is so and not otherwise\ntwo\t\n")
    }

    @Test("CSV quotes what RFC 4180 says, and only that")
    func csv() {
        #expect(CSV.field("plain") == "plain")
        #expect(CSV.field("a,b") == "\"a,b\"")
        #expect(CSV.field("say \"hi\"\n") == "\"say \"\"hi\"\"\n\"")
    }
}
