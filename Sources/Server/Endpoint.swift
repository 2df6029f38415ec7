/// Where a listener listens.
public enum Endpoint: Sendable, Equatable {
    /// A socket file.
    case unix(path: String)
    /// A TCP port; 0 lets the system choose one.
    case tcp(host: String, port: Int)
    /// A socket that listens already.
    case inherited(InheritedSocket)
}

extension Endpoint {
    /// Reads `host:port`, `[v6]:port` or `port` alone, which means the loopback interface: a listener
    /// that the network can reach must name its interface.
    public init?(tcp text: String) {
        var host = "127.0.0.1"
        var portText = Substring(text)
        if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            portText = text[text.index(after: colon)...]
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        }
        guard !host.isEmpty, let port = UInt16(portText) else { return nil }
        self = .tcp(host: host, port: Int(port))
    }
}

extension Endpoint {
    /// Reached over TCP, where no file's mode says who may connect.
    public var isRemote: Bool {
        switch self {
        case .unix: false
        case .tcp: true
        case .inherited(let socket): !socket.address.hasPrefix("/")
        }
    }
}

extension Endpoint: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .inherited(let socket): socket.address
        }
    }
}
