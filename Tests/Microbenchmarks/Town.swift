import Portraits
import Rules
import RulesFile
import Simulation
import UsageModel
import WireFormat

/// Companies with five weeks behind them, and a day's events that can be applied again and again.
final class Town {
    let events: RecordBatch
    private let names: NameTable
    private let portraits: Portraits
    private let evaluator: FlagEvaluator
    private var book = FlagBook()
    private var seq: UInt64 = 0
    private var now: Timestamp

    private static let daysBefore = 35

    /// - Parameter events: of the day of `now`; the days before had the same.
    init(names: NameTable, events: RecordBatch, at now: Timestamp) throws {
        self.names = names
        self.events = events
        self.now = now
        portraits = Portraits(names: names)
        let rules = try RulesFile.parse(text: RulesFile.defaultText, fileName: "rules.yaml") {
            names.intern($0, as: TaskID.self)
        }
        evaluator = FlagEvaluator(rules: rules, book: book)
        for daysAgo in (1...Self.daysBefore).reversed() {
            self.now = now + -Int64(daysAgo) * millisecondsPerDay
            var past = events.records
            for index in past.indices {
                past[index].time = past[index].time + -Int64(daysAgo) * millisecondsPerDay
                past[index].day = past[index].time.utcDay
            }
            apply(past)
        }
        self.now = now
        apply(events.records)
    }

    /// As a replay does.
    func apply(_ records: [Record]) {
        now = now + 1
        events.bytes.withUnsafeBytes { bytes in
            for index in records.indices {
                portraits.prefetch(records, from: index)
                portraits.advanceClock(for: records[index], logTime: now)
                seq += 1
                portraits.apply(records[index], seq: seq, bytes: bytes)
            }
        }
    }

    /// As the writer does at the end of a block.
    func look(at companies: [CompanyID]) throws {
        for company in companies {
            guard let portrait = portraits.portrait(company) else { continue }
            let look = evaluator.look(
                at: portrait, moment: portraits.moment(for: company, at: now), observed: now, book: book, names: names)
            for move in look.moves {
                seq += 1
                try book.apply(move, company: company, seq: seq)
            }
        }
    }
}

extension BenchLoad {
    /// The records that a writer makes of the lines, with names from `names`.
    func records(names: NameTable) -> RecordBatch {
        var decoder = LineDecoder()
        var lines = LineBatch()
        _ = bytes.withUnsafeBytes { decoder.decode($0, into: &lines, atEnd: true, maximumLines: ends.count) }
        var batch = RecordBatch()
        lines.withLines { lines, bytes in
            func text(_ range: ByteRange) -> UnsafeRawBufferPointer { bytes.slice(range.indices) }
            for line in lines {
                var record = Record(kind: line.record)
                record.flags = line.flags
                record.company = names.intern(text(line.company))
                record.user = names.intern(text(line.user))
                record.sentUser = record.user
                record.task = names.intern(text(line.task))
                record.time = line.time
                record.day = line.time.utcDay
                record.count = line.count
                record.amount = line.amount
                record.id = batch.add(text(line.id))
                record.payload = batch.add(text(line.payload))
                batch.records.append(record)
            }
        }
        return batch
    }
}
