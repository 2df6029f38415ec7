import NIOCore
import NIOPosix

/// A listening channel and, for a Unix socket, its file.
struct Binding: Sendable {
    /// As bound: with the port that the system chose.
    let endpoint: Endpoint
    private let channel: any Channel
    private let file: (file: SocketFile, identity: SocketFile.Identity)?

    static func bind(_ bootstrap: ServerBootstrap, to endpoint: Endpoint) async throws -> Binding {
        switch endpoint {
        case .unix(let path):
            let file = SocketFile(path: path)
            try file.claim()
            let channel = try await naming(endpoint) { try await bootstrap.bind(unixDomainSocketPath: path).get() }
            return Binding(endpoint: endpoint, channel: channel, file: (file, try file.bound()))
        case .tcp(let host, let port):
            let channel = try await naming(endpoint) { try await bootstrap.bind(host: host, port: port).get() }
            return Binding(endpoint: endpoint.bound(to: channel), channel: channel, file: nil)
        case .inherited(let socket):
            let channel = try await naming(endpoint) { try await bootstrap.withBoundSocket(socket.descriptor).get() }
            return Binding(endpoint: endpoint, channel: channel, file: nil)
        }
    }

    /// Stops accepting and removes the socket file. An inherited socket goes on listening for whoever comes next.
    func release() async {
        file.map { $0.file.remove(ifStill: $0.identity) }
        try? await channel.close()
    }

    private static func naming(
        _ endpoint: Endpoint, _ body: () async throws -> any Channel
    ) async throws(ServerError) -> any Channel {
        do {
            return try await body()
        } catch {
            throw .system(action: "listen", endpoint: "\(endpoint)", reason: "\(error)")
        }
    }
}

extension Endpoint {
    /// The same with the port that `channel` was given.
    func bound(to channel: any Channel) -> Endpoint {
        guard case .tcp(let host, let port) = self else { return self }
        return .tcp(host: host, port: channel.localAddress?.port ?? port)
    }
}
