import Glibc
import Simulation
import UsageModel
import WireFormat

/// Sends a load over one connection and measures what the daemon makes of it.
final class BenchRun {
    private let address: SocketAddress
    private let load: BenchLoad
    /// Events a second; nil: as fast as the daemon takes them.
    private let rate: Double?
    private let watch = Stopwatch()

    /// What was sent and is not acknowledged: up to which event, when.
    private var pending: [(events: Int, sentAt: Double)] = []
    private var acked = 0
    private var lastAckAt = 0.0
    private(set) var latencies = Latencies()
    private var refused = 0

    /// At full speed so many bytes are one sample: small beside what is on its way, and far from one line a call.
    private static let pieceByteCount = 64 << 10

    init(address: SocketAddress, load: BenchLoad, rate: Double?) {
        self.address = address
        self.load = load
        self.rate = rate
    }

    func run() throws -> BenchReport {
        let questions = try HTTPConnection(address: address)
        let before = try questions.get(RequestTarget("v1", "status"))
        let connection = try IngestConnection(address: address) { [self] in take($0) }
        let process = DaemonProcess(behind: connection.descriptor)
        let cpuBefore = process?.cpuSeconds
        let ownBefore = Self.ownCPUSeconds
        let start = watch.seconds
        try rate == nil ? sendAll(over: connection) : sendPaced(over: connection, from: start)
        try connection.finish()
        let own = Self.ownCPUSeconds - ownBefore
        let cpu = difference(process?.cpuSeconds, cpuBefore)
        let after = try questions.get(RequestTarget("v1", "status"))
        func grown(_ path: String...) -> Int? {
            func value(_ status: JSON) -> Int? {
                path.count == 2 ? status.at(path[0], path[1])?.intValue : status.at(path[0])?.intValue
            }
            return difference(value(after), value(before))
        }
        return BenchReport(
            events: load.ends.count, bytes: load.bytes.count, seconds: lastAckAt - start, rate: rate,
            daemonCPUSeconds: cpu, ownCPUSeconds: own, logBytes: grown("log", "bytes"),
            residentBytes: process?.residentBytes, refused: refused, duplicates: grown("duplicates") ?? 0,
            latencies: latencies)
    }

    private func sendAll(over connection: IngestConnection) throws {
        var event = 0
        var offset = 0
        while event < load.ends.count {
            var next = event
            while next < load.ends.count, load.ends[next] - offset < Self.pieceByteCount { next += 1 }
            next = max(next, event + 1)
            try send(upTo: next, from: offset, over: connection)
            offset = load.ends[next - 1]
            event = next
        }
    }

    /// Everything that is due by the clock, then a wait for replies until something is due again. What the
    /// daemon holds up is not forgotten: it is sent late and its latency counts from when it was due.
    private func sendPaced(over connection: IngestConnection, from start: Double) throws {
        guard let rate else { return }
        var event = 0
        var offset = 0
        while event < load.ends.count {
            let elapsed = watch.seconds - start
            let next = min(load.ends.count, Int(elapsed * rate) + 1)
            if next > event {
                try send(upTo: next, from: offset, over: connection, dueAt: start + Double(event) / rate)
                offset = load.ends[next - 1]
                event = next
            } else {
                let wait = Double(event) / rate - elapsed
                try connection.takeReplies(waitingAtMost: max(1, Int32(wait * 1_000)))
            }
        }
    }

    private func send(
        upTo next: Int, from offset: Int, over connection: IngestConnection, dueAt: Double? = nil
    ) throws {
        pending.append((next, dueAt ?? watch.seconds))
        try load.bytes[offset..<load.ends[next - 1]].withUnsafeBytes { try connection.write($0) }
    }

    private func take(_ reply: Reply) {
        switch reply {
        case .ack(let lines, _):
            let now = watch.seconds
            lastAckAt = now
            var settled = 0
            for piece in pending.prefix(while: { $0.events <= Int(lines) }) {
                latencies.add(now - piece.sentAt, events: piece.events - acked)
                acked = piece.events
                settled += 1
            }
            pending.removeFirst(settled)
        case .error: refused += 1
        case .sync, .hello, .pong, .busy: break
        }
    }

    /// Of this process, to show that it was not what limited.
    private static var ownCPUSeconds: Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

/// Nil where either is unknown.
private func difference<Number: Numeric>(_ left: Number?, _ right: Number?) -> Number? {
    guard let left, let right else { return nil }
    return left - right
}
