import Glibc
import Synchronization

/// Whether somebody asked this process to end: Ctrl-C or SIGTERM, on which a long command finishes its
/// record and says where to go on.
enum StopSignal {
    private static let flag = Atomic<Bool>(false)

    static var arrived: Bool { flag.load(ordering: .relaxed) }

    /// From here on SIGINT and SIGTERM only set the flag, and end a blocking read.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            // The handler does nothing but store to an atomic, which is safe in a signal handler.
            action.__sigaction_handler.sa_handler = { _ in StopSignal.flag.store(true, ordering: .relaxed) }
            // No SA_RESTART: a read that waits must return.
            sigaction(number, &action, nil)
        }
    }
}
