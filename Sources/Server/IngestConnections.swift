import NIOCore
import Synchronization

/// The connections of all ingest listeners: counts them against their limit, holds the memory
/// that their replies may take together, and reaches them when the daemon stops.
public final class IngestConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let limit: Int
    let budget: ReplyBudget

    public init(limits: ServerLimits) {
        limit = limits.ingestConnections
        budget = ReplyBudget(bytes: limits.repliesKeptInAllBytes)
    }

    /// Connections that are open, or closed with lines that are not settled yet.
    public var count: Int { channels.withLock { $0.count } }

    /// False when the limit is reached.
    func admit(_ channel: any Channel) -> Bool {
        channels.withLock { channels in
            guard channels.count < limit else { return false }
            channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    /// The channel is closed and all that came through it is settled.
    func forget(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    /// Tells every connection that the daemon stops.
    func drain() {
        for channel in all() { channel.pipeline.fireUserInboundEventTriggered(IngestHandler.Drain()) }
    }

    func closeAll() {
        for channel in all() { channel.close(promise: nil) }
    }

    private func all() -> [any Channel] { channels.withLock { Array($0.values) } }
}
