public import ArgumentParser
public import Simulation
import UsageModel

/// `tenure bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load the daemon with made-up events and report throughput, latency, CPU and bytes an event.",
        discussion: Help.text(
            "tenured --state-dir /tmp/bench & tenure --socket /tmp/bench/run bench",
            "tenure bench --form line --events 5000000",
            "tenure bench --rate 100 --events 3000      one event at a time: send to ack",
            words: """
                Fills the daemon that it asks, so give it a directory of its own. Lines are made before the clock \
                starts. Companies and users are skewed by Zipf's law. The daemon's CPU is user and system time of \
                all its threads over the whole run, from /proc; beside it stands what this program took itself.
                """))

    @OptionGroup var shared: SharedOptions

    @Option(help: "Segment's track calls of some 200 bytes, or line protocol.")
    var form = BenchForm.json

    @Option(help: ArgumentHelp("How many; each takes some 200 bytes of this program's memory.", valueName: "n"))
    var events = 1_000_000

    @Option(help: ArgumentHelp("How many companies.", valueName: "n"))
    var companies = 10_000

    @Option(help: ArgumentHelp("How many users in all.", valueName: "n"))
    var users = 200_000

    @Option(help: ArgumentHelp("Share of events that have an id, a UUID.", valueName: "0…1"))
    var idShare = 1.0

    @Option(help: ArgumentHelp("Share of events that are up to a week late.", valueName: "0…1"))
    var lateShare = 0.02

    @Option(help: ArgumentHelp("Events a second; without it as fast as the daemon takes them.", valueName: "n"))
    var rate: Double?

    @Option(help: ArgumentHelp("Other events of the same sort.", valueName: "n"))
    var seed: UInt64?

    func validate() throws {
        guard events >= 1, companies >= 1, users >= companies else {
            throw ValidationError("--events and --companies must be 1 or more, --users no fewer than companies")
        }
        guard (0...1).contains(idShare), (0...1).contains(lateShare) else {
            throw ValidationError("--id-share and --late-share must be from 0 to 1")
        }
        if let rate, rate <= 0 { throw ValidationError("--rate must be more than 0") }
    }

    func run() throws {
        let address = try shared.socketAddress()
        // Asked before the work of rendering: a missing daemon is better news at once.
        let now = try HTTPConnection(address: address).get(RequestTarget("v1", "status"))
        let end = now["now"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } ?? .wallClock
        var shape = BenchLoad.Shape()
        shape.form = form
        shape.events = events
        shape.companies = companies
        shape.users = users
        shape.idShare = idShare
        shape.lateShare = lateShare
        // The same ids would be duplicates of the run before.
        shape.seed = seed ?? UInt64.random(in: 1...UInt64.max)
        let run = BenchRun(address: address, load: BenchLoad(shape, end: end), rate: rate)
        let report = try run.run()
        StandardOutput.write(report.text(shared.outputForm))
        if report.refused > 0 {
            throw CommandError(
                .partlyDone, "\(Quantity.count(report.refused, "event")) refused", advice: "`tenure rejects` says why")
        }
    }
}

extension BenchForm: ExpressibleByArgument {}
