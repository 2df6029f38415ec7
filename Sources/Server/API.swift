import Engine
import Hummingbird
import Logging
import NIOCore
public import UsageModel

/// The HTTP API: every path, each a question to the engine or an action of an operator.
struct API: Sendable {
    let engine: Engine
    let limits: ServerLimits
    let ingest: IngestConfiguration
    let access: AccessPolicy
    /// Requests come over TCP, from other machines perhaps.
    let isRemote: Bool
    /// Memory for bodies that are read whole, of all listeners together.
    let bodies: ByteBudget
    /// What `status` and `/metrics` say about the process around the engine.
    let surroundings: Surroundings
    let logger: Logger

    func router() -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: RefusalMiddleware())
        router.get("/healthz") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: ByteBuffer(string: "ok\n")))
        }
        let reading = router.group().add(middleware: AccessGuard(policy: access, needed: .read))
        addQuestions(to: reading)
        addRecords(to: reading)
        addBacktest(to: reading)
        let changing = router.group().add(middleware: AccessGuard(policy: access, needed: .change))
        addActions(to: changing.group().add(middleware: ActionLog(logger: logger)))
        addClients(to: router)
        return router
    }
}

/// The process around the engine, as far as answers mention it.
public struct Surroundings: Sendable {
    public var version: String
    /// Where events come in and where questions are asked, by name of the listener.
    public var sockets: @Sendable () -> JSON
    public var uptimeSeconds: @Sendable () -> Double
    /// Since 1970.
    public var startSeconds: Int
    public var ingestConnections: IngestConnections
    public var httpChannels: OpenHTTPChannels
    public var limits: ServerLimits
    /// Every setting as it is in force.
    public var configuration: @Sendable () -> JSON

    public init(
        version: String, sockets: @escaping @Sendable () -> JSON, uptimeSeconds: @escaping @Sendable () -> Double,
        startSeconds: Int, ingestConnections: IngestConnections, httpChannels: OpenHTTPChannels, limits: ServerLimits,
        configuration: @escaping @Sendable () -> JSON
    ) {
        self.version = version
        self.sockets = sockets
        self.uptimeSeconds = uptimeSeconds
        self.startSeconds = startSeconds
        self.ingestConnections = ingestConnections
        self.httpChannels = httpChannels
        self.limits = limits
        self.configuration = configuration
    }

    /// `status` as the engine gives it, completed with what only the process knows.
    func complete(_ status: JSON, for caller: Caller?) -> JSON {
        let process = ProcessFigures.now()
        let own: [JSON.Member] = [
            .init("version", .string(version)), .init("uptime_s", .double(uptimeSeconds().rounded())),
            .init("connections", .int(ingestConnections.count)),
            .init("connections_limit", .int(limits.ingestConnections)),
            .init("http_connections", .int(httpChannels.count)),
            .init("http_connections_limit", .int(limits.httpConnections)), .init("sockets", sockets()),
            .init(
                "process",
                .object([
                    .init("id", .int(process.id)), .init("resident_bytes", .int(process.residentBytes)),
                    .init("open_files", .int(process.openFiles)),
                    .init("open_files_limit", .int(process.openFilesLimit)),
                ])),
            .init(
                "you",
                caller.map {
                    ["name": .string($0.peer.name), "may_change": .bool($0.right == .change)]
                } ?? .null),
        ]
        let engines = (status.members ?? []).filter { member in !own.contains { $0.name == member.name } }
        return .object([own[0]] + engines + own.dropFirst())
    }
}
