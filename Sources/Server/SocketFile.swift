import FoundationEssentials
import Glibc

/// A Unix socket's file: refuses to steal a live one, replaces a stale one, and goes away with its owner.
struct SocketFile: Sendable {
    let path: String

    /// Read and write for the owner and the owner's group: who may connect is decided by the group.
    static let mode: mode_t = 0o660

    /// `sun_path` holds 108 bytes on Linux, the last of them a NUL.
    static let greatestPathByteCount = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Makes room at `path`: nothing there is fine, a socket on which nobody answers is removed,
    /// everything else is refused.
    func claim() throws(ServerError) {
        guard path.utf8.count <= Self.greatestPathByteCount else {
            throw .pathTooLong(path: path, greatestByteCount: Self.greatestPathByteCount)
        }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            // Nothing there, or a directory that may not be looked into: then binding says why.
            return
        }
        guard attributes[.type] as? FileAttributeType == .typeSocket else { throw .notASocket(path: path) }
        guard try !isAnswered() else { throw .socketInUse(path: path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw systemError("remove the stale socket file") }
    }

    /// To be called once the socket is bound; returns the file's identity for `remove(ifStill:)`.
    func bound() throws(ServerError) -> Identity {
        guard chmod(path, Self.mode) == 0, let identity = identity() else {
            throw systemError("set the socket file's mode")
        }
        return identity
    }

    struct Identity: Sendable, Equatable {
        var fileSystem: Int
        var file: Int
    }

    /// Removes the file unless somebody has put another one in its place meanwhile.
    func remove(ifStill identity: Identity) {
        if self.identity() == identity { unlink(path) }
    }

    private func identity() -> Identity? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let fileSystem = attributes[.systemNumber] as? Int, let file = attributes[.systemFileNumber] as? Int
        else { return nil }
        return Identity(fileSystem: fileSystem, file: file)
    }

    /// Whether a process accepts connections there. A full backlog counts as an answer.
    private func isAnswered() throws(ServerError) -> Bool {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw systemError("make a socket") }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if status == 0 || errno == EAGAIN || errno == EINPROGRESS { return true }
        if errno == ECONNREFUSED || errno == ENOENT { return false }
        throw systemError("find out whether somebody listens there")
    }

    private func systemError(_ action: String) -> ServerError {
        .system(action: action, endpoint: path, reason: String(cString: strerror(errno)))
    }
}
