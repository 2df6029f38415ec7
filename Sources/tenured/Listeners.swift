import Server

/// Which listeners there are and where: those that the service manager passed on, and beside them the daemon's own.
struct Listeners: Equatable {
    /// What a listener takes, with the names by which socket units, `status` and the announcement call it.
    enum Role: String, CaseIterable {
        case ingest
        case ingestTCP = "ingest_tcp"
        case http
        case httpTCP = "http_tcp"

        var isIngest: Bool { self == .ingest || self == .ingestTCP }
    }

    struct Listener: Equatable {
        var role: Role
        var endpoint: Endpoint
    }

    private(set) var all: [Listener]

    /// Sockets that were passed on take the place of the daemon's own of the same role.
    init(_ configuration: Configuration, _ places: Places, inherited: [InheritedSocket]) throws(ConfigurationError) {
        var listeners: [Listener] = []
        for socket in inherited {
            guard let role = Role(rawValue: socket.name) else {
                throw ConfigurationError(
                    "the service manager passed a socket named \"\(socket.name)\"; FileDescriptorName= in its socket unit "
                        + "must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            listeners.append(Listener(role: role, endpoint: .inherited(socket)))
        }
        let own: [(Role, Endpoint?)] = [
            (.ingest, .unix(path: places.ingestSocket)), (.ingestTCP, configuration.ingestTCP),
            (.http, .unix(path: places.httpSocket)), (.httpTCP, configuration.httpTCP),
        ]
        for case (let role, let endpoint?) in own where !listeners.contains(where: { $0.role == role }) {
            listeners.append(Listener(role: role, endpoint: endpoint))
        }
        all = listeners
    }

    /// Some socket's file is made by the daemon itself.
    var needsRunDirectory: Bool {
        all.contains { if case .unix = $0.endpoint { true } else { false } }
    }
}
