import Dispatch
import Engine
import EventLog
import Portraits
import RulesFile
import Simulation
import Synchronization
import TestSupport
import UsageModel
import WireFormat

/// An engine on a directory of its own, with the default rules, and one sender: lines go the whole way from their bytes
/// to the ack behind the fsync.
final class IngestPath {
    private let directory = TemporaryDirectory()
    private let clock: SteppedClock
    private let engine: Engine
    private let acks = Acks()
    private let session: Session
    private var decoder = LineDecoder()

    init(at start: Timestamp) throws {
        let clock = SteppedClock(start)
        self.clock = clock
        var configuration = EngineConfiguration(
            stateDirectory: directory.path, settings: Settings(),
            loadRules: { RulesSource(fileName: "rules.yaml", text: RulesFile.defaultText) }, zoneData: { _ in nil },
            wallClock: { clock.now }, bootClock: { clock.now.milliseconds }, report: { _, _ in })
        // A checkpoint allocates as it pleases, on a thread of its own and between turns.
        configuration.checkpoints.records = .max / 2
        engine = try Engine.open(configuration)
        session = engine.openSession(peer: Peer(name: "microbench"), sink: acks)
        engine.start()
    }

    func stop() async { await engine.stop() }

    /// The seq of the last durable record.
    var durableSeq: UInt64 { engine.durableSeq }

    var now: Timestamp { clock.now }

    func pass(_ milliseconds: Int64) { clock.pass(milliseconds) }

    /// Decodes `load` and has it settled, `eventsPerBlock` at a time: each batch is one turn of the writer and so one
    /// block. Returns when all are acknowledged. Time passes between blocks.
    func ingest(_ load: BenchLoad, eventsPerBlock: Int) {
        load.bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                // From the pool that all connections share; it is never empty, since one is on its way at a time.
                guard var batch = session.takeBatch() else { preconditionFailure("a batch was not given back") }
                start += decoder.decode(
                    bytes.slice(start..<bytes.count), into: &batch, atEnd: true, maximumLines: eventsPerBlock)
                clock.pass(1)
                session.submit(consume batch, last: false)
                acks.wait()
            }
        }
    }
}

/// A clock that stands still but for `pass`.
private final class SteppedClock: Sendable {
    private let milliseconds: Atomic<Int64>

    init(_ start: Timestamp) { milliseconds = Atomic(start.milliseconds) }

    var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .relaxed)) }

    func pass(_ span: Int64) { milliseconds.add(span, ordering: .relaxed) }
}

/// Waits for the writer's answer to each batch.
private final class Acks: SessionSink {
    private let semaphore = DispatchSemaphore(value: 0)

    func deliver(_ replies: SessionReplies) {
        precondition(replies.errors.isEmpty, "a line was refused: \(String(decoding: replies.errors, as: UTF8.self))")
        semaphore.signal()
    }

    func batchAvailable() {}

    func wait() { semaphore.wait() }
}
