import NIOCore

/// Stands before a listening channel's accept, and holds it back while enough refusals are under way.
/// What is not accepted waits in the kernel's backlog.
final class AcceptGate: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private let connections: IngestConnections

    init(connections: IngestConnections) { self.connections = connections }

    func read(context: ChannelHandlerContext) {
        if connections.mayAccept(context.channel) { context.read() }
    }
}
