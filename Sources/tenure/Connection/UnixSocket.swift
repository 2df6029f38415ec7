import Glibc

/// One connected stream socket. The one place of this program that knows errno of sockets.
///
/// Not thread-safe; closed when it goes out of scope.
final class UnixSocket {
    let descriptor: Int32
    let path: String

    /// Connects.
    ///
    /// - Throws: `CommandError.unreachable` that tells a missing socket, a refused connection and
    ///   missing permission apart.
    init(connectingTo path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.systemFailure("cannot make a socket") }

        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            close(descriptor)
            throw CommandError(
                .unreachable,
                "the socket's path is longer than the \(capacity - 1) bytes that Unix sockets allow: \(path)",
                advice: "go to its directory and name it by a shorter, relative path with --socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw Self.connectFailure(code, path: path)
        }
    }

    deinit { close(descriptor) }

    static func connectFailure(_ code: Int32, path: String) -> CommandError {
        switch code {
        case ENOENT, ENOTDIR:
            CommandError(
                .unreachable, "there is no socket at \(path)",
                advice: """
                    tenured is not running, or keeps its sockets elsewhere (it prints the place when it starts)
                    start it with `tenured`, or name its socket with --socket PATH or TENURE_SOCKET=PATH
                    """)
        case ECONNREFUSED:
            CommandError(
                .unreachable, "nobody listens at \(path)",
                advice: """
                    the socket was left behind by a tenured that has ended; start it again with `tenured`
                    under systemd `systemctl status tenured` says why it ended
                    """)
        case EACCES, EPERM:
            CommandError(
                .unreachable, "no permission to use \(path)",
                advice: permissionAdvice(path))
        case ENOTSOCK, EPROTOTYPE:
            CommandError(
                .unreachable, "\(path) is not a stream socket", advice: "name the daemon's http.sock with --socket")
        default:
            CommandError(.unreachable, "cannot connect to \(path): \(String(cString: strerror(code)))")
        }
    }

    /// Whom the socket belongs to and how to become one of them, as far as that can be seen from outside.
    private static func permissionAdvice(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let slash = path.lastIndex(of: "/")
            let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            return """
                its directory \(directory) may not be entered by this user
                `ls -ld \(directory)` shows who may; run this as that user, or join that group and log in again
                """
        }
        let user = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) } ?? String(status.st_uid)
        let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } ?? String(status.st_gid)
        // To connect is to write (unix(7)). Nobody should join the group of the superuser for this.
        return status.st_mode & S_IWGRP != 0 && status.st_gid != 0
            ? """
            it is open to user \(user) and group \(group)
            join with `sudo usermod -aG \(group) $USER` and log in again, or run this as \(user)
            """ : "it is open to user \(user) alone; run this as \(user)"
    }

    static func systemFailure(_ doing: String) -> CommandError {
        CommandError(.failed, "\(doing): \(String(cString: strerror(errno)))")
    }

    /// After this many seconds without a byte, reading fails with `timedOut`; 0 waits for ever.
    func setReadTimeout(seconds: Int) {
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Writes all of `bytes`, waiting as long as it takes.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            let sent = send(descriptor, bytes.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            if sent >= 0 {
                offset += sent
            } else if errno != EINTR {
                throw lost()
            }
        }
    }

    /// Reads what is there, waiting for the first byte; 0 when the daemon has closed.
    ///
    /// - Throws: also when somebody asks this process to end, if it watches for that.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            guard !StopSignal.arrived else { throw CommandError(.failed, "stopped") }
            let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if received >= 0 { return received }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                throw CommandError(
                    .timedOut, "tenured at \(path) took the question and does not answer",
                    advice: "`tenure status` says whether it is still replaying its log")
            default: throw lost()
            }
        }
    }

    /// Reads without waiting; nil when nothing is there, 0 when the daemon has closed.
    func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        while true {
            let received = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if received >= 0 { return received }
            if errno == EAGAIN { return nil }
            if errno != EINTR { throw lost() }
        }
    }

    /// Writes without waiting.
    /// - Returns: bytes taken; 0 when the daemon is not reading just now.
    func writeAvailable(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        while true {
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let sent = send(descriptor, bytes.baseAddress, bytes.count, flags)
            if sent >= 0 { return sent }
            if errno == EAGAIN { return 0 }
            if errno != EINTR { throw lost() }
        }
    }

    /// No more bytes will be written; replies still arrive.
    func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    private func lost() -> CommandError {
        CommandError(
            .unreachable, "the connection to \(path) broke: \(String(cString: strerror(errno)))",
            advice: "tenured has ended or dropped this connection; its log says why")
    }
}
