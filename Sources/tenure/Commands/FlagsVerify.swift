import ArgumentParser
import Engine
import EventLog
import UsageModel

/// `tenure flags verify FLAG`.
struct FlagsVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Re-derive a flag from the log alone and say whether it holds.",
        discussion: Help.text(
            "tenure flags verify F12",
            words: """
                Replays the records of the flag's company up to the raise into scratch state, lets the rules that were \
                in force then judge it, and compares all that the raise says. Exit code 1 when something differs.
                """))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    @Option(help: ArgumentHelp("State directory of a stopped daemon, instead of asking one.", valueName: "dir"))
    var directory: String?

    func run() throws {
        let answer = try directory.map(answer(from:)) ?? answerOfDaemon()
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal(let width, let colour):
            StandardOutput.write(VerificationPage.text(answer, width: width, colour: colour))
        }
        if answer.at("holds")?.boolValue == false {
            throw CommandError(
                .failed, "the log does not bear \(flag) out",
                advice: "run `tenure verify` to see whether the log is whole; if it is, another version of the program "
                    + "raised the flag, or its raise was altered")
        }
    }

    private func answerOfDaemon() throws -> JSON {
        var answer = JSON.null
        // Replaying a large log takes minutes, so the answer may be silent for as long as it likes.
        try shared.connect().stream(RequestTarget("v1", "flags", flag, "verify"), timeoutSeconds: 0) { line in
            answer = try RecordSink.parse(line)
            return true
        }
        return answer
    }

    private func answer(from directory: String) throws -> JSON {
        do {
            return try FlagVerification(of: flag, on: EventLogReader.open(directory: directory)).json
        } catch let error as EventLogError {
            throw CommandError(VerifyCommand.status(of: error), "\(error)")
        } catch let error as FlagVerification.Failure {
            throw CommandError(Self.status(of: error), "\(error)")
        }
    }

    private static func status(of failure: FlagVerification.Failure) -> ExitStatus {
        switch failure {
        case .malformed: .usage
        case .unknown: .notFound
        case .engine: .failed
        }
    }
}
