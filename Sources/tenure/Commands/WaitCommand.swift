import ArgumentParser
import Glibc
import UsageModel

/// `tenure wait`.
struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Return once the daemon is ready, or once nobody sends any more.",
        discussion: Help.text(
            "tenure wait ready", "tenure wait drained --timeout 60",
            words: """
                ready: it has replayed its log and answers. drained: no sender is connected, and all that they \
                sent is durable, evaluated and visible. Exit code 6 when that does not come in time.
                """))

    enum Condition: String, ExpressibleByArgument, CaseIterable {
        case ready
        case drained
    }

    @OptionGroup var shared: SharedOptions

    @Argument(help: "ready or drained.")
    var condition: Condition

    @Option(help: ArgumentHelp("How long to wait.", valueName: "seconds"))
    var timeout = 60

    /// Often enough for a script, seldom enough for the daemon.
    private static let pauseMicroseconds: UInt32 = 100_000

    func run() throws {
        let deadline = ContinuousClock.now + .seconds(timeout)
        while true {
            do {
                let connection = try shared.connect()
                connection.timeoutSeconds = max(1, Int((deadline - .now) / .seconds(1)))
                if holds(try connection.get(RequestTarget("v1", "status"))) { return }
            } catch let error as CommandError where error.status == .unreachable || error.status == .timedOut {
                // Not started yet, or just being started anew: that is what is waited for.
                guard ContinuousClock.now < deadline else {
                    throw CommandError(
                        .timedOut, "not \(condition.rawValue) after \(timeout) s: \(error.message)",
                        advice: error.advice)
                }
            }
            guard ContinuousClock.now < deadline else {
                throw CommandError(
                    .timedOut, "not \(condition.rawValue) after \(timeout) s",
                    advice: condition == .drained
                        ? "senders are still connected; `tenure status` counts them" : "`tenure status` says why")
            }
            usleep(Self.pauseMicroseconds)
        }
    }

    private func holds(_ status: JSON) -> Bool {
        let isReady = status.at("state")?.stringValue == "ready"
        return condition == .ready ? isReady : isReady && status.at("connections")?.intValue == 0
    }
}
