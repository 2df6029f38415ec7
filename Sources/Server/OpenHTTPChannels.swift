import NIOCore
import Synchronization

/// The open connections of all HTTP listeners: bounds how many there are, and reaches them when the daemon stops.
public final class OpenHTTPChannels: AcceptPolicy {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        /// Listening channels that wait until there are fewer connections.
        var waiting: [any Channel] = []
        var isDraining = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let limit: Int

    public init(limits: ServerLimits) { limit = limits.httpConnections + HTTPConnections.mostClosing }

    public var count: Int { state.withLock { $0.open.count } }

    /// False while as many are open as may be. What one accept brings may exceed that by a few.
    func mayAccept(_ listener: any Channel) -> Bool {
        state.withLock { state in
            if state.open.count < limit { return true }
            state.waiting.append(listener)
            return false
        }
    }

    /// Counts `channel` until it is closed. To be called when its handlers are in place.
    func add(_ channel: any Channel) {
        let isLate = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = channel
            return state.isDraining
        }
        channel.closeFuture.whenComplete { [self] _ in remove(channel) }
        if isLate { Self.quiesce(channel) }
    }

    /// Has every connection finish the answers in progress and close. Returns when all are closed.
    func drain() async {
        let channels = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        for channel in channels { Self.quiesce(channel) }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.open.isEmpty { return true }
                state.drained.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }

    private func remove(_ channel: any Channel) {
        let (listeners, drained) = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = nil
            defer {
                state.waiting.removeAll()
                if state.open.isEmpty { state.drained.removeAll() }
            }
            return (state.waiting, state.open.isEmpty ? state.drained : [])
        }
        for listener in listeners { listener.read() }
        for continuation in drained { continuation.resume() }
    }

    /// Hummingbird's handler of a connection closes it at the next moment without a request in progress.
    private static func quiesce(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
}
