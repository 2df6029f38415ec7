import Dispatch
import FoundationEssentials
import Glibc
import TestSupport

/// A directory of one test, short enough for a socket's path.
func withTemporaryDirectory<R>(_ body: (String) throws -> R) rethrows -> R {
    let directory = TemporaryDirectory()
    return try withExtendedLifetime(directory) { try body(directory.path) }
}

func withTemporaryDirectory<R>(_ body: (String) async throws -> R) async rethrows -> R {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    return try await body(directory.path)
}

struct SystemFailure: Error, CustomStringConvertible {
    let description: String

    init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
}

private func withAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

/// A listening socket of the test's own.
struct UnixListener {
    let descriptor: Int32

    init(path: String, backlog: Int32 = 8) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw SystemFailure("bind") }
        guard listen(descriptor, backlog) == 0 else { throw SystemFailure("listen") }
    }

    func close() { _ = Glibc.close(descriptor) }
}

/// A datagram socket of the test's own, as the service manager's and the journal's are.
final class DatagramSocket {
    private let descriptor: Int32

    private static let readTimeoutSeconds = 20

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw SystemFailure("bind") }
        var limit = timeval(tv_sec: Self.readTimeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func receive() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw SystemFailure("recv") }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Nothing waits.
    var isEmpty: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) < 0
    }
}

/// A client on a Unix socket, with a time limit on every read so that a test cannot hang.
///
/// Its calls block, on threads of their own: the daemon under test needs those of the tests.
struct TestClient {
    private let descriptor: Int32

    private static let readTimeoutSeconds = 20

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: Self.readTimeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard withAddress(path, { connect(descriptor, $0, $1) }) == 0 else { throw SystemFailure("connect") }
    }

    func send(_ text: String) async throws {
        try await blocking { [descriptor] in
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let sent = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { throw SystemFailure("send") }
                bytes = bytes.dropFirst(sent)
            }
        }
    }

    func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What comes next, at most 64 KiB; empty at the end.
    func receive() async throws -> String {
        try await blocking { [descriptor] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw SystemFailure("recv") }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    func receiveAll() async throws -> String {
        var text = ""
        while true {
            let piece = try await receive()
            if piece.isEmpty { return text }
            text += piece
        }
    }

    /// Everything up to and with the first piece that completes a line, once `word` has come.
    func receive(until word: String) async throws -> String {
        var text = ""
        while !(text.contains(word) && text.utf8.last == UInt8(ascii: "\n")) {
            let piece = try await receive()
            guard !piece.isEmpty else { return text }
            text += piece
        }
        return text
    }

    func close() { _ = Glibc.close(descriptor) }

    private func blocking<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
