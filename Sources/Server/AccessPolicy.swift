public import Glibc
import Engine
import HTTPTypes
import NIOCore

/// What a caller of the HTTP API may do. Who may change may also read.
public enum AccessRight: String, Sendable {
    case read
    case change
}

/// Who may do what over the HTTP API.
///
/// Whether somebody may connect to a Unix socket is decided by the socket file's mode; whether a caller may
/// change something by a group, as the kernel tells it. Over TCP, where the kernel knows nobody, a token says both.
public struct AccessPolicy: Sendable {
    /// A group of the system's.
    public struct Group: Sendable, Equatable {
        public var name: String
        public var id: gid_t

        public init(name: String, id: gid_t) {
            self.name = name
            self.id = id
        }
    }

    /// Whose members may change something; nil: whoever may connect.
    public var changeGroup: Group?
    public var tokens = AccessTokens()

    public init() {}
}

/// Somebody who asks or acts, and may.
struct Caller: Sendable {
    var peer: Peer
    var right: AccessRight
}

extension AccessPolicy {
    /// Who is at the other end of a request.
    ///
    /// Throws 401 for a TCP connection without a token that is known.
    func caller(
        on channel: any Channel, authorization: String?
    ) async throws -> Caller {
        let (credentials, address) = try await channel.eventLoop.submit {
            (PeerCredentials.of(channel), channel.remoteAddress?.ipAddress)
        }.get()
        if let credentials {
            return Caller(peer: Peer(name: credentials.userName), right: right(of: credentials))
        }
        guard let address else { return Caller(peer: Peer(name: "unknown"), right: .read) }
        guard let holder = authorization.flatMap(Self.bearer).flatMap({ tokens.holder(of: $0.utf8) }) else {
            throw RequestRefusal.unauthorized
        }
        return Caller(peer: Peer(name: "\(holder.name)@\(address)"), right: holder.right)
    }

    /// Root and the daemon's own user may always change: both could do so without asking.
    func right(of credentials: PeerCredentials, ownUser: uid_t = geteuid()) -> AccessRight {
        guard let changeGroup else { return .change }
        let isTrusted = credentials.user == 0 || credentials.user == ownUser
        return isTrusted || credentials.isMember(of: changeGroup.id) ? .change : .read
    }

    /// What to tell `caller`, who may not change anything.
    func refusal(of caller: Caller) -> RequestRefusal {
        let remedy =
            changeGroup.map {
                "this needs membership of the group \"\($0.name)\" (http.change_group): "
                    + "`usermod -aG \($0.name) USER`, then log in again"
            } ?? "this needs a token with the right `change` (http.tokens)"
        return .forbidden("\(caller.peer.name) may look but not change anything; \(remedy)")
    }

    /// RFC 6750, section 2.1; the scheme's name in any case.
    private static func bearer(_ authorization: String) -> Substring? {
        let words = authorization.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return words[1]
    }
}
