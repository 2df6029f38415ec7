import UsageModel
import WireFormat

/// Sends the rows of a file to the daemon and keeps account of each.
final class ImportRun {
    private let address: SocketAddress
    private let source: ByteSource
    private let form: OutputForm
    private let progress = ProgressLine()
    private let watch = Stopwatch()
    private var summary = ImportSummary()
    /// The file's line of each event line that was sent and is not settled, oldest first.
    private var places: [Int] = []
    /// Event lines settled before the first of `places`.
    private var settledBefore = 0

    init(address: SocketAddress, source: ByteSource, form: OutputForm) {
        self.address = address
        self.source = source
        self.form = form
    }

    /// Sends everything, waits until it is durable and evaluated, and prints what became of it.
    ///
    /// - Throws: `CommandError.partlyDone` when rows were refused, or when file or connection broke behind some.
    func run(_ rows: inout some EventRows) throws {
        let duplicatesBefore = try duplicatesTaken()
        let connection = try IngestConnection(address: address) { [self] in take($0) }
        var lost: CommandError?
        var unreadable: CommandError?
        do {
            unreadable = try send(&rows, over: connection)
        } catch let error as CommandError {
            lost = error
        }
        progress.clear()
        summary.settled = Int(connection.settledLines)
        summary.seq = connection.seq
        summary.seconds = watch.seconds
        if let before = duplicatesBefore, let after = try? duplicatesTaken() { summary.duplicates = after - before }
        StandardOutput.write(summary.text(form))
        summary.noteExamples(form)
        try judge(lost: lost, unreadable: unreadable)
    }

    /// Streams the rows and ends with a sync.
    /// - Returns: why the file could not be read to its end; what was read of it is in all the same.
    private func send(_ rows: inout some EventRows, over connection: IngestConnection) throws -> CommandError? {
        var batch = RowBatch()
        var unreadable: CommandError?
        while true {
            do {
                guard try rows.next(into: &batch) else { break }
            } catch let error as CommandError {
                unreadable = error
                break
            }
            for refusal in batch.refusals { summary.add(refusal) }
            places.append(contentsOf: batch.places)
            summary.sent += batch.places.count
            try batch.bytes.withUnsafeBytes { try connection.write($0) }
            batch.removeAll()
            show()
        }
        try connection.finish()
        return unreadable
    }

    private func judge(lost: CommandError?, unreadable: CommandError?) throws {
        if let lost {
            throw CommandError(
                summary.settled > 0 ? .partlyDone : lost.status, lost.message,
                advice: "run the same import again when tenured is back: rows that were taken count as duplicates")
        }
        if let unreadable {
            throw CommandError(
                summary.settled > 0 ? .partlyDone : unreadable.status, unreadable.message, advice: unreadable.advice)
        }
        if summary.refused > 0 {
            throw CommandError(
                .partlyDone, "\(Quantity.count(summary.refused, "row")) refused; all others are in",
                advice: "correct those rows and import again; those that are in count as duplicates then")
        }
    }

    /// The daemon's count of duplicates since its log began; nil where it cannot be asked.
    private func duplicatesTaken() throws -> Int? {
        try HTTPConnection(address: address).get(RequestTarget("v1", "status"))["duplicates"]?.intValue
    }

    private func take(_ reply: Reply) {
        switch reply {
        case .ack(let lines, _), .sync(_, let lines, _):
            let settled = min(Int(lines) - settledBefore, places.count)
            guard settled > 0 else { return }
            places.removeFirst(settled)
            settledBefore += settled
        case .error(let code, let line, let detail):
            summary.refusedByDaemon += 1
            let index = Int(line) - 1 - settledBefore
            summary.add(Refusal(line: places.indices.contains(index) ? places[index] : 0, code: code, detail: detail))
        case .busy(let reason):
            progress.clear()
            StandardError.write("tenure: the daemon is busy (\(reason)); waiting\n")
        case .hello, .pong:
            break
        }
    }

    private func show() {
        let seconds = watch.seconds
        progress.show(at: seconds) { width in
            let share = source.byteCount.map { $0 > 0 ? Double(source.position) / Double($0) : 1 }
            let state = Progress(share: share, rows: summary.sent, refused: summary.refused, seconds: seconds)
            return state.text(width: width)
        }
    }
}
