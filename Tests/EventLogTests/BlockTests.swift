import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("A block: columns and back")
struct BlockTests {
    /// A block's value as `append` makes it.
    static func value(_ batch: RecordBatch, firstSeq: UInt64 = 1) -> [UInt8] {
        let body = ByteBuffer()
        BlockEncoder().encode(batch, into: body)
        return value(body: Array(body.bytes), count: batch.records.count, firstSeq: firstSeq)
    }

    static func value(body: [UInt8], count: Int, firstSeq: UInt64 = 1) -> [UInt8] {
        var header = BlockHeader()
        header.firstSeq = firstSeq
        header.count = UInt32(count)
        header.logID = Hash128(low: 1, high: 2)
        header.bodyByteCount = UInt32(body.count)
        header.bodyHash = body.withUnsafeBytes { Hash128(of: $0) }
        let value = ByteBuffer()
        header.write(to: value)
        body.withUnsafeBytes { value.append($0) }
        return Array(value.bytes)
    }

    static func decode(_ value: [UInt8], with decoder: BlockDecoder = BlockDecoder()) throws -> DecodedBlock {
        var block = DecodedBlock()
        try value.withUnsafeBytes { try decoder.decode($0, into: &block) }
        return block
    }

    static func kinds(_ value: [UInt8], with decoder: BlockDecoder = BlockDecoder()) throws -> RecordKinds {
        try value.withUnsafeBytes { try decoder.kinds(of: $0) }
    }

    static func expectEveryFlipNoticed(_ sound: [UInt8]) {
        let decoder = BlockDecoder()
        for bit in 0..<sound.count * 8 {
            var value = sound
            value[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: BlockFault.self, "bit \(bit)") { try decode(value, with: decoder) }
            #expect(throws: BlockFault.self, "bit \(bit)") { try kinds(value, with: decoder) }
        }
    }

    @Test("every field of every record comes back, whatever the sizes", arguments: [1, 2, 63, 64, 65, 700, 3_000])
    func roundTrip(count: Int) throws {
        let seed = UInt64.random(in: .min ... .max)
        for isWild in [true, false] {
            var generator = BatchGenerator(seed: seed, isWild: isWild)
            let batch = generator.batch(count, names: NameTable())
            let block = try Self.decode(Self.value(batch))
            #expect(PlainRecord.all(block.batch) == PlainRecord.all(batch), "seed \(seed), wild \(isWild)")
            let kinds = Set(batch.records.map(\.kind))
            let found = try Self.kinds(Self.value(batch))
            #expect(RecordKind.allCases.allSatisfy { found.contains($0) == kinds.contains($0) }, "seed \(seed)")
        }
    }

    @Test("an encoder and a decoder may be used again and again, with blocks of any size")
    func reuse() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = BatchGenerator(seed: seed)
        let encoder = BlockEncoder()
        let decoder = BlockDecoder()
        var block = DecodedBlock()
        for count in [300, 2, 900, 1, 40] {
            let batch = generator.batch(count, names: NameTable())
            let body = ByteBuffer()
            encoder.encode(batch, into: body)
            let value = Self.value(body: Array(body.bytes), count: count)
            try value.withUnsafeBytes { try decoder.decode($0, into: &block) }
            #expect(PlainRecord.all(block.batch) == PlainRecord.all(batch), "seed \(seed), count \(count)")
        }
    }

    @Test("only UUIDs in the common spelling become 16 bytes; all others come back as they were written")
    func uuids() throws {
        let good = "0123abcd-4567-89ef-aaaa-00ff00ff00ff"
        let texts = [
            good, good.uppercased(), String(good.dropLast()), good + "0", good.replacing("-", with: "_"),
            good.replacing("a", with: "g"), good.replacing("0", with: ":"), good.replacing("f", with: "`"), "{\(good)}",
        ]
        var batch = RecordBatch()
        for text in texts {
            var record = Record(kind: .track)
            record.id = batch.add(text)
            batch.records.append(record)
        }
        let body = ByteBuffer()
        BlockEncoder().encode(batch, into: body)
        #expect(try BodyHeader(body.bytes).uuidCount == 1)
        #expect(PlainRecord.all(try Self.decode(Self.value(batch)).batch).map(\.id) == texts)
    }

    @Test("every single flipped bit of a block is noticed")
    func everyFlip() throws {
        var generator = BatchGenerator(seed: 1, isWild: false)
        let sound = Self.value(generator.batch(6, names: NameTable()))
        Self.expectEveryFlipNoticed(sound)
    }

    @Test("a block cut anywhere, or with something behind it, is noticed")
    func cut() throws {
        var generator = BatchGenerator(seed: 2, isWild: false)
        let sound = Self.value(generator.batch(6, names: NameTable()))
        let decoder = BlockDecoder()
        for count in 0..<sound.count {
            #expect(throws: BlockFault.self, "cut to \(count)") {
                try Self.decode(Array(sound[..<count]), with: decoder)
            }
        }
        #expect(throws: BlockFault.self) { try Self.decode(sound + [0]) }
    }

    /// Damage behind a hash that fits: a decoder must refuse or read it, never trap.
    @Test("a body of garbage with a fitting hash is refused or read, and never read out of bounds")
    func garbage() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = BatchGenerator(seed: seed)
        let body = ByteBuffer()
        BlockEncoder().encode(generator.batch(80, names: NameTable()), into: body)
        let decoder = BlockDecoder()
        var refused = 0
        for _ in 0..<1_000 {
            var bytes = Array(body.bytes)
            for _ in 0..<1 + generator.random.next() % 3 {
                // Most of what has a meaning is at the front.
                let limit = generator.chance(2) ? 200 : bytes.count
                bytes[Int(generator.random.next() % UInt64(limit))] = UInt8(truncatingIfNeeded: generator.random.next())
            }
            // The size of the text is bounded by a constant; below that a lie only costs memory and time.
            bytes.replaceSubrange(8..<12, with: body.bytes[8..<12])
            do {
                let block = try Self.decode(Self.value(body: bytes, count: 80), with: decoder)
                #expect(PlainRecord.all(block.batch).count == 80, "seed \(seed)")
            } catch is BlockFault {
                refused += 1
            }
        }
        #expect(refused > 0, "seed \(seed)")
    }

    @Test("a newer format is refused by name, not as damage")
    func newer() throws {
        var generator = BatchGenerator(seed: 3)
        var value = Self.value(generator.batch(2, names: NameTable()))
        value[8] = 2
        do {
            _ = try Self.decode(value)
            Issue.record("a newer block was read")
        } catch BlockFault.newerFormat(let version) {
            #expect(version == 2)
        }
    }

    @Test("a redacted block is read through its redaction, and its old header still chains")
    func redaction() throws {
        var generator = BatchGenerator(seed: 4, isWild: false)
        var batch = generator.batch(10, names: NameTable())
        let sound = Self.value(batch)
        let old = try Self.decode(sound)
        for index in batch.records.indices { batch.records[index].payload = ByteRange() }
        let body = ByteBuffer()
        BlockEncoder().encode(batch, into: body)
        let redacted = Self.redacted(sound, header: old.header, newBody: body)
        let block = try Self.decode(redacted)
        #expect(block.isRedacted && !old.isRedacted)
        #expect(block.header == old.header)
        #expect(try Self.kinds(redacted) == RecordKinds(.track))
        #expect(PlainRecord.all(block.batch) == PlainRecord.all(batch))
        Self.expectEveryFlipNoticed(redacted)
    }

    static func redacted(_ value: [UInt8], header: BlockHeader, newBody: ByteBuffer) -> [UInt8] {
        let redaction = ByteBuffer()
        RedactionHeader(
            orderedBy: 77, time: Timestamp(milliseconds: 1), blockHash: header.hash,
            bodyByteCount: UInt32(newBody.count), bodyHash: Hash128(of: newBody.bytes)
        ).write(to: redaction)
        return Array(value[..<BlockHeader.byteCount]) + Array(redaction.bytes) + Array(newBody.bytes)
    }
}
