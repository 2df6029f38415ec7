import ArgumentParser
import EventLog
import Glibc

/// The operator's command: asks a running `tenured` over its sockets, and reads files without one.
@main
struct Tenure: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenure",
        abstract: "Ask tenured about companies, users, tasks and flags; send and import events.",
        discussion: Help.text(
            "tenure flags --owner maria        what maria has to do this week",
            "tenure company acme               everything about one company",
            "tenure companies --where 'user_idle_days > 7'",
            "tenure send < events.ndjson       events in, acknowledged",
            "tenure status",
            words: """
                The daemon is found by --socket, by $TENURE_SOCKET, in ./tenure-data/run, in \
                $XDG_STATE_HOME/tenure/run (~/.local/state without it), and in /run/tenured.

                On a terminal answers are tables; on a pipe they are tab-separated with a header line; \
                with --json they are one object a line in raw units.

                Exit codes: 0 done, 1 failed, 2 usage, 3 daemon unreachable, 4 not found, 5 refused, \
                6 timed out, 7 partly done.
                """),
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Questions",
                subcommands: [
                    StatusCommand.self, CompaniesCommand.self, CompanyCommand.self, UsersCommand.self,
                    TasksCommand.self, FlagsCommand.self, DigestCommand.self, RulesCommand.self, RejectsCommand.self,
                    TailCommand.self,
                ]),
            CommandGroup(
                name: "Events",
                subcommands: [
                    SendCommand.self, ImportCommand.self, ExportCommand.self, DecodeCommand.self,
                    SimulateCommand.self, BenchCommand.self,
                ]),
            CommandGroup(
                name: "Operation",
                subcommands: [
                    DoctorCommand.self, CheckCommand.self, WaitCommand.self, MetricsCommand.self, ConfigCommand.self,
                    ReloadCommand.self, BackupCommand.self, ClockCommand.self, VerifyCommand.self, VersionCommand.self,
                ]),
        ])

    @OptionGroup var shared: SharedOptions

    static func main() {
        // Of a stopped daemon's directory, and of backups.
        MappedFiles.endOnFaults(beginning: "tenure: ", exitCode: ExitStatus.failed.rawValue)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as CommandError {
            StandardError.write("\(error)\n")
            Glibc.exit(error.status.rawValue)
        } catch {
            if let mistyped = MistypedCommand.find(in: Array(CommandLine.arguments.dropFirst())),
                exitCode(for: error) == .validationFailure
            {
                StandardError.write("\(mistyped)\n")
                Glibc.exit(mistyped.status.rawValue)
            }
            let text = fullMessage(for: error)
            let code = exitCode(for: error)
            if code.isSuccess {
                StandardOutput.write(text + "\n")
            } else if !text.isEmpty {
                StandardError.write(text + "\n")
            }
            // ArgumentParser says 64 (EX_USAGE) for a mistyped command line; the interface says 2.
            Glibc.exit(code == .validationFailure ? ExitStatus.usage.rawValue : code.rawValue)
        }
    }
}

/// Options that every command understands, before its name or behind it.
struct SharedOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The daemon's http.sock, or the directory it lies in.", valueName: "path"))
    var socket: String?

    @Flag(name: .long, help: "One JSON object a line, in raw units.")
    var json = false
}
