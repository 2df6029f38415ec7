public import EventLog
import Dispatch
import Synchronization
public import UsageModel

/// The daemon's heart without its sockets: one writer thread that takes decoded lines, makes them
/// durable, keeps the portraits and the flags, and answers questions between two lines.
public final class Engine: Sendable {
    private let mailbox: Mailbox
    private let pool: BatchPool
    private let publication: Publication
    private let reader: EventLogReader
    private let recordReader: RecordReader
    private let names: NameReader
    private let thread: WriterThread
    private let isBacktesting = Mutex(false)
    private let isBackingUp = Mutex(false)
    /// At most one element: what made the writer give up. The process must exit then, since a failed
    /// commit cannot be retried; the next start recovers.
    public let failures: AsyncStream<EngineError>

    /// Opens the state directory and replays its log; returns when every answer is exact again.
    public static func open(_ configuration: EngineConfiguration) throws -> Engine {
        let mailbox = Mailbox()
        let publication = Publication()
        let pool = BatchPool(
            count: configuration.limits.batches, lineLimit: configuration.limits.linesInFlight)
        let writer = try Heap.growing { () throws(EngineError) in
            try Writer.recover(configuration, mailbox: mailbox, pool: pool, publication: publication)
        }
        return Engine(mailbox: mailbox, pool: pool, publication: publication, writer: writer)
    }

    private init(mailbox: Mailbox, pool: BatchPool, publication: Publication, writer: consuming sending Writer) {
        self.mailbox = mailbox
        self.pool = pool
        self.publication = publication
        reader = writer.log.reader()
        recordReader = RecordReader(reader)
        names = writer.names.reader
        let (failures, continuation) = AsyncStream.makeStream(
            of: EngineError.self, bufferingPolicy: .bufferingOldest(1))
        self.failures = failures
        thread = WriterThread(writer: writer, failures: continuation)
    }

    /// Starts the writer's thread.
    public func start() { thread.start() }

    /// Settles everything that was submitted, commits, and ends the thread. Idempotent.
    public func stop() async {
        mailbox.stop()
        await thread.ended()
        publication.close()
    }

    public func openSession(peer: Peer, sink: any SessionSink) -> Session {
        Session(peer: peer, sink: sink, pool: pool, mailbox: mailbox)
    }

    /// How far the log is durable.
    public var durableSeq: UInt64 { publication.seq }

    /// Returns once a record of `kinds` is durable beyond `seq`, the engine stops, or the caller's task is
    /// cancelled; with the seq from which on to look for it: none stands between the two.
    public func waitForRecords(of kinds: RecordKinds, beyond seq: UInt64) async -> UInt64 {
        await publication.wait(for: kinds, beyond: seq)
    }

    public func answer(_ question: Question) async throws(QuestionError) -> JSON {
        if case .companies(let query) = question { return try await companies(query) }
        return try await onWriter(about: question.company) { (writer) throws(QuestionError) in
            try writer.answer(question)
        }
    }

    private func companies(_ query: CompaniesQuery) async throws(QuestionError) -> JSON {
        let result = await withCheckedContinuation { continuation in
            CompanyListMaking(mailbox: mailbox, answer: { continuation.resume(returning: $0) }).begin(query)
        }
        return try result.get()
    }

    /// How the daemon is doing, for monitoring systems; with a few of each company's own numbers if asked.
    public func metrics(withCompanies: Bool) async throws(QuestionError) -> [MetricFamily] {
        try await onWriter { (writer) throws(QuestionError) in
            withCompanies ? writer.metrics + writer.companyMetrics : writer.metrics
        }
    }

    public func act(_ action: Action, by peer: Peer) async throws(QuestionError) -> JSON {
        try await onWriter { (writer) throws(QuestionError) in try writer.act(action, by: peer) }
    }

    /// Up to `limit` records of `kinds` from `seq` on; fewer, and maybe none, also where there are more but they are
    /// rare. The writer has no part in it.
    public func records(
        of kinds: RecordKinds = .all, from seq: UInt64, limit: Int
    ) async throws(QuestionError) -> RecordsPage {
        try await records(of: kinds, in: nil, from: seq, limit: limit)
    }

    /// The same of one company.
    public func companyRecords(
        _ company: String, of kinds: RecordKinds = .all, from seq: UInt64, limit: Int
    ) async throws(QuestionError) -> RecordsPage {
        let id = try await onWriter { (writer) throws(QuestionError) in try writer.company(named: company) }
        return try await records(of: kinds, in: id, from: seq, limit: limit)
    }

    /// Replays the log into scratch state and compares digests with the live state, company by company.
    public func verify() async throws(QuestionError) -> JSON {
        let live = try await onWriter { (writer) throws(QuestionError) in try writer.digestOfBlocks() }
        let report = try await offWriter { [reader] in try Replay.run(reader, through: live.seq) }
        let different = live.digest.companies(otherThanIn: report.parts)
        let named = try await onWriter { (writer) throws(QuestionError) in
            different.prefix(Self.differencesNamed).map { writer.names.name($0) }
        }
        return [
            "ok": .bool(report.digest == live.digest.value), "seq": .int(live.seq),
            "digest": .string(live.digest.value.description), "replayed_digest": .string(report.digest.description),
            "companies": .int(live.digest.companies.count), "different_companies": .int(different.count),
            "different": .array(named.map(JSON.string)),
            "different_besides": .bool(live.digest.global != report.parts.global),
        ]
    }

    /// Companies that `verify` names when they differ: enough to see what they have in common.
    private static let differencesNamed = 20

    /// Makes a checkpoint now; returns when it is durable. One that is under way is waited for.
    public func checkpoint() async throws(QuestionError) -> JSON {
        let result: Result<UInt64, QuestionError> = await withCheckedContinuation { continuation in
            let isPosted = mailbox.post { writer in
                writer.makeCheckpoint { continuation.resume(returning: $0.mapError { .refused("\($0)") }) }
            }
            if !isPosted { continuation.resume(returning: .failure(.stopping)) }
        }
        return .object([.init("seq", .int(try result.get()))])
    }

    /// Writes the log as it is now to a new directory beside the writer's work; see `EventLogReader.backUp`. One at a time.
    ///
    /// - Parameter directory: an absolute path on the daemon's machine.
    public func backUp(to directory: String) async throws(QuestionError) -> JSON {
        let isFree = isBackingUp.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree else { throw .refused("another backup is being made; try again when it is done") }
        defer { isBackingUp.withLock { $0 = false } }
        let report = try await offWriter { [reader] in try reader.backUp(to: directory) }
        return [
            "directory": .string(directory), "seq": .int(report.lastSeq), "segments": .int(report.segments),
            "linked_segments": .int(report.linkedSegments),
        ]
    }

    /// Tries a rule file on the whole log, beside the daemon's state; see `BacktestRequest`.
    ///
    /// One at a time, since each needs as much memory as the daemon's own state.
    public func backtest(_ request: BacktestRequest) async throws(QuestionError) -> JSON {
        let isFree = isBacktesting.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree else { throw .refused("another backtest is running; try again when it is done") }
        defer { isBacktesting.withLock { $0 = false } }
        return try await offWriter { [reader] in try request.report(on: reader) }
    }

    /// Re-derives a flag from the log alone, beside the daemon's state; see `FlagVerification`.
    public func verify(flag: String) async throws(QuestionError) -> JSON {
        let result = try await offWriter { [reader] in
            Result { () throws(FlagVerification.Failure) in try FlagVerification(of: flag, on: reader).json }
        }
        do throws(FlagVerification.Failure) {
            return try result.get()
        } catch {
            switch error {
            case .malformed: throw .badRequest("\(error)")
            case .unknown: throw .notFound("\(error)")
            case .engine: throw .refused("\(error)")
            }
        }
    }

    private func records(
        of kinds: RecordKinds, in company: CompanyID?, from seq: UInt64, limit: Int
    ) async throws(QuestionError) -> RecordsPage {
        let page = Page(limit: limit)
        return try await offWriter { [recordReader, publication, names] in
            try RecordSelection(
                reading: recordReader, from: seq, through: publication.seq, limit: page.limit, kinds: kinds,
                company: company
            ).page(names: names)
        }
    }

    /// Runs a long read of the log on a thread of its own, off Swift's small cooperative pool.
    private func offWriter<R: Sendable>(
        _ body: @escaping @Sendable () throws -> R
    ) async throws(QuestionError) -> R {
        let result: Result<R, QuestionError> = await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async {
                do {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(.refused("\(error)")))
                }
            }
        }
        return try result.get()
    }

    /// Runs `body` on the writer's thread, between two lines, and brings its answer back when all that it can show is
    /// durable.
    ///
    /// - Parameter company: the only one of which the answer tells; nil when it may tell of others.
    private func onWriter<R: Sendable>(
        about company: String? = nil, _ body: @escaping @Sendable (Writer) throws(QuestionError) -> R
    ) async throws(QuestionError) -> R {
        let result: Result<R, QuestionError> = await withCheckedContinuation { continuation in
            let isPosted = mailbox.post { writer in
                let result = Result { () throws(QuestionError) in try body(writer) }
                let subject = company.flatMap { writer.names.find($0, as: CompanyID.self) }
                writer.whenDurable(of: subject) { continuation.resume(returning: result) }
            }
            if !isPosted { continuation.resume(returning: .failure(.stopping)) }
        }
        return try result.get()
    }
}

/// Why the engine cannot start or go on; every case says what to do.
public enum EngineError: Error, Sendable, CustomStringConvertible {
    case log(EventLogError)
    /// A record of the log cannot be understood.
    case record(seq: UInt64, String)
    case rules(String)

    public var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .record(let seq, let reason):
            "record \(seq) of the log cannot be replayed: \(reason); "
                + "restore the state directory from a backup, or start the version that wrote it"
        case .rules(let diagnostics): diagnostics
        }
    }

    /// As sysexits.h has them: 66 data of a newer format, 74 I/O, 78 configuration.
    public var exitCode: Int32 {
        switch self {
        case .log(let error): error.isOfNewerFormat ? 66 : 74
        case .record: 74
        case .rules: 78
        }
    }
}

extension EventLogError {
    var isOfNewerFormat: Bool { if case .newerFormat = self { true } else { false } }
}
