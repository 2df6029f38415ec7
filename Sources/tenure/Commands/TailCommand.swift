import ArgumentParser
import Glibc
import UsageModel

/// `tenure tail`.
struct TailCommand: ParsableCommand {
    enum Stream: String, ExpressibleByArgument, CaseIterable { case events, flags, rejects }

    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow records as they become durable, one JSON object a line.",
        discussion: Help.text(
            "tenure tail",
            "tenure tail flags --from 1 --exec ./to-slack",
            "tenure tail rejects",
            words: """
                Begins with what comes next, or at --from. When the daemon goes away, tail waits for it and goes \
                on where it was; when tail itself ends it says where to go on. To follow flags takes no more than \
                flags take, however many events come.

                With --exec each record is given to a shell command on its standard input, one after the other; a \
                command that fails ends tail, and --from with the seq named then tries that record again.
                """))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "What to follow: every record, the moves of flags and stages, or refused lines.")
    var stream = Stream.events

    @Option(
        help: ArgumentHelp("Begin at this seq (for rejects: at this number); 1 is the beginning.", valueName: "seq"))
    var from: UInt64?

    @Option(
        help: ArgumentHelp("Run this for each record, with the record on its standard input.", valueName: "command"))
    var exec: String?

    func run() throws {
        StopSignal.watch()
        let address = try shared.socketAddress()
        let sink = RecordSink(command: exec)
        switch stream {
        case .events, .flags:
            let first = try from ?? Self.nextSeq(address)
            var tail = RecordTail(address: address, next: first, kinds: stream == .flags ? "move" : nil, sink: sink)
            try tail.run()
        case .rejects:
            let last = try from.map { max(1, $0) - 1 } ?? Self.lastReject(address)
            var tail = RejectTail(address: address, last: last, sink: sink)
            try tail.run()
        }
    }

    private static func nextSeq(_ address: SocketAddress) throws -> UInt64 {
        let status = try HTTPConnection(address: address).get(RequestTarget("v1", "status"))
        return (status["seq"]?.uint64Value ?? 0) + 1
    }

    private static func lastReject(_ address: SocketAddress) throws -> UInt64 {
        let rejects = try HTTPConnection(address: address).list(
            RequestTarget("v1", "rejects"), named: "rejects", limit: nil)
        return rejects.elements.last?["number"]?.uint64Value ?? 0
    }
}

/// Follows `/v1/events`.
private struct RecordTail {
    let address: SocketAddress
    var next: UInt64
    /// Nil for all.
    let kinds: String?
    let sink: RecordSink

    /// Ends by a signal or an error other than an unreachable daemon.
    mutating func run() throws {
        var patience = Patience()
        while !StopSignal.arrived {
            do {
                try follow(&patience)
            } catch  where StopSignal.arrived {
                break
            } catch let error as CommandError where error.status == .unreachable || error.status == .timedOut {
                // The first attempt may simply name the wrong socket; later ones wait for a restart.
                guard patience.hasSucceeded else { throw error }
                patience.wait(because: error)
            }
        }
        StandardError.write("stopped; go on with --from \(next)\n")
    }

    private mutating func follow(_ patience: inout Patience) throws {
        let connection = try HTTPConnection(address: address)
        let target = RequestTarget("v1", "events")
            .with("from", String(next)).with("follow", "1").with("kind", kinds)
        patience.succeeded()
        var position = next
        defer { next = position }
        let sink = sink
        try connection.stream(target, timeoutSeconds: RecordTail.silenceSeconds) { line in
            guard !StopSignal.arrived else { return false }
            let record = try RecordSink.parse(line)
            // The daemon says why it ends a stream and how far it has read; the reconnection takes it from there.
            if record["notice"] != nil {
                position = max(position, record["next"]?.uint64Value ?? position)
                return true
            }
            guard let seq = record["seq"]?.uint64Value, seq >= position else { return true }
            try sink.take(line, position: seq)
            position = seq + 1
            return true
        }
        guard !StopSignal.arrived else { return }
        throw CommandError(.unreachable, "tenured ended the stream")
    }

    /// The daemon writes an empty line at least every 15 s; three missed ones mean that it hangs.
    static let silenceSeconds = 60
}

/// Follows `/v1/rejects`, which is a bounded list and no stream: asks again and again.
private struct RejectTail {
    let address: SocketAddress
    var last: UInt64
    let sink: RecordSink

    private static let intervalMilliseconds: UInt32 = 500

    mutating func run() throws {
        var patience = Patience()
        while !StopSignal.arrived {
            do {
                let connection = try HTTPConnection(address: address)
                patience.succeeded()
                while !StopSignal.arrived {
                    let target = RequestTarget("v1", "rejects").with("cursor", String(last)).with("limit", "1000")
                    let rejects = try connection.get(target)["rejects"]?.arrayValue ?? []
                    for reject in rejects {
                        let number = reject["number"]?.uint64Value ?? last + 1
                        try reject.utf8.withUnsafeBytes { try sink.take($0, position: number) }
                        last = number
                    }
                    if rejects.isEmpty { usleep(Self.intervalMilliseconds * 1_000) }
                }
            } catch  where StopSignal.arrived {
                break
            } catch let error as CommandError where error.status == .unreachable || error.status == .timedOut {
                guard patience.hasSucceeded else { throw error }
                patience.wait(because: error)
            }
        }
        StandardError.write("stopped; go on with --from \(last + 1)\n")
    }
}

/// How long to wait before the next attempt to reach the daemon: from 0.1 s, doubling up to 2 s.
private struct Patience {
    private(set) var hasSucceeded = false
    private var failures: UInt32 = 0

    mutating func succeeded() {
        if failures > 0 { StandardError.write("tenure: connected again\n") }
        hasSucceeded = true
        failures = 0
    }

    mutating func wait(because error: CommandError) {
        if failures == 0 { StandardError.write("tenure: \(error.message); waiting for tenured\n") }
        let milliseconds: UInt32 = min(2_000, 100 << min(failures, 5))
        failures += 1
        usleep(milliseconds * 1_000)
    }
}
