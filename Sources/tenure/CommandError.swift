/// Why a command did not do what was asked: what happened, and what the person can do next.
///
/// The one error of this program. `message` is one sentence without a full stop; `advice`, where
/// there is any, stands on lines of its own below it.
struct CommandError: Error, Equatable, CustomStringConvertible {
    var status: ExitStatus
    var message: String
    var advice: String?

    init(_ status: ExitStatus, _ message: String, advice: String? = nil) {
        self.status = status
        self.message = message
        self.advice = advice
    }

    var description: String {
        guard let advice else { return "tenure: \(message)" }
        let lines = advice.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        return "tenure: \(message)\n" + lines.joined(separator: "\n")
    }
}
