import Engine
import Hummingbird
import Logging
public import UsageModel

/// The HTTP API: every path, each a question to the engine or an action of an operator.
struct API: Sendable {
    let engine: Engine
    let limits: ServerLimits
    let ingest: IngestConfiguration
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
        addQuestions(to: router)
        addRecords(to: router)
        addActions(to: router)
        addBacktest(to: router)
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
    public var ingestConnections: @Sendable () -> Int

    public init(
        version: String, sockets: @escaping @Sendable () -> JSON, uptimeSeconds: @escaping @Sendable () -> Double,
        ingestConnections: @escaping @Sendable () -> Int
    ) {
        self.version = version
        self.sockets = sockets
        self.uptimeSeconds = uptimeSeconds
        self.ingestConnections = ingestConnections
    }

    /// `status` as the engine gives it, completed with what only the process knows.
    func complete(_ status: JSON) -> JSON {
        let own: [JSON.Member] = [
            .init("version", .string(version)), .init("uptime_s", .double(uptimeSeconds().rounded())),
            .init("connections", .int(ingestConnections())), .init("sockets", sockets()),
        ]
        let engines = (status.members ?? []).filter { member in !own.contains { $0.name == member.name } }
        return .object([own[0]] + engines + own.dropFirst())
    }
}
