import ArgumentParser
import Engine
import EventLog
import UsageModel

/// Which history a rule file is tried on, and how.
struct BacktestOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Count only flags raised from this date (UTC) on.", valueName: "date"))
    var since: String?

    @Option(
        help: "Know at each moment what stood in the log by then, or what had happened by then (default: as logged).")
    var knownAt: KnownAt?

    @Option(
        help: ArgumentHelp(
            "Only a part of the companies, by a hash of their names: tune on 1/2, measure on 2/2.", valueName: "1/2"))
    var part: String?

    @Option(help: ArgumentHelp("State directory of a stopped daemon, instead of asking one.", valueName: "dir"))
    var directory: String?

    enum KnownAt: String, ExpressibleByArgument, CaseIterable { case log, event }

    func validate() throws {
        guard since == nil || sinceTime != nil else {
            throw ValidationError("--since \(since ?? ""): give a date, such as 2026-01-01")
        }
        guard part == nil || partAsked != nil else {
            throw ValidationError(
                "--part \(part ?? ""): give a part such as 1/2, of at most \(BacktestPart.greatestCount)")
        }
    }

    private var sinceTime: Timestamp? { since.flatMap { Day(iso: $0) }?.startUTC }

    private var partAsked: BacktestPart? { part.flatMap { BacktestPart($0) } }

    /// The report on the rule file `file`, from the daemon or from the directory.
    func report(
        on file: String, against: String? = nil, churnedAfter: String? = nil, listsFlags: Bool = false,
        shared: SharedOptions
    ) throws -> JSON {
        let text = try RuleText.read(file)
        guard let directory else {
            let target = RequestTarget("v1", "backtest").with("file", file).with("since", since)
                .with("against", against).with("churned_after", churnedAfter).with("known_at", knownAt?.rawValue)
                .with("part", part).with("flags", listsFlags ? "1" : nil)
            return try shared.connect().post(target, text: text)
        }
        let request = BacktestRequest(
            rules: RulesSource(fileName: file, text: text), since: sinceTime,
            truth: BacktestTruth(against: against, churnedAfter: churnedAfter),
            knownAt: knownAt.flatMap { BacktestRequest.KnownAt(rawValue: $0.rawValue) }, part: partAsked,
            listsFlags: listsFlags)
        do {
            return try request.report(on: EventLogReader.open(directory: directory))
        } catch let error as EventLogError {
            throw CommandError(VerifyCommand.status(of: error), "\(error)")
        } catch EngineError.rules(let mistakes) {
            throw CommandError(.refused, "\(file) has mistakes", advice: mistakes)
        } catch let error as EngineError {
            throw CommandError(.failed, "\(error)")
        }
    }
}

/// `tenure rules backtest FILE`.
struct RulesBacktest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Try a rule file on the whole history, without touching what the daemon knows.",
        discussion: Help.text(
            "tenure rules backtest rules.yaml --churned-after 365d",
            "tenure rules backtest rules.yaml --against outcome:churned --since 2026-01-01",
            words: """
                The rules look at every company when the daemon would have looked, and what they raise is counted. \
                With --churned-after or --against the flags are judged by what became of the companies; the lines \
                under the table, and "definitions" with --json, say exactly what was counted.
                """))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var options: BacktestOptions

    @Argument(help: "The rule file, or - for standard input.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "Judge by an outcome: outcome:churned, renewed, expanded, contracted or converted.", valueName: "outcome"))
    var against: String?

    @Option(
        help: ArgumentHelp("Judge by silence: a company without use for so many days has left.", valueName: "180d"))
    var churnedAfter: String?

    @Flag(help: "With --json, also name every flag that was raised.")
    var flags = false

    func validate() throws {
        guard against != nil || churnedAfter != nil else { return }
        guard BacktestTruth(against: against, churnedAfter: churnedAfter) != nil else {
            throw ValidationError(
                "give either --against outcome:churned (or another outcome), or --churned-after in whole days")
        }
    }

    func run() throws {
        let watch = Stopwatch()
        let report = try options.report(
            on: file, against: against, churnedAfter: churnedAfter, listsFlags: flags, shared: shared)
        let seconds = watch.seconds
        let form = shared.outputForm
        switch form {
        case .json: StandardOutput.write(report.text + "\n")
        case .tabSeparated: StandardOutput.write(BacktestPage.table(report).text(form))
        case .terminal(let width, let colour):
            StandardOutput.write(BacktestPage.text(report, seconds: seconds, width: width, colour: colour))
        }
    }
}

/// A rule file's text.
enum RuleText {
    static func read(_ file: String) throws -> String {
        let source = try ByteSource(path: file)
        var bytes: [UInt8] = []
        while try source.read(into: &bytes) {}
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.failed, "\(source.name) is not valid UTF-8")
        }
        return text
    }
}
