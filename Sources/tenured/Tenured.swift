import ArgumentParser
import FoundationEssentials
import Glibc
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

    @Option(name: .customLong("config"), help: "Configuration file; config/tenured.yaml has every setting.")
    var configurationFile: String?

    @Option(name: .customLong("state-dir"), help: "Directory of the log. Default: ./tenure-data")
    var stateDirectory: String?

    @Option(name: .customLong("run-dir"), help: "Directory of the sockets. Default: run in the state directory")
    var runDirectory: String?

    @Option(name: .customLong("rules"), help: "Rule file. Default: the built-in rules")
    var rulesFile: String?

    @Option(
        help: "What moves `now`: wall, or event: the events' own times, for history and demos. Default: wall",
        transform: clockMode)
    var clock: ClockMode?

    func run() async throws {
        do {
            try await daemon().run()
        } catch {
            let reason = StopReason(error)
            reason.complain()
            throw ExitCode(reason.exitCode)
        }
    }

    private static func clockMode(_ text: String) throws -> ClockMode {
        guard let mode = ClockMode(rawValue: text) else { throw ValidationError("give wall or event") }
        return mode
    }

    private static func complain(_ text: String) {
        var text = text
        // There is nobody left to tell when this fails.
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private func daemon() throws -> Daemon {
        let options = Places.Options(
            configurationFile: configurationFile, stateDirectory: stateDirectory, runDirectory: runDirectory,
            rulesFile: rulesFile)
        let environment = ProcessInfo.processInfo.environment
        var configuration = Configuration()
        if let path = Places.configurationFile(options, environment: environment) {
            configuration = try ConfigurationFile.parse(TextFile.read(path), fileName: path)
            let files = KeyFiles(
                credentialsDirectory: environment["CREDENTIALS_DIRECTORY"], configurationFile: path)
            configuration.ingest.keys = try files.keys(of: configuration.sources)
        }
        if let clock { configuration.settings.clock = clock }
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "tenured")
        logger.logLevel = configuration.logLevel
        return Daemon(
            configuration: configuration, places: Places(options, configuration, environment: environment),
            logger: logger)
    }
}
