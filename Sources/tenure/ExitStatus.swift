/// How a command ended, for scripts. The numbers are part of the interface.
enum ExitStatus: Int32, Sendable {
    case succeeded = 0
    case failed = 1
    case usage = 2
    case unreachable = 3
    case notFound = 4
    case refused = 5
    case timedOut = 6
    /// Some of it was done and some was not; what was not is named on standard error.
    case partlyDone = 7
}
