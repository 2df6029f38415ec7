import UsageModel
import WireFormat

/// One connection over which the lines of a spool are delivered, from what is not settled on.
final class SpoolDelivery {
    private let socket: UnixSocket
    private var splitter = LineSplitter()
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// The spool's next byte for this connection.
    private var offset: Int
    /// Read from the spool and not taken by the socket yet.
    private var outgoing: ArraySlice<UInt8> = []
    /// Where each line that was read and is not settled ends in the spool, in order.
    private var ends: [Int] = []
    private var settledLines: UInt64 = 0
    private var isSynced = false

    /// Bytes on their way at most: some commits' worth, and little to send again after a break.
    private static let inFlightByteCount = 8 << 20
    private static let readByteCount = 256 << 10
    private static let syncTag = "tenure-spool"

    init(socket: UnixSocket, from offset: Int) {
        self.socket = socket
        self.offset = offset
    }

    var descriptor: Int32 { socket.descriptor }

    /// Whether there is something to send now.
    func hasMore(in spool: Spool) -> Bool {
        !outgoing.isEmpty || (offset < spool.byteCount && offset - spool.settled < Self.inFlightByteCount)
    }

    /// Takes the replies that are there and sends what the socket takes, without waiting.
    /// - Returns: how many lines were settled.
    func move(_ spool: Spool, reply: (Reply) throws -> Void) throws -> Int {
        let before = settledLines
        while try receive({ try take($0, spool: spool, reply) }) {}
        while hasMore(in: spool) {
            if outgoing.isEmpty { try load(spool) }
            let written = try outgoing.withUnsafeBytes { try socket.writeAvailable($0) }
            outgoing = outgoing.dropFirst(written)
            if written == 0 { break }
        }
        return Int(settledLines - before)
    }

    /// Waits until everything sent is evaluated and seen by every later question.
    func sync(reply: (Reply) throws -> Void) throws {
        let line = Array("{\"type\":\"sync\",\"tag\":\"\(Self.syncTag)\"}\n".utf8)
        try line.withUnsafeBytes { try socket.write($0) }
        socket.setReadTimeout(seconds: IngestConnection.settleTimeoutSeconds)
        while !isSynced {
            let count = try buffer.withUnsafeMutableBytes { try socket.read(into: $0) }
            try split(count) { answer in
                if case .sync(Self.syncTag, _, _) = answer { isSynced = true }
                try reply(answer)
            }
        }
    }

    /// How the line that a reply calls `number` begins; empty when it is settled already.
    func text(ofLine number: UInt64, in spool: Spool) -> String {
        let index = Int(number) - 1 - Int(settledLines)
        guard ends.indices.contains(index) else { return "" }
        let start = index == 0 ? spool.settled : ends[index - 1]
        let bytes = (try? spool.read(from: start, limit: min(Self.quotedByteCount, ends[index] - 1 - start))) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Of a line that is refused: enough to find it by.
    private static let quotedByteCount = 200

    private func load(_ spool: Spool) throws {
        var bytes = try spool.read(from: offset, limit: Self.readByteCount)
        // A piece ends with a line unless that line is longer than a piece.
        if let last = bytes.lastIndex(of: UInt8(ascii: "\n")) { bytes.removeLast(bytes.count - last - 1) }
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { ends.append(offset + index + 1) }
        offset += bytes.count
        outgoing = bytes[...]
    }

    /// - Returns: whether there may be more.
    private func receive(_ body: (Reply) throws -> Void) throws -> Bool {
        guard let count = try buffer.withUnsafeMutableBytes({ try socket.readAvailable(into: $0) }) else {
            return false
        }
        try split(count, body)
        return true
    }

    private func split(_ count: Int, _ body: (Reply) throws -> Void) throws {
        guard count > 0 else { throw CommandError(.unreachable, "tenured closed the connection") }
        try buffer.withUnsafeBytes { bytes in
            _ = try splitter.split(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { line in
                if let reply = Reply(parsing: line) { try body(reply) }
                return true
            }
        }
    }

    private func take(_ reply: Reply, spool: Spool, _ body: (Reply) throws -> Void) throws {
        try body(reply)
        guard case .ack(let lines, _) = reply, lines > settledLines else { return }
        let count = Int(lines - settledLines)
        guard count <= ends.count else { throw CommandError(.failed, "tenured acknowledged more than was sent") }
        try spool.settle(before: ends[count - 1])
        ends.removeFirst(count)
        settledLines = lines
    }
}
