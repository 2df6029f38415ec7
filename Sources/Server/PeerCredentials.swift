import Engine
import Glibc
import NIOCore
import Synchronization

/// Who is at the other end, as the kernel says.
///
/// unix(7): "SO_PEERCRED: This read-only socket option returns the credentials of the peer process
/// connected to this socket", as a `struct ucred`: those at the time of connect(2).
enum PeerCredentials {
    /// The layout of `struct ucred`, which Glibc declares only for _GNU_SOURCE.
    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// The peer of `channel`: a user's name on a Unix socket, the remote address on TCP.
    static func peer(of channel: any Channel) -> EventLoopFuture<Peer> {
        let unknown = Peer(name: "unknown")
        if let address = channel.remoteAddress, case .unixDomainSocket = address {
            guard let options = channel as? any SocketOptionProvider else {
                return channel.eventLoop.makeSucceededFuture(unknown)
            }
            let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
            return credentials.map { Peer(name: UserNames.shared.name(of: $0.user)) }.recover { _ in unknown }
        }
        return channel.eventLoop.makeSucceededFuture(
            channel.remoteAddress?.ipAddress.map { Peer(name: $0) } ?? unknown)
    }
}

/// Names of the system's users. Remembered, because a look into the user database reads files and
/// this is asked on the event loops.
private final class UserNames: Sendable {
    static let shared = UserNames()

    private let names = Mutex<[uid_t: String]>([:])

    /// More users than these on one machine are looked up anew each time.
    private static let greatestCount = 1_024
    /// Enough for a line of /etc/passwd.
    private static let entryBytes = 4_096

    func name(of user: uid_t) -> String {
        if let known = names.withLock({ $0[user] }) { return known }
        let name = Self.lookUp(user) ?? String(user)
        names.withLock { if $0.count < Self.greatestCount { $0[user] = name } }
        return name
    }

    private static func lookUp(_ user: uid_t) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: entryBytes) { buffer in
            guard getpwuid_r(user, &entry, buffer.baseAddress!, buffer.count, &found) == 0, found != nil,
                let name = entry.pw_name
            else { return nil }
            return String(cString: name)
        }
    }
}
