import ArgumentParser
import Glibc

/// Whether a question is asked once, or again and again while somebody looks on.
struct WatchOptions: ParsableArguments {
    @Flag(name: .long, help: "Ask again and again, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("With --watch: seconds between two questions.", valueName: "seconds"))
    var interval = 2.0

    /// A question costs the daemon about a millisecond of its writer; nobody reads faster than this.
    private static let leastInterval = 0.1

    func validate() throws {
        guard interval >= Self.leastInterval, interval <= 86_400 else {
            throw ValidationError("--interval must be from \(Self.leastInterval) to 86400 seconds")
        }
    }
}

extension SharedOptions {
    /// Writes what `answer` makes of the daemon's answer; with `--watch` again and again, over a restart of
    /// the daemon too.
    func show(
        _ options: WatchOptions, _ answer: (HTTPConnection, OutputForm) throws -> String
    ) throws {
        guard options.watch else { return StandardOutput.write(try answer(connect(), outputForm)) }
        StopSignal.watch()
        let screen = WatchedScreen()
        defer { screen.close() }
        var hasAnswered = false
        while !StopSignal.arrived {
            do {
                screen.show(try answer(connect(), outputForm))
                hasAnswered = true
            } catch  where StopSignal.arrived {
                break
            } catch let error as CommandError where hasAnswered && error.isPassing {
                screen.note("tenure: \(error.message); waiting for tenured")
            }
            usleep(UInt32(options.interval * 1_000_000))
        }
    }
}

extension CommandError {
    /// A restart of the daemon may cure it.
    fileprivate var isPassing: Bool { status == .unreachable || status == .timedOut }
}
