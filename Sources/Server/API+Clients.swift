import Clients
import Hummingbird
import UsageModel
import WireFormat

extension API {
    /// The paths of other systems' clients, beside our own `/v1/events`. Each is found with and without a slash at
    /// its end.
    func addClients(to router: Router<APIContext>) {
        let paths: [(path: RouterPath, call: ClientCall)] = [
            ("/v1/events", .lines),
            ("/v1/batch", .segmentBatch), ("/v1/import", .segmentBatch),
            ("/v1/track", .segment(.track)), ("/v1/page", .segment(.page)), ("/v1/screen", .segment(.screen)),
            ("/v1/identify", .segment(.identify)), ("/v1/group", .segment(.group)), ("/v1/alias", .segment(.alias)),
            ("/batch", .postHog), ("/capture", .postHog), ("/i/v0/e", .postHog),
            ("/i/v1/analytics/events", .postHogEvents),
            ("/api/v1/events", .cloudEvents),
        ]
        for (path, call) in paths {
            router.post(path) { try await takeEvents(call, $0, $1) }
        }
        for (path, call) in [("/write", ClientCall.influx1), ("/api/v2/write", .influx2)] as [(RouterPath, ClientCall)]
        {
            router.post(path) { request, context in
                try await takeEvents(call, request, context, precision: Self.precision(request.uri.query))
            }
        }
        addInfluxSurroundings(to: router)
    }

    /// What InfluxDB's clients ask before they write.
    private func addInfluxSurroundings(to router: Router<APIContext>) {
        let query: @Sendable (Request, APIContext) async throws -> Response = { request, _ in
            let query = try QueryParameters(request.uri.query, known: ["q"], ignoresOthers: true)["q"] ?? ""
            guard query.lowercased().hasPrefix("create database") else {
                throw RequestRefusal.badRequest("only writes are taken here, and CREATE DATABASE, which does nothing")
            }
            return Response(json: ["results": .array([["statement_id": .int(0)]])])
        }
        router.get("/query", use: query)
        router.post("/query", use: query)
        let ping: @Sendable (Request, APIContext) async throws -> Response = { _, _ in Response(status: .noContent) }
        router.get("/ping", use: ping)
        router.head("/ping", use: ping)
        router.get("/health") { _, _ in
            Response(
                json: [
                    "name": "tenured", "message": "ready for writes", "status": "pass",
                    "version": .string(surroundings.version),
                ])
        }
    }

    /// The `precision` of a write: nanoseconds where none is named, whatever our own lines have. InfluxDB 1 has
    /// shorter names for two of them.
    private static func precision(_ query: String?) throws(RequestRefusal) -> TimestampPrecision {
        let name = try QueryParameters(query, known: ["precision"], ignoresOthers: true)["precision"]
        switch name ?? "n" {
        case "n": return .ns
        case "u", "µ": return .us
        case let name:
            guard let precision = TimestampPrecision(rawValue: name) else {
                throw .badRequest("precision=\(name): give one of ns, us, ms, s, m, h")
            }
            return precision
        }
    }
}
