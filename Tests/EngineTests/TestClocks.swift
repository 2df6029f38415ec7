import Synchronization
import UsageModel

/// A wall clock and a boot clock that a test sets.
final class TestClocks: Sendable {
    private let state: Mutex<(wall: Timestamp, boot: Int64)>

    init(_ wall: String) { state = Mutex((Timestamp(rfc3339: wall)!, 1_000)) }

    var wall: Timestamp { state.withLock { $0.wall } }
    var boot: Int64 { state.withLock { $0.boot } }

    /// Time passes: both clocks run.
    func pass(_ milliseconds: Int64) {
        state.withLock {
            $0.wall = $0.wall + milliseconds
            $0.boot += milliseconds
        }
    }

    /// Somebody sets the wall clock.
    func step(_ milliseconds: Int64) { state.withLock { $0.wall = $0.wall + milliseconds } }
}
