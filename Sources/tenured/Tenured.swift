import ArgumentParser
import FoundationEssentials
import Logging
import Portraits
import Server

/// `tenured`: the daemon.
@main
struct Tenured: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenured",
        abstract: "Keeps a live portrait of every company that uses a product.",
        discussion: """
            Without options it runs on ./tenure-data with the built-in rules and says where its sockets are.

            Exit codes: 0 stopped as asked, 64 usage, 66 data of a newer format, 74 I/O, 78 configuration.
            """,
        version: Daemon.version)

    @Option(
        name: .customLong("config"), help: "Configuration file; config/tenured.yaml has every setting.",
        completion: .file(extensions: ["yaml"]))
    var configurationFile: String?

    @Option(
        name: .customLong("state-dir"), help: "Directory of the log. Default: ./tenure-data", completion: .directory)
    var stateDirectory: String?

    @Option(
        name: .customLong("run-dir"), help: "Directory of the sockets. Default: run in the state directory",
        completion: .directory)
    var runDirectory: String?

    @Option(
        name: .customLong("rules"), help: "Rule file. Default: the built-in rules",
        completion: .file(extensions: ["yaml"]))
    var rulesFile: String?

    @Option(
        help: "What moves `now`: wall, or event: the events' own times, for history and demos. Default: wall",
        completion: .list(["wall", "event"]), transform: clockMode)
    var clock: ClockMode?

    @Flag(
        name: .customLong("check-config"),
        help: "Read configuration, rules and tokens as a start would, name every mistake, and end.")
    var checksConfiguration = false

    func run() async throws {
        do {
            let environment = ProcessInfo.processInfo.environment
            let setup = try Setup(options, clock: clock, environment: environment)
            if checksConfiguration {
                print(try setup.check(), terminator: "")
            } else {
                try await run(setup, environment)
            }
        } catch {
            let reason = StopReason(error)
            reason.complain()
            throw ExitCode(reason.exitCode)
        }
    }

    private func run(_ setup: Setup, _ environment: [String: String]) async throws {
        LoggingSystem.bootstrap { label in
            if let journal = Journal.standardError { return JournalLogHandler(journal: journal) }
            return StreamLogHandler.standardError(label: label)
        }
        var logger = Logger(label: "tenured")
        logger.logLevel = setup.configuration.logLevel
        let inherited = try InheritedSocket.take(environment: environment)
        try await Daemon(setup: setup, supervisor: Supervisor(environment: environment), logger: logger)
            .run(inherited: inherited)
    }

    private static func clockMode(_ text: String) throws -> ClockMode {
        guard let mode = ClockMode(rawValue: text) else { throw ValidationError("give wall or event") }
        return mode
    }

    private var options: Places.Options {
        Places.Options(
            configurationFile: configurationFile, stateDirectory: stateDirectory, runDirectory: runDirectory,
            rulesFile: rulesFile)
    }
}
