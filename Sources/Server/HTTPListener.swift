public import Engine
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Answers questions on one endpoint until the daemon stops.
///
/// Hummingbird reads requests, routes them and writes the answers; its own server only binds sockets,
/// while ours must also take one that listens already.
public struct HTTPListener: Service {
    private let endpoint: Endpoint
    private let api: API
    private let channels: OpenHTTPChannels
    private let connections: HTTPConnections
    private let logger: Logger
    private let onListening: @Sendable (Endpoint) -> Void

    /// Keep-alive connections that ask nothing for so long are closed: past the minute at which clients flush, and
    /// what a client that never ends its request's head gets.
    private static let idleTimeout = TimeAmount.minutes(2)
    /// As for Hummingbird's own server.
    private static let backlog: Int32 = 256

    /// - Parameters:
    ///   - channels, connections: shared by all HTTP listeners, since their limits are.
    ///   - onListening: called once, with the port the system chose where it was to choose.
    public init(
        endpoint: Endpoint, engine: Engine, ingest: IngestConfiguration, access: AccessPolicy,
        surroundings: Surroundings, channels: OpenHTTPChannels, connections: HTTPConnections,
        logger: Logger,
        onListening: @escaping @Sendable (Endpoint) -> Void
    ) {
        self.endpoint = endpoint
        self.connections = connections
        api = API(
            engine: engine, limits: ingest.limits, ingest: ingest, access: access, isRemote: endpoint.isRemote,
            bodies: connections.bodies, surroundings: surroundings, logger: logger)
        self.channels = channels
        self.logger = logger
        self.onListening = onListening
    }

    /// Returns after a graceful shutdown, when every answer in progress has been given. Throws
    /// `ServerError` when it cannot listen.
    public func run() async throws {
        let http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [RequestPatience(connections: connections)], idleTimeout: Self.idleTimeout))
        // Bounded by the limit of connections, which are accepted only below it.
        let (arrivals, arrive) = AsyncStream.makeStream(of: HTTP1Channel.Value.self)
        let binding = try await Binding.bind(bootstrap(http) { arrive.yield($0) }, to: endpoint)
        onListening(binding.endpoint)
        await withDiscardingTaskGroup { group in
            group.addTask {
                // Returns on shutdown and throws on cancellation: both mean the end.
                try? await gracefulShutdown()
                await binding.release()
                await channels.drain()
                arrive.finish()
            }
            for await connection in arrivals {
                group.addTask { [logger] in await http.handle(value: connection, logger: logger) }
            }
        }
    }

    private func bootstrap(
        _ http: HTTP1Channel, onConnection: @escaping @Sendable (HTTP1Channel.Value) -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [channels] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGate(channels))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [channels, logger] channel in
                http.setup(channel: channel, logger: logger).map { connection in
                    channels.add(channel)
                    onConnection(connection)
                }
            }
    }

    private var responder: HTTPChannelHandler.Responder {
        let routes = api.router().buildResponder()
        return { [logger] request, writer, channel in
            let context = APIContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            // The router's middleware has turned every error into an answer.
            var response = try await routes.respond(to: request, context: context)
            response.headers[.date] = HTTPDate.now
            response.headers[.server] = "tenured"
            try await writer.write(response: response.head, body: response.body)
        }
    }
}
