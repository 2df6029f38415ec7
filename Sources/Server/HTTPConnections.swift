import NIOCore
import Synchronization

/// The connections of all HTTP listeners: keeps their number within its limit, by closing the one that has made the
/// daemon wait longest, and holds the memory that bodies may take together.
///
/// A client that is slow, or keeps a connection that it does not use, is closed only when another wants its
/// place. So thousands of slow clients hold up no quick one.
public final class HTTPConnections: Sendable {
    private struct Waiting {
        let channel: any Channel
        let since: NIODeadline
    }

    /// Channels that wait for their client, as opposed to those whose request is being answered.
    private struct State {
        var count = 0
        var waiting: [ObjectIdentifier: Waiting] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int
    let bodies: ByteBudget

    /// Connections that may be open beyond the limit, on their way to being closed.
    static let mostClosing = 32

    public init(limits: ServerLimits) {
        limit = limits.httpConnections
        bodies = ByteBudget(bytes: limits.jsonBodiesInAllBytes)
    }

    /// Counts a connection, and closes another for it when there are too many.
    func opened(_ channel: any Channel) {
        let evicted = state.withLock { state -> (any Channel)? in
            state.count += 1
            defer { state.waiting[ObjectIdentifier(channel)] = Waiting(channel: channel, since: .now()) }
            guard state.count > limit else { return nil }
            let longest = state.waiting.min { $0.value.since < $1.value.since }
            return longest.flatMap { state.waiting.removeValue(forKey: $0.key)?.channel }
        }
        evicted?.close(promise: nil)
    }

    func closed(_ channel: any Channel) {
        state.withLock { state in
            state.count -= 1
            state.waiting[ObjectIdentifier(channel)] = nil
        }
    }

    /// The client's turn: a request is begun, or answered.
    func waits(_ channel: any Channel) {
        state.withLock { $0.waiting[ObjectIdentifier(channel)] = Waiting(channel: channel, since: .now()) }
    }

    /// Our turn: the request is here.
    func answers(_ channel: any Channel) {
        state.withLock { $0.waiting[ObjectIdentifier(channel)] = nil }
    }
}
