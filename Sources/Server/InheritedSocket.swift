import Glibc

/// A listening socket that the service manager has made and passed on (sd_listen_fds(3)).
///
/// It outlives the daemon: whoever connects while one daemon has ended and the next is still replaying
/// waits in the socket's backlog instead of being refused.
public struct InheritedSocket: Sendable, Equatable {
    /// What it is for: `FileDescriptorName=` of its socket unit.
    public let name: String
    let descriptor: CInt
    /// Where it listens, for people.
    let address: String

    /// sd_listen_fds(3): "SD_LISTEN_FDS_START … the first file descriptor passed", which is 3.
    private static let firstDescriptor: CInt = 3

    /// The sockets that `environment` says were passed to this process; none when it was started in
    /// another way. Children of this process will neither inherit them nor think that they did.
    public static func take(environment: [String: String]) throws(ServerError) -> [InheritedSocket] {
        try take(environment: environment, process: getpid(), first: firstDescriptor)
    }

    static func take(
        environment: [String: String], process: pid_t, first: CInt
    ) throws(ServerError) -> [InheritedSocket] {
        // sd_listen_fds(3) checks the process, so that what a parent was passed is not taken for one's own.
        guard let passed = environment["LISTEN_PID"], pid_t(passed) == process else { return [] }
        let count = environment["LISTEN_FDS"].flatMap { CInt($0) } ?? 0
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(variable) }
        var sockets: [InheritedSocket] = []
        for offset in 0..<max(count, 0) {
            let name = Int(offset) < names.count ? String(names[Int(offset)]) : ""
            sockets.append(try InheritedSocket(name: name, descriptor: first + offset))
        }
        return sockets
    }

    private init(name: String, descriptor: CInt) throws(ServerError) {
        self.name = name
        self.descriptor = descriptor
        guard Self.option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue),
            Self.option(SO_ACCEPTCONN, of: descriptor) == 1
        else { throw .notListening(name: name, descriptor: descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        address = Self.address(of: descriptor) ?? "descriptor \(descriptor)"
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func address(of descriptor: CInt) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> String? in
                guard getsockname(descriptor, address, &length) == 0 else { return nil }
                if CInt(address.pointee.sa_family) == AF_UNIX { return path(address, length) }
                return hostAndPort(address, length)
            }
        }
    }

    /// unix(7): a pathname socket's `sun_path` is NUL-terminated; an abstract one begins with a NUL.
    private static func path(_ address: UnsafeMutablePointer<sockaddr>, _ length: socklen_t) -> String? {
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(length)).dropFirst(offset)
        if bytes.first == 0 { return "@" + String(decoding: bytes.dropFirst(), as: UTF8.self) }
        let path = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        return path.isEmpty ? nil : path
    }

    private static func hostAndPort(_ address: UnsafeMutablePointer<sockaddr>, _ length: socklen_t) -> String? {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let flags = NI_NUMERICHOST | NI_NUMERICSERV
        guard
            getnameinfo(
                address, length, &host, socklen_t(host.count), &port, socklen_t(port.count), CInt(flags)) == 0
        else { return nil }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return Endpoint.tcp(host: text(host), port: Int(text(port)) ?? 0).description
    }
}
