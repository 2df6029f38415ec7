import NIOCore
import Synchronization

/// The open connections of all ingest listeners: counts them against their limit, holds the memory
/// that their replies may take together, and reaches them when the daemon stops.
public final class IngestConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let limit: Int
    let budget: ReplyBudget

    public init(limits: ServerLimits) {
        limit = limits.ingestConnections
        budget = ReplyBudget(bytes: limits.repliesKeptInAllBytes)
    }

    /// Open connections now.
    public var count: Int { channels.withLock { $0.count } }

    /// False when the limit is reached. The channel leaves by itself when it closes.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = channels.withLock { channels in
            guard channels.count < limit else { return false }
            channels[key] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [self] _ in channels.withLock { $0[key] = nil } }
        }
        return isAdmitted
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
