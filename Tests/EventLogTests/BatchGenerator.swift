import TestSupport
import UsageModel

/// Random batches that use every field of a record, ordinary and extreme values alike.
struct BatchGenerator {
    var random: SeededRandom
    /// When false, only what daily traffic has: events with dense numbers and times close together.
    var isWild: Bool

    init(seed: UInt64, isWild: Bool = true) {
        random = SeededRandom(seed: seed)
        self.isWild = isWild
    }

    /// Interns names, so that numbers refer to something, and returns `count` records.
    mutating func batch(_ count: Int, names: NameTable) -> RecordBatch {
        var batch = RecordBatch()
        // Bytes that nothing refers to must not matter.
        _ = batch.add("unused")
        var time: Int64 = 1_790_000_000_000
        for _ in 0..<count {
            time += Int64(random.next() % 2_000)
            batch.records.append(record(time, names, &batch))
        }
        return batch
    }

    private mutating func record(_ time: Int64, _ names: NameTable, _ batch: inout RecordBatch) -> Record {
        var record = Record(kind: isWild ? RecordKind.allCases.randomElement(using: &random)! : .track)
        record.company = names.intern("company-\(random.next() % 50)")
        record.user = names.intern("user-\(random.next() % 300)")
        record.sentUser = chance(isWild ? 4 : 1_000) ? names.intern("user-\(random.next() % 300)") : record.user
        record.task = names.intern("task-\(random.next() % 20)")
        record.time = Timestamp(milliseconds: time)
        record.count = 1
        if chance(3) { record.id = batch.add(Self.uuid(&random)) } else if chance(2) { record.id = batch.add(text(40)) }
        if chance(3) { record.payload = batch.add("{\"n\":\(random.next() % 1_000)}") }
        if isWild { makeWild(&record, names, &batch) }
        record.day = record.time.utcDay + (chance(5) ? 1 : 0)
        return record
    }

    private mutating func makeWild(_ record: inout Record, _ names: NameTable, _ batch: inout RecordBatch) {
        if chance(3) { record.unit = names.intern("unit-\(random.next() % 4)") }
        if chance(3) { record.source = names.intern("source-\(random.next() % 4)") }
        if chance(3) { record.producer = names.intern("producer-\(random.next() % 4)") }
        if chance(6) { record.company = .none }
        if chance(6) { record.user = .none }
        if chance(20) { record.time = [Timestamp.least, .greatest].randomElement(using: &random)! }
        if chance(4) { record.count = [0, 1, 1 << 53, .max].randomElement(using: &random)! }
        if chance(2) {
            record.flags = RecordFlags(rawValue: UInt8(truncatingIfNeeded: random.next() % 32))
            let extremes = [0, 1, -1, Int128(Int64.max), Int128(Int64.min), Int128(Int64.max) + 1]
            let whole = Int128(Int64(truncatingIfNeeded: random.next())) * 1_000
            record.amount.micros =
                chance(2)
                ? whole : (extremes + [Amount.greatestMicros, -Amount.greatestMicros]).randomElement(using: &random)!
            record.producerSeq = chance(2) ? random.next() : random.next() % 1_000
        }
        if chance(40) { record.payload = batch.add(text(2_000)) }
    }

    mutating func chance(_ oneIn: UInt64) -> Bool { random.next() % oneIn == 0 }

    private mutating func text(_ limit: UInt64) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let bytes = (0..<1 + random.next() % limit).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        return String(decoding: bytes, as: UTF8.self) + "é"
    }

    static func uuid(_ random: inout SeededRandom) -> String {
        let digits = Array("0123456789abcdef".utf8)
        func hex(_ count: Int) -> String {
            String(decoding: (0..<count).map { _ in digits[Int(random.next() % 16)] }, as: UTF8.self)
        }
        return "\(hex(8))-\(hex(4))-\(hex(4))-\(hex(4))-\(hex(12))"
    }
}

/// A record with the texts that its ranges mean, so that records of different batches compare.
struct PlainRecord: Equatable {
    var kind: RecordKind, flags: RecordFlags
    var numbers: [UInt32]
    var day: Day, time: Timestamp, count: UInt64, amount: Amount, producerSeq: UInt64
    var id: String, payload: String

    init(_ record: Record, _ bytes: [UInt8]) {
        kind = record.kind
        flags = record.flags
        numbers = [
            record.company.number, record.user.number, record.sentUser.number, record.task.number, record.unit.number,
            record.source.number, record.producer.number,
        ]
        (day, time, count, amount) = (record.day, record.time, record.count, record.amount)
        producerSeq = record.producerSeq
        id = String(decoding: bytes[record.id.indices], as: UTF8.self)
        payload = String(decoding: bytes[record.payload.indices], as: UTF8.self)
    }

    static func all(_ batch: RecordBatch) -> [PlainRecord] { batch.records.map { PlainRecord($0, batch.bytes) } }
}
