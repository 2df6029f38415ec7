import TestSupport
import UsageModel

@testable import EventLog

/// Blocks as a writer would make them, of several sizes and kinds.
enum BlockSamples {
    struct Sample {
        var body: [UInt8]
        var count: Int
    }

    /// Below and above the size from which columns are compressed.
    static let all: [Sample] = [1, 2, 3, 7, 20, 63, 64, 65, 150].flatMap { count in
        [false, true].map { isWild in
            var random = SeededRandom(seed: UInt64(count))
            let body = ByteBuffer()
            BlockEncoder().encode(batch(count, isWild: isWild, &random), into: body)
            return Sample(body: Array(body.bytes), count: count)
        }
    }

    private static func batch(_ count: Int, isWild: Bool, _ random: inout SeededRandom) -> RecordBatch {
        var batch = RecordBatch()
        var time: Int64 = 1_790_000_000_000
        for index in 0..<count {
            time += random.within(0...2_000)
            var record = Record(kind: isWild ? random.pick(RecordKind.allCases) : .track)
            record.company = CompanyID(number: UInt32(random.below(9)))
            record.user = UserID(number: UInt32(random.below(300)))
            record.sentUser = isWild ? UserID(number: UInt32(random.below(300))) : record.user
            record.task = TaskID(number: UInt32(random.below(20)))
            record.time = Timestamp(milliseconds: time)
            record.day = record.time.utcDay + Int32(random.below(3)) - 1
            record.count = isWild ? random.pick([0, 1, 1 << 53, .max]) : 1
            if isWild {
                record.amount = Amount(micros: random.pick([0, 1, -1, Amount.greatestMicros, -Amount.greatestMicros]))
                record.producerSeq = random.next()
            }
            switch random.below(3) {
            case 0: record.id = batch.add("0123abcd-4567-89ef-aaaa-\(100_000_000_000 + index)")
            case 1: record.id = batch.add("id-\(index)")
            default: break
            }
            if random.below(2) == 0 { record.payload = batch.add(#"{"n":\#(random.below(1_000))}"#) }
            batch.records.append(record)
        }
        return batch
    }

    /// A block's value with hashes that fit, whatever its body says.
    static func value(body: UnsafeRawBufferPointer, count: UInt32) -> [UInt8] {
        var header = BlockHeader()
        header.count = count
        header.bodyByteCount = UInt32(body.count)
        header.bodyHash = Hash128(of: body)
        let value = ByteBuffer()
        header.write(to: value)
        value.append(body)
        return Array(value.bytes)
    }

    /// `sound` with its body replaced as a redaction does it.
    static func redacted(_ sound: [UInt8], body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let header = try sound.withUnsafeBytes { (bytes) throws(BlockFault) in try BlockHeader(bytes) }
        let redaction = ByteBuffer()
        RedactionHeader(
            orderedBy: 77, time: Timestamp(milliseconds: 1), blockHash: header.hash,
            bodyByteCount: UInt32(body.count), bodyHash: Hash128(of: body)
        ).write(to: redaction)
        return Array(sound[..<BlockHeader.byteCount]) + Array(redaction.bytes) + Array(body)
    }
}
