import NIOCore
import Synchronization

/// The connections of all ingest listeners: counts them against their limit, holds the memory
/// that their replies may take together, and reaches them when the daemon stops.
public final class IngestConnections: AcceptPolicy {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    /// Channels beyond the limit that are not closed yet, and listening channels that wait until they are.
    private let refusals = Mutex<(count: Int, waiting: [any Channel])>((0, []))
    private let limit: Int
    let budget: ByteBudget

    public init(limits: ServerLimits) {
        limit = limits.ingestConnections
        budget = ByteBudget(bytes: limits.repliesKeptInAllBytes)
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

    /// How many connections beyond the limit may be on their way to their refusal. Each holds a file
    /// descriptor, and a flood of them must not take those that the log needs.
    private static let mostRefusals = 16

    /// Counts a channel that was not admitted until it is closed.
    func refuse(_ channel: any Channel) {
        refusals.withLock { $0.count += 1 }
        channel.closeFuture.whenComplete { [self] _ in
            let waiting = refusals.withLock { refusals in
                refusals.count -= 1
                defer { refusals.waiting.removeAll() }
                return refusals.waiting
            }
            for listener in waiting { listener.read() }
        }
    }

    /// False while enough refusals are under way.
    func mayAccept(_ listener: any Channel) -> Bool {
        refusals.withLock { refusals in
            if refusals.count < Self.mostRefusals { return true }
            refusals.waiting.append(listener)
            return false
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
