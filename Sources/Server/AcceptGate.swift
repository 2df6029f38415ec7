import NIOCore

/// Says when a listening channel may accept.
protocol AcceptPolicy: Sendable {
    /// False when `listener` shall accept nothing now; it is asked to read again when it may.
    func mayAccept(_ listener: any Channel) -> Bool
}

/// Stands before a listening channel's accept, and holds it back while its policy says so. What is not
/// accepted waits in the kernel's backlog.
final class AcceptGate: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private let policy: any AcceptPolicy

    init(_ policy: any AcceptPolicy) { self.policy = policy }

    func read(context: ChannelHandlerContext) {
        if policy.mayAccept(context.channel) { context.read() }
    }
}
