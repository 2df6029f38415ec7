public import Engine
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// Answers questions on one endpoint until the daemon stops.
public struct HTTPListener: Service {
    private let endpoint: Endpoint
    private let api: API
    private let connections: HTTPConnections
    private let logger: Logger
    private let onListening: @Sendable (Endpoint) -> Void

    /// Keep-alive connections that ask nothing for so long are closed: past the minute at which clients flush, and
    /// what a client that never ends its request's head gets.
    private static let idleTimeout = TimeAmount.minutes(2)

    /// - Parameters:
    ///   - connections: shared by all HTTP listeners, since their limits are.
    ///   - onListening: called once, with the port the system chose where it was to choose.
    public init(
        endpoint: Endpoint, engine: Engine, ingest: IngestConfiguration, connections: HTTPConnections,
        surroundings: Surroundings, logger: Logger, onListening: @escaping @Sendable (Endpoint) -> Void
    ) {
        self.endpoint = endpoint
        self.connections = connections
        api = API(
            engine: engine, limits: ingest.limits, ingest: ingest, isRemote: endpoint.isRemote,
            bodies: connections.bodies, surroundings: surroundings, logger: logger)
        self.logger = logger
        self.onListening = onListening
    }

    /// Returns after a graceful shutdown, when every answer in progress has been given. Throws
    /// `ServerError` when it cannot listen.
    public func run() async throws {
        let address: BindAddress
        var file: SocketFile?
        switch endpoint {
        case .unix(let path):
            let socketFile = SocketFile(path: path)
            try socketFile.claim()
            file = socketFile
            address = .unixDomainSocket(path: path)
        case .tcp(let host, let port): address = .hostname(host, port: port)
        }
        // Its own words about where it listens would say the same again.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let bound = BoundFile()
        let application = Application(
            router: api.router(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [RequestPatience(connections: connections)],
                    idleTimeout: Self.idleTimeout)),
            configuration: ApplicationConfiguration(
                address: address, serverName: "tenured",
                availableConnectionsDelegate: MaximumAvailableConnections(
                    api.limits.httpConnections + HTTPConnections.mostClosing, logger: quiet)),
            onServerRunning: { [file, endpoint, onListening, logger] channel in
                do {
                    if let file { bound.identity = try file.bound() }
                } catch {
                    logger.error("\(error)")
                }
                onListening(endpoint.bound(to: channel))
            },
            logger: quiet)
        defer { if let file, let identity = bound.identity { file.remove(ifStill: identity) } }
        do {
            try await application.run()
        } catch let error as IOError {
            throw ServerError.system(action: "listen", endpoint: "\(endpoint)", reason: "\(error)")
        }
    }
}

/// What `onServerRunning` learns for the end of `run`.
private final class BoundFile: Sendable {
    private let state = Mutex<SocketFile.Identity?>(nil)

    var identity: SocketFile.Identity? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
