import Engine
import Logging
import Portraits
import ServiceLifecycle
import UsageModel

@testable import Server

/// An engine with its listeners in this process, on sockets in a directory of the test's own.
struct TestDaemon {
    let engine: Engine
    let connections: IngestConnections
    let directory: String

    var ingestPath: String { directory + "/ingest.sock" }
    var httpPath: String { directory + "/http.sock" }

    /// Runs `body` against a daemon, then stops the daemon as SIGTERM does. The event clock is used so
    /// that events of any date are taken.
    static func run<R: Sendable>(
        configuration: IngestConfiguration = IngestConfiguration(), engineLimits: EngineLimits = EngineLimits(),
        in directory: String, _ body: @escaping @Sendable (TestDaemon) async throws -> R
    ) async throws -> R {
        var settings = Settings()
        settings.clock = .event
        var engineConfiguration = EngineConfiguration(
            stateDirectory: directory + "/state", settings: settings,
            loadRules: { RulesSource(fileName: "test", text: "flags: []\n") }, zoneData: { _ in nil },
            wallClock: { Timestamp(milliseconds: 1_795_000_000_000) }, bootClock: { 0 },
            report: { _, _ in })
        engineConfiguration.limits = engineLimits
        let engine = try Engine.open(engineConfiguration)
        engine.start()
        let connections = IngestConnections(limits: configuration.limits)
        let daemon = TestDaemon(engine: engine, connections: connections, directory: directory)
        let result = await daemon.serve(configuration, body)
        await engine.stop()
        return try result.get()
    }

    private func serve<R: Sendable>(
        _ configuration: IngestConfiguration, _ body: @escaping @Sendable (TestDaemon) async throws -> R
    ) async -> Result<R, any Error> {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (listening, announce) = AsyncStream.makeStream(of: Endpoint.self)
        let httpChannels = OpenHTTPChannels(limits: configuration.limits)
        let surroundings = Surroundings(
            version: "0", sockets: { .object([]) }, uptimeSeconds: { 1 }, startSeconds: 1_795_000_000,
            ingestConnections: connections, httpChannels: httpChannels, limits: configuration.limits,
            configuration: { .object([]) })
        let group = ServiceGroup(
            services: [
                HTTPListener(
                    endpoint: .unix(path: httpPath), engine: engine, ingest: configuration, access: AccessPolicy(),
                    surroundings: surroundings, channels: httpChannels,
                    connections: HTTPConnections(limits: configuration.limits), logger: logger,
                    onListening: { announce.yield($0) }),
                IngestListener(
                    endpoint: .unix(path: ingestPath), engine: engine, configuration: configuration,
                    connections: connections, logger: logger, onListening: { announce.yield($0) }),
            ], logger: logger)
        let serving = Task { try await group.run() }
        var iterator = listening.makeAsyncIterator()
        for _ in 0..<2 { _ = await iterator.next() }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(self))
        } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        do {
            try await serving.value
        } catch {
            return .failure(error)
        }
        return result
    }

    /// The status line and the body of one request.
    func request(_ method: String, _ target: String, body: String = "") async throws -> (
        status: Int, json: JSON, text: String
    ) {
        let client = try TestClient(path: httpPath)
        defer { client.close() }
        try await client.send(
            "\(method) \(target) HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        let answer = Array(try await client.receiveAll().utf8)
        let status = answer.split(separator: UInt8(ascii: " ")).dropFirst().first.map {
            String(decoding: $0, as: UTF8.self)
        }
        let text = String(decoding: Self.body(of: answer), as: UTF8.self)
        return (status.flatMap { Int($0) } ?? 0, (try? JSON(parsing: text)) ?? .null, text)
    }

    /// What stands behind the empty line that ends the head.
    private static func body(of answer: [UInt8]) -> ArraySlice<UInt8> {
        let end = Array("\r\n\r\n".utf8)
        for start in answer.indices where answer[start...].starts(with: end) { return answer[(start + end.count)...] }
        return []
    }
}
