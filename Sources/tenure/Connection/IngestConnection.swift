import Glibc
import UsageModel
import WireFormat

/// A stream of event lines to the daemon, and its replies.
///
/// Replies are read whenever the daemon has written some, also while it does not take lines: a
/// sender that only wrote would leave its own errors unread until the end.
final class IngestConnection {
    private static let readByteCount = 65_536
    /// The tag of the `sync` that ends a stream.
    private static let lastTag = "tenure-end"
    /// How long the daemon may take to settle and evaluate what was sent, from its last reply on.
    static let settleTimeoutSeconds = 120

    private let socket: UnixSocket
    private var buffer = [UInt8](repeating: 0, count: readByteCount)
    private var splitter = LineSplitter()
    private let onReply: (Reply) throws -> Void
    /// From the newest ack.
    private(set) var settledLines: UInt64 = 0
    private(set) var seq: UInt64 = 0
    /// The daemon has closed its side.
    private(set) var isClosed = false
    private var isSynced = false

    init(address: SocketAddress, onReply: @escaping (Reply) throws -> Void) throws {
        socket = try UnixSocket(connectingTo: address.ingestPath)
        self.onReply = onReply
    }

    /// Writes all of `bytes`, reading replies meanwhile.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let written = try socket.writeAvailable(rest)
            offset += written
            let wait = offset == bytes.count ? 0 : -1
            _ = try serve(events: written == rest.count ? 0 : Int16(POLLOUT), timeoutMilliseconds: Int32(wait))
        }
    }

    /// For what the kernel knows of the other side.
    var descriptor: Int32 { socket.descriptor }

    /// Takes what replies come within `milliseconds`; returns at the first.
    func takeReplies(waitingAtMost milliseconds: Int32) throws {
        _ = try serve(events: 0, timeoutMilliseconds: milliseconds)
    }

    /// Waits until `descriptor` has something to read, reading replies meanwhile.
    func wait(for descriptor: Int32) throws {
        while !(try serve(events: 0, also: descriptor, timeoutMilliseconds: -1)) {}
    }

    /// Asks for a `sync` and waits for it, so that everything sent is durable and evaluated; then closes.
    func finish() throws {
        // The line feed ends a last line that had none; an empty line is no event.
        let line = Array("\n{\"type\":\"sync\",\"tag\":\"\(Self.lastTag)\"}\n".utf8)
        try line.withUnsafeBytes { try write($0) }
        while !isSynced {
            let timeout = Int32(Self.settleTimeoutSeconds * 1_000)
            let before = (settledLines, seq)
            let arrived = try serve(events: 0, timeoutMilliseconds: timeout)
            if !arrived, !isSynced, before == (settledLines, seq) {
                throw CommandError(
                    .timedOut,
                    "tenured has said nothing for \(Self.settleTimeoutSeconds) s; lines settled: \(settledLines)",
                    advice: "`tenure status` says what it is doing; what was not settled must be sent again")
            }
        }
        socket.finishWriting()
    }

    /// Polls once and takes the replies that are there.
    /// - Returns: whether anything was ready: the socket for writing, `also` for reading, or replies.
    private func serve(events: Int16, also descriptor: Int32 = -1, timeoutMilliseconds: Int32) throws -> Bool {
        var polls = [
            pollfd(fd: socket.descriptor, events: Int16(POLLIN) | events, revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&polls, 2, timeoutMilliseconds)
        if ready < 0 {
            if errno == EINTR { return false }
            throw UnixSocket.systemFailure("cannot wait for tenured")
        }
        if polls[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { try readReplies() }
        return descriptor >= 0 ? polls[1].revents != 0 : ready > 0
    }

    private func readReplies() throws {
        let count = try buffer.withUnsafeMutableBytes { try socket.read(into: $0) }
        guard count > 0 else {
            isClosed = true
            throw CommandError(
                .unreachable, "tenured closed the connection; lines settled: \(settledLines)",
                advice: "it has ended or is stopping; what was not settled must be sent again")
        }
        try buffer.withUnsafeBytes { bytes in
            _ = try splitter.split(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { line in
                if let reply = Reply(parsing: line) { try take(reply) }
                return true
            }
        }
    }

    private func take(_ reply: Reply) throws {
        switch reply {
        case .ack(let lines, let seq):
            settledLines = max(settledLines, lines)
            self.seq = max(self.seq, seq)
        case .sync(let tag, let lines, let seq):
            settledLines = max(settledLines, lines)
            self.seq = max(self.seq, seq)
            if tag == Self.lastTag { isSynced = true }
        case .error, .hello, .pong, .busy:
            break
        }
        try onReply(reply)
    }
}
