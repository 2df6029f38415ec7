public import Engine
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import WireFormat

/// Accepts senders on one endpoint until the daemon stops, and then settles what they sent.
public struct IngestListener: Service {
    private let endpoint: Endpoint
    private let engine: Engine
    private let configuration: IngestConfiguration
    private let connections: IngestConnections
    private let tokens: AccessTokens?
    private let logger: Logger
    private let onListening: @Sendable (Endpoint) -> Void

    /// - Parameters:
    ///   - connections: shared by all ingest listeners, since their limits are.
    ///   - tokens: of which a sender must show one first; nil where the kernel says who may connect.
    ///   - onListening: called once, with the port the system chose where it was to choose.
    public init(
        endpoint: Endpoint, engine: Engine, configuration: IngestConfiguration, connections: IngestConnections,
        tokens: AccessTokens? = nil, logger: Logger, onListening: @escaping @Sendable (Endpoint) -> Void
    ) {
        self.endpoint = endpoint
        self.engine = engine
        self.configuration = configuration
        self.connections = connections
        self.tokens = tokens
        self.logger = logger
        self.onListening = onListening
    }

    /// Returns after a graceful shutdown, when every sender has been told what was taken or the drain
    /// time is over. Throws `ServerError` when it cannot listen.
    public func run() async throws {
        let binding = try await Binding.bind(bootstrap(), to: endpoint)
        onListening(binding.endpoint)
        // Returns on shutdown and throws on cancellation: both mean the end.
        try? await gracefulShutdown()
        await binding.release()
        await drain()
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGate(connections))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBufferBytes)
            )
            .childChannelInitializer { [engine, configuration, connections, tokens, logger] channel in
                guard connections.admit(channel) else {
                    connections.refuse(channel)
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            RefusalHandler(limit: configuration.limits.ingestConnections))
                    }
                }
                return Peer.of(channel).flatMapThrowing { peer in
                    if let tokens { try channel.pipeline.syncOperations.addHandler(TokenGate(tokens: tokens)) }
                    try channel.pipeline.syncOperations.addHandler(
                        IngestHandler(
                            engine: engine, peer: peer, configuration: configuration, connections: connections,
                            channel: channel, logger: logger))
                }.flatMapErrorThrowing { error in
                    connections.forget(channel)
                    throw error
                }
            }
    }

    private func drain() async {
        connections.drain()
        let deadline = ContinuousClock.now + .seconds(configuration.limits.drainSeconds)
        while connections.count > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
        connections.closeAll()
    }
}

/// Turns away a connection beyond the limit, and says which limit it was.
private final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func channelActive(context: ChannelHandlerContext) {
        var bytes: [UInt8] = []
        Reply.error(
            code: LineError.limit.code, line: 0,
            detail: "\(limit) connections are open (limits.ingest_connections); close one, or raise the limit"
        ).write(to: &bytes)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
