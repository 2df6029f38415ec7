import Engine
import Logging
import Rules
import RulesFile
import Server

/// Why the daemon ends other than by being told to, with the exit code of sysexits(3).
struct StopReason: Error, CustomStringConvertible {
    var exitCode: Int32
    var description: String

    static let inputOutput: Int32 = 74
    static let configuration: Int32 = 78

    init(exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    init(_ error: any Error) {
        switch error {
        case let error as StopReason: self = error
        case let error as ConfigurationError: self.init(exitCode: Self.configuration, error.description)
        case let error as RulesFileError: self.init(exitCode: Self.configuration, error.description)
        case let error as EngineError: self.init(exitCode: error.exitCode, error.description)
        case let error as ServerError: self.init(exitCode: Self.inputOutput, error.description)
        default: self.init(exitCode: Self.inputOutput, "\(error)")
        }
    }

    /// Before what is said on the standard error.
    static let beginning = "tenured: "
    /// Its place among what the journal has.
    static let priority = JournalLogHandler.priority(.critical)

    /// Says why on the standard error.
    func complain() { OperatorText.write(Self.beginning + description, priority: Self.priority) }
}
