import Glibc
import UsageModel
import WireFormat

/// Reads events from standard input into a spool and delivers them from there, whether or not the daemon
/// is there just now. One loop, no threads: input, daemon and patience are waited for together.
final class SpooledSend {
    /// Looked up at each attempt: where no daemon has run yet there is no socket to find.
    private let address: () throws -> SocketAddress
    private let spool: Spool
    private let waitSeconds: Double
    private let progress = ProgressLine()
    private let watch = Stopwatch()

    private var decoder = LineDecoder(limits: LineEventRows.cuttingLimits)
    private var batch = LineBatch()
    private var input: [UInt8] = []
    private var isAtEnd = false
    private var inputLines = 0

    private var delivery: SpoolDelivery?
    private var attemptAt = 0.0
    private var reachedAt: Double
    private var isAway = false

    private(set) var settledLines = 0
    private(set) var refused = 0
    private(set) var seq: UInt64 = 0

    private static let readByteCount = 65_536
    /// Between two attempts to reach the daemon.
    private static let retrySeconds = 0.5

    /// - Parameter waitSeconds: how long to wait for an absent daemon once the input has ended.
    init(address: @escaping () throws -> SocketAddress, spool: Spool, waitSeconds: Double) {
        self.address = address
        self.spool = spool
        self.waitSeconds = waitSeconds
        reachedAt = watch.seconds
    }

    /// Bytes that are kept for the next run.
    var bytesLeft: Int { spool.byteCount - spool.settled }

    /// Runs until everything is settled, or until the input has ended and the daemon stays away, or until
    /// this process is asked to end.
    func run() throws {
        StopSignal.watch()
        while !StopSignal.arrived {
            connect()
            if isAtEnd {
                if bytesLeft == 0 { break }
                if delivery == nil, watch.seconds - reachedAt > waitSeconds { break }
            }
            let isReady = try wait()
            if isReady.input { try readInput() }
            if isReady.daemon { deliver() }
            show()
        }
        if bytesLeft == 0, let delivery { sync(delivery) }
        progress.clear()
        try spool.dropSettled()
    }

    // MARK: Input

    /// Whether more may be read: not while what is settled waits to be dropped, nor beyond the spool's bound.
    private var wantsInput: Bool {
        if isAtEnd || spool.byteCount - spool.settled >= Spool.greatestByteCount { return false }
        return delivery == nil || spool.byteCount < Spool.dropByteCount
    }

    private func readInput() throws {
        var buffer = [UInt8](repeating: 0, count: Self.readByteCount)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR || errno == EAGAIN { return }
            throw UnixSocket.systemFailure("cannot read standard input")
        }
        if count == 0 {
            isAtEnd = true
            reachedAt = watch.seconds
        }
        input.append(contentsOf: buffer[..<count])
        batch.removeAll()
        let consumed = input.withUnsafeBytes {
            decoder.decode($0, into: &batch, atEnd: isAtEnd, maximumLines: .max)
        }
        input.removeFirst(consumed)
        var lines: [UInt8] = []
        for line in batch.lines { take(line, into: &lines) }
        if !lines.isEmpty { try spool.append(lines) }
    }

    private func take(_ line: Line, into lines: inout [UInt8]) {
        switch line.kind {
        case .record:
            inputLines += 1
            SpoolLine.write(line, of: batch, id: RandomID.next(), now: Timestamp.wallClock, to: &lines)
        case .refused:
            inputLines += 1
            refuse("line \(inputLines): \(line.error.code): \(batch.text(line.detail))")
        case .sync, .ping, .hello:
            // Requests of the connection that the lines were recorded from, and none of ours.
            break
        }
    }

    private func refuse(_ words: String) {
        refused += 1
        progress.clear()
        StandardError.write(PrintableText.escaping(words) + "\n")
    }

    // MARK: The daemon

    private func connect() {
        guard delivery == nil, watch.seconds >= attemptAt else { return }
        attemptAt = watch.seconds + Self.retrySeconds
        do {
            delivery = SpoolDelivery(socket: try UnixSocket(connectingTo: address().ingestPath), from: spool.settled)
            reachedAt = watch.seconds
            if isAway { note("connected again") }
            isAway = false
        } catch {
            if !isAway { keep(because: error) }
            isAway = true
        }
    }

    private func deliver() {
        guard let delivery else { return }
        do {
            settledLines += try delivery.move(spool) { [self] in take($0, from: delivery) }
            reachedAt = watch.seconds
            if spool.byteCount >= Spool.dropByteCount, bytesLeft == 0 { try restart() }
        } catch {
            self.delivery = nil
            attemptAt = watch.seconds + Self.retrySeconds
            isAway = true
            keep(because: error)
        }
    }

    /// Drops what is settled; offsets begin anew, and so does the connection.
    private func restart() throws {
        try spool.dropSettled()
        delivery = nil
        attemptAt = 0
    }

    private func take(_ reply: Reply, from delivery: SpoolDelivery) {
        switch reply {
        case .ack(_, let seq), .sync(_, _, let seq): self.seq = max(self.seq, seq)
        case .error(let code, let line, let detail):
            let text = delivery.text(ofLine: line, in: spool)
            refuse("refused: \(code): \(detail)" + (text.isEmpty ? "" : ": " + text))
        case .busy(let reason): note("the daemon is busy (\(reason)); waiting")
        case .hello, .pong: break
        }
    }

    /// Makes sure that what is durable is also evaluated and seen; if that fails, only this is missing.
    private func sync(_ delivery: SpoolDelivery) {
        try? delivery.sync { [self] in take($0, from: delivery) }
    }

    // MARK: Waiting and telling

    private func wait() throws -> (input: Bool, daemon: Bool) {
        let daemonEvents = delivery.map { Int16(POLLIN) | ($0.hasMore(in: spool) ? Int16(POLLOUT) : 0) } ?? 0
        var polls = [
            pollfd(fd: wantsInput ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: delivery?.descriptor ?? -1, events: daemonEvents, revents: 0),
        ]
        let milliseconds = Int32(Self.retrySeconds * 1_000)
        guard poll(&polls, 2, milliseconds) >= 0 || errno == EINTR else {
            throw UnixSocket.systemFailure("cannot wait for input")
        }
        return (polls[0].revents != 0, polls[1].revents != 0)
    }

    private func keep(because error: any Error) {
        note("\((error as? CommandError)?.message ?? "\(error)"); keeping events in \(spool.directory)")
    }

    private func note(_ words: String) {
        progress.clear()
        StandardError.write("tenure: \(words)\n")
    }

    private func show() {
        progress.show(at: watch.seconds) { width in
            let left = bytesLeft > 0 ? "  " + Quantity.bytes(bytesLeft) + " not settled" : ""
            return PrintableText.cut(Quantity.count(inputLines, "line") + " read" + left, to: width)
        }
    }
}

extension Timestamp {
    /// What the machine's clock says.
    static var wallClock: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
