/// Why a listener cannot listen; every case says what to do.
public enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process answers on the socket file.
    case socketInUse(path: String)
    /// Something that is no socket stands where the socket file should be.
    case notASocket(path: String)
    /// Longer than `sockaddr_un` holds.
    case pathTooLong(path: String, greatestByteCount: Int)
    /// The service manager passed a descriptor that is no listening stream socket.
    case notListening(name: String, descriptor: Int32)
    /// The system refused `action`.
    case system(action: String, endpoint: String, reason: String)

    public var description: String {
        switch self {
        case .socketInUse(let path):
            "\(path): another daemon listens there; stop it, or choose another --run-dir"
        case .notASocket(let path):
            "\(path): is in the way and is not a socket; move it, or choose another --run-dir"
        case .pathTooLong(let path, let greatest):
            "\(path): a socket's path may have \(greatest) bytes, this one has \(path.utf8.count); "
                + "choose a shorter --run-dir"
        case .notListening(let name, let descriptor):
            "descriptor \(descriptor) (\"\(name)\") from the service manager is no listening stream socket; "
                + "its socket unit needs ListenStream= and Accept=no"
        case .system(let action, let endpoint, let reason):
            "\(endpoint): cannot \(action): \(reason)"
        }
    }
}
