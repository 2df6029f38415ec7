import Engine
import Glibc
import NIOCore
import Synchronization

/// Who is at the other end of a Unix socket, as the kernel says: the peer's credentials at the time of connect(2).
struct PeerCredentials: Sendable, Equatable {
    var user: uid_t
    var group: gid_t
    /// Supplementary groups.
    var groups: [gid_t] = []

    var userName: String { UserNames.shared.name(of: user) }

    func isMember(of wanted: gid_t) -> Bool { group == wanted || groups.contains(wanted) }
}

extension PeerCredentials {
    /// The layout of `struct ucred`, which Glibc declares only for _GNU_SOURCE.
    private struct UserCredentials {
        var process: pid_t = 0
        var user: uid_t = 0
        var group: gid_t = 0
    }

    /// SO_PEERGROUPS of asm-generic/socket.h, which Glibc's headers for Swift leave out.
    private static let peerGroups: CInt = 59

    /// Those of `channel`'s peer; nil where it is no Unix socket. On the channel's event loop.
    static func of(_ channel: any Channel) -> PeerCredentials? {
        guard let address = channel.remoteAddress, case .unixDomainSocket = address else { return nil }
        let found = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            PeerCredentials(ofSocket: $0)
        }
        return found ?? nil
    }

    /// unix(7): "SO_PEERCRED: This read-only socket option returns the credentials of the peer process
    /// connected to this socket"; SO_PEERGROUPS likewise its supplementary groups.
    init?(ofSocket descriptor: CInt) {
        var credentials = UserCredentials()
        var length = socklen_t(MemoryLayout<UserCredentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        self.init(user: credentials.user, group: credentials.group, groups: Self.groups(ofSocket: descriptor))
    }

    /// Asked twice: how many there are, and which. A peer's do not change any more.
    private static func groups(ofSocket descriptor: CInt) -> [gid_t] {
        var length: socklen_t = 0
        guard getsockopt(descriptor, SOL_SOCKET, peerGroups, nil, &length) != 0, errno == ERANGE, length > 0 else {
            return []
        }
        var groups = [gid_t](repeating: 0, count: Int(length) / MemoryLayout<gid_t>.size)
        guard getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &length) == 0 else { return [] }
        return groups
    }
}

extension Peer {
    /// The other end of `channel`: a user's name on a Unix socket, the remote address on TCP.
    static func of(_ channel: any Channel) -> EventLoopFuture<Peer> {
        channel.eventLoop.submit {
            let name = PeerCredentials.of(channel)?.userName ?? channel.remoteAddress?.ipAddress
            return Peer(name: name ?? "unknown")
        }
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
