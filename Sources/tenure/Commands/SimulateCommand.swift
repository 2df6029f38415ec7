public import ArgumentParser
public import Simulation
import UsageModel
import WireFormat

/// `tenure simulate`.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Stream a seeded, lifelike population of companies, and judge the flags against the truth.",
        discussion: Help.text(
            "tenured --clock event --state-dir demo & tenure --socket demo/run simulate",
            "tenure simulate --companies 50 --days 90 --print > events.txt",
            words: """
                The same seed gives the same events. Some companies stay, grow or fill their seats; others lose \
                their champion, fade, fall silent or never get going, and some of those really leave. Afterwards the \
                churn flags that the daemon raised are compared with who left.

                The daemon should run on a fresh directory with `--clock event`, so that flags are dated as the \
                story is.
                """))

    enum Mode: EnumerableFlag {
        case send, judge, print, truth

        static func help(for value: Mode) -> ArgumentHelp? {
            switch value {
            case .send: "Only stream the population."
            case .judge: "Only compare the daemon's flags with the truth; the population was streamed before."
            case .print: "Write the lines to standard output; needs no daemon."
            case .truth: "Write the truth about each company to standard output; needs no daemon."
            }
        }
    }

    @OptionGroup var shared: SharedOptions

    @Option(help: ArgumentHelp("Which population.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many companies.", valueName: "n"))
    var companies = 300

    @Option(help: ArgumentHelp("How long the story is.", valueName: "n"))
    var days = 365

    @Option(help: ArgumentHelp("The story's first day.", valueName: "date"))
    var start = "2025-01-01"

    @Option(help: "In which form events are written.")
    var form = LineForm.mixed

    @Option(help: ArgumentHelp("Mean events of one visit of one person; more make more load.", valueName: "n"))
    var linesPerVisit = 2

    @Flag(help: "Without any of these: stream, then judge.")
    var mode: Mode?

    /// Some thousand lines at a time keep the socket's buffer full.
    private static let chunkByteCount = 256 << 10

    func validate() throws {
        if companies < 1 || days < 1 || linesPerVisit < 1 {
            throw ValidationError("--companies, --days and --lines-per-visit must be 1 or more")
        }
        if Day(iso: start) == nil { throw ValidationError("--start must be a date, such as 2025-01-01") }
    }

    func run() throws {
        guard let first = Day(iso: start) else { return }
        var population = Population(
            seed: seed, companies: companies, start: first.startUTC, days: days, form: form,
            linesPerVisit: linesPerVisit)
        switch mode {
        case .truth:
            for company in population.truth { StandardOutput.write(company.json.text + "\n") }
        case .print:
            printLines(&population)
        case .send:
            StandardOutput.write(try stream(&population).text(shared.outputForm))
        case .judge:
            let judgement = try judge(population.truth)
            StandardOutput.write(SimulationOutcome(summary: nil, judgement: judgement).text(shared.outputForm))
        case nil:
            let summary = try stream(&population)
            let judgement = try judge(population.truth)
            StandardOutput.write(SimulationOutcome(summary: summary, judgement: judgement).text(shared.outputForm))
        }
    }

    private func printLines(_ population: inout Population) {
        var bytes: [UInt8] = []
        while population.nextLines(upTo: Self.chunkByteCount, into: &bytes) > 0 {
            bytes.withUnsafeBytes { StandardOutput.write($0) }
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private func stream(_ population: inout Population) throws -> ImportSummary {
        let address = try shared.socketAddress()
        let questions = try HTTPConnection(address: address)
        let status = try questions.get(RequestTarget("v1", "status"))
        if status["clock"]?.stringValue != "event" {
            StandardError.write(
                "note: the daemon runs on the wall clock, so flags are dated now and not as the story is\n")
        }
        let progress = ProgressLine()
        let watch = Stopwatch()
        var summary = ImportSummary()
        let connection = try IngestConnection(address: address) { reply in
            guard case .error(let code, let line, let detail) = reply else { return }
            summary.refusedByDaemon += 1
            summary.add(Refusal(line: Int(line), code: code, detail: detail))
        }
        var bytes: [UInt8] = []
        while population.nextLines(upTo: Self.chunkByteCount, into: &bytes) > 0 {
            try bytes.withUnsafeBytes { try connection.write($0) }
            bytes.removeAll(keepingCapacity: true)
            let (share, rows, day) = (population.progress, population.linesWritten, population.time.utcDay.iso)
            progress.show(at: watch.seconds) { width in
                let state = Progress(share: share, rows: rows, refused: summary.refused, seconds: watch.seconds)
                return PrintableText.cut(day + "  " + state.text(width: width), to: width)
            }
        }
        try connection.finish()
        progress.clear()
        summary.sent = population.linesWritten
        summary.settled = Int(connection.settledLines)
        summary.seq = connection.seq
        summary.seconds = watch.seconds
        if let before = status["duplicates"]?.intValue,
            let after = try questions.get(RequestTarget("v1", "status"))["duplicates"]?.intValue
        {
            summary.duplicates = after - before
        }
        return summary
    }

    private func judge(_ truth: [CompanyTruth]) throws -> Judgement {
        Judgement(truth: truth, raised: try Self.churnFlags(shared.connect()))
    }

    /// Company and opening time of every flag that churn rules of high severity ever raised: the flags that
    /// say "call now". Lower ones watch for less than leaving (seats unused, one person doing all); that
    /// nobody followed them up in time makes them more severe, but says nothing about leaving.
    private static func churnFlags(_ questions: HTTPConnection) throws -> [(company: String, at: Timestamp)] {
        let rules = try questions.get(RequestTarget("v1", "rules"))["rules"]?.arrayValue ?? []
        let highRules = rules.filter { $0["severity"]?.stringValue == "high" }.compactMap { $0["name"]?.stringValue }
        let target = RequestTarget("v1", "flags").with("kind", "churn").with("all", "1")
        return try questions.list(target, named: "flags", limit: nil).elements.compactMap { flag in
            guard let rule = flag["rule"]?.stringValue, highRules.contains(rule) else { return nil }
            guard let company = flag["company"]?.stringValue, let id = flag["id"]?.stringValue else { return nil }
            // The list says since when the condition holds; a rule with `for` opens its flag later.
            let explained = try questions.get(RequestTarget("v1", "flags", id))
            let time = explained.at("opened") ?? explained.at("since")
            return time?.stringValue.flatMap { Timestamp(rfc3339: $0) }.map { (company, $0) }
        }
    }
}

extension LineForm: ExpressibleByArgument {}

/// What a simulation came to: what was sent, and how good the flags were.
struct SimulationOutcome {
    /// Nil when the population was streamed before.
    let summary: ImportSummary?
    let judgement: Judgement

    /// Names listed of those that were missed or named wrongly.
    private static let namesShown = 8

    var json: JSON {
        var members = summary?.json.members ?? []
        members += [
            .init("leavers", .int(judgement.leavers)), .init("named", .int(judgement.named)),
            .init("median_days_early", .optional(judgement.medianDaysEarly)),
            .init("days_early", .array(judgement.daysEarly.map { .int($0) })),
            .init("missed", .array(judgement.missed.map(JSON.string))),
            .init("stayers", .int(judgement.stayers)), .init("wrong", .array(judgement.wrong.map(JSON.string))),
        ]
        return .object(members)
    }

    func text(_ form: OutputForm) -> String {
        guard case .terminal(let width, let colour) = form else {
            return form == .json ? json.text + "\n" : json.tabSeparatedPaths
        }
        var page = Page(width: width, colour: colour)
        page.section("Churn flags of high severity against the truth")
        page.paragraph(judgement.summary)
        for (name, companies) in [("missed", judgement.missed), ("wrong", judgement.wrong)] where !companies.isEmpty {
            let more = companies.count > Self.namesShown ? ", …" : ""
            page.entry(name, companies.prefix(Self.namesShown).joined(separator: ", ") + more, nameWidth: 10)
        }
        return (summary?.text(form) ?? "") + page.text
    }
}
