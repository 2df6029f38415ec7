import EventLog
import Portraits
import TestSupport
import UsageModel
import WireFormat

@testable import Engine

/// A log that a real engine under `clock: event` wrote, and altered copies of it.
struct EngineHistory {
    private let home = TemporaryDirectory()
    private var directory: String { home.path + "/state" }

    var reader: EventLogReader { get throws { try EventLogReader.open(directory: directory) } }

    private struct DeafSink: SessionSink {
        func deliver(_ replies: SessionReplies) {}
        func batchAvailable() {}
    }

    /// Runs an engine over `parts`, each of them lines from a sender of its own, and stops it.
    init(rules: String, _ parts: [[String]]) async throws {
        var settings = Settings()
        settings.clock = .event
        let configuration = EngineConfiguration(
            stateDirectory: directory, settings: settings,
            loadRules: { RulesSource(fileName: "rules.yaml", text: rules) }, zoneData: { _ in nil },
            wallClock: { Timestamp(milliseconds: 1_800_000_000_000) }, bootClock: { 0 },
            report: { _, _ in })
        let engine = try Engine.open(configuration)
        engine.start()
        for lines in parts {
            let session = engine.openSession(peer: Peer(name: "test"), sink: DeafSink())
            guard var batch = session.takeBatch() else { preconditionFailure("more parts than batches in flight") }
            var decoder = LineDecoder()
            Array(lines.joined(separator: "\n").utf8).withUnsafeBytes {
                _ = decoder.decode($0, into: &batch, atEnd: true, maximumLines: lines.count)
            }
            session.submit(batch, last: true)
        }
        await engine.stop()
    }

    /// A log with the same names and blocks, its records changed by `alter`, which may change the payload
    /// as text. Every checksum of it is right.
    func altered(
        _ alter: (_ record: inout Record, _ seq: UInt64, _ payload: inout String) -> Void
    ) throws -> AlteredLog {
        let copy = AlteredLog()
        let names = NameTable()
        let log = try EventLog.open(directory: copy.directory, options: EventLogOptions(), names: names)
        defer { log.close() }
        let known = try reader.names()
        for kind in NameKind.allCases {
            for number in 0..<UInt32(known.count(kind)) {
                known.withBytes(of: number + 1, kind: kind) { names.restore($0, kind: kind, number: number + 1) }
            }
        }
        names.endRestoring()
        try reader.scan(from: 1) { block in
            var batch = RecordBatch()
            var seq = block.header.firstSeq
            for var record in block.batch.records {
                let id = block.batch.text(record.id)
                var payload = block.batch.text(record.payload)
                alter(&record, seq, &payload)
                record.id = batch.add(id)
                record.payload = batch.add(payload)
                batch.records.append(record)
                seq += 1
            }
            _ = try log.append(batch, context: block.header.context)
            return true
        }
        return copy
    }
}

/// The directory of an altered log, removed with it.
final class AlteredLog {
    private let home = TemporaryDirectory()
    var directory: String { home.path + "/state" }
    var reader: EventLogReader { get throws { try EventLogReader.open(directory: directory) } }
}
