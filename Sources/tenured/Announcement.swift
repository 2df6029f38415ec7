import Glibc
import Server
import Synchronization
import UsageModel

/// Knows where the listeners listen, and says so once all of them do.
final class Announcement: Sendable {
    private struct State {
        var sockets: [(name: String, endpoint: Endpoint)] = []
    }

    private let state = Mutex(State())
    private let expected: Int
    private let heading: String
    private let onComplete: @Sendable ([String]) -> Void

    /// - Parameters:
    ///   - expected: how many listeners there will be.
    ///   - onComplete: called with all places once they are known.
    init(heading: String, expected: Int, onComplete: @escaping @Sendable ([String]) -> Void) {
        self.heading = heading
        self.expected = expected
        self.onComplete = onComplete
    }

    func isListening(_ name: String, at endpoint: Endpoint) {
        let isComplete = state.withLock { state in
            state.sockets.append((name, endpoint))
            return state.sockets.count == expected
        }
        guard isComplete else { return }
        let places = sorted.map { "  \($0.name)\(String(repeating: " ", count: 12 - $0.name.count)) \($0.endpoint)" }
        print(([heading] + places).joined(separator: "\n"))
        // Standard output is a pipe or a file as often as a terminal, and somebody waits for these lines.
        fflush(nil)
        onComplete(sorted.map(\.endpoint.description))
    }

    /// For `status`.
    var json: JSON { .object(sorted.map { JSON.Member($0.name, .string($0.endpoint.description)) }) }

    private var sorted: [(name: String, endpoint: Endpoint)] {
        state.withLock { $0.sockets }.sorted { $0.name > $1.name }
    }
}
