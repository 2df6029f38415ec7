import ArgumentParser
import Glibc
import UsageModel
import WireFormat

/// `tenure send`.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send events from standard input, as they come, and report what became of them.",
        discussion: Help.text(
            "tail -F events.ndjson | tenure send --spool /var/spool/tenure",
            "printf '%s\\n' '{\"company\":\"acme\",\"user\":\"u1\",\"task\":\"report\"}' | tenure send",
            "tenure send < points.txt",
            words: """
                JSON lines and line protocol, as on ingest.sock. Refused lines are reported on standard error as the \
                daemon names them, all others count. At the end a sync makes sure that everything is durable, \
                evaluated and seen by every later question. Nothing is sent twice.

                With --spool a line is first kept on the disk, with an id and a time where it has none, and is sent \
                until the daemon has settled it: events outlive a restart of the daemon, of this command and of the \
                machine. What is left from an earlier run goes first.

                With --json every reply of the daemon is passed on as it came.
                """))

    @OptionGroup var shared: SharedOptions

    @Option(help: ArgumentHelp("Keep in this directory what the daemon has not settled yet.", valueName: "directory"))
    var spool: String?

    @Option(
        help: ArgumentHelp(
            "With --spool, at the end of the input: how long to wait for an absent daemon.", valueName: "seconds"))
    var wait = 10.0

    private static let readByteCount = 65_536

    func validate() throws {
        if wait < 0 { throw ValidationError("--wait must be 0 seconds or more") }
        if spool != nil, shared.json { throw ValidationError("--spool reports no replies; leave --json out") }
    }

    func run() throws {
        if let spool { return try deliver(from: Spool(directory: spool)) }
        let progress = ProgressLine()
        let watch = Stopwatch()
        var refused = 0
        let passesReplies = shared.json
        let connection = try IngestConnection(address: try shared.socketAddress()) { reply in
            if passesReplies { StandardOutput.write(reply.json.text + "\n") }
            switch reply {
            case .error(let code, let line, let detail):
                refused += 1
                guard !passesReplies else { return }
                progress.clear()
                StandardError.write("line \(line): \(code): \(PrintableText.escaping(detail))\n")
            case .busy(let reason):
                progress.clear()
                StandardError.write("tenure: the daemon is busy (\(reason)); waiting\n")
            case .ack(let lines, _):
                progress.show(at: watch.seconds) { width in
                    let state = Progress(share: nil, rows: Int(lines), refused: refused, seconds: watch.seconds)
                    return state.text(width: width)
                }
            case .sync, .hello, .pong:
                break
            }
        }
        do {
            try sendInput(over: connection)
            try connection.finish()
        } catch let error as CommandError where connection.settledLines > 0 {
            throw CommandError(.partlyDone, error.message, advice: error.advice)
        }
        progress.clear()
        if !passesReplies {
            printSummary(settled: Int(connection.settledLines), refused: refused, seq: connection.seq)
        }
        guard refused == 0 else { throw Self.refusal(refused) }
    }

    private func deliver(from spool: Spool) throws {
        let send = SpooledSend(address: shared.socketAddress, spool: spool, waitSeconds: wait)
        try send.run()
        printSummary(settled: send.settledLines, refused: send.refused, seq: send.seq)
        if send.bytesLeft > 0 {
            throw CommandError(
                .partlyDone, "\(Quantity.bytes(send.bytesLeft)) of events are kept in \(spool.directory)",
                advice: "`tenure send --spool \(spool.directory) < /dev/null` delivers them, as does the next run")
        }
        guard send.refused == 0 else { throw Self.refusal(send.refused) }
    }

    private static func refusal(_ count: Int) -> CommandError {
        CommandError(.partlyDone, "\(Quantity.count(count, "line")) refused; all others count")
    }

    private func sendInput(over connection: IngestConnection) throws {
        var buffer = [UInt8](repeating: 0, count: Self.readByteCount)
        while true {
            try connection.wait(for: STDIN_FILENO)
            let count = buffer.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count == 0 { return }
            if count > 0 {
                try buffer.withUnsafeBytes { try connection.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            } else if errno != EINTR, errno != EAGAIN {
                throw UnixSocket.systemFailure("cannot read standard input")
            }
        }
    }

    private func printSummary(settled: Int, refused: Int, seq: UInt64) {
        switch shared.outputForm {
        case .terminal:
            StandardOutput.write(
                "\(Quantity.count(settled, "line")) settled through seq \(Quantity.whole(Int(seq))), "
                    + "\(Quantity.whole(refused)) refused\n")
        case .tabSeparated, .json:
            StandardOutput.write("settled\t\(settled)\nrefused\t\(refused)\nseq\t\(seq)\n")
        }
    }
}
