import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("Fuzz: blocks and names of the log")
struct BlockFuzz {
    /// Numbers that sizes and counts get wrong in.
    private static let numbers: [[UInt8]] = [
        UInt64(0), 1, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max, 1 << 63, 1 << 32,
    ]
    .map { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    private static let signs: [UInt8] = [0, 1, 2, 3, 8, 9, 16, 17, 18, 0x28, 0x7F, 0x80, 0xB5, 0xFD, 0xFE, 0xFF]
    /// Where the sizes, columns and their headers stand.
    private static let frontByteCount = 250
    /// A header may claim up to 1 GiB of text. That a lie costs memory and time behind a hash that fits is known;
    /// this keeps the runs fast.
    private static let greatestClaim: UInt32 = 1 << 16

    @Test("a block's body of anything, behind hashes that fit, is refused or read as records that are written again")
    func blocks() throws {
        let samples = BlockSamples.all
        let mutator = Mutator(
            corpus: samples.map(\.body), signs: Self.signs, words: Self.numbers, frontByteCount: Self.frontByteCount)
        let guarded = GuardedBytes()
        let decoder = BlockDecoder()
        let encoder = BlockEncoder()
        var body: [UInt8] = []
        var block = DecodedBlock()
        var second = DecodedBlock()
        try FuzzRun("blocks", count: 1_500)() { random in
            let sample = random.pick(samples)
            body.removeAll(keepingCapacity: true)
            body.append(contentsOf: sample.body)
            for _ in 0...random.below(5) { mutator.change(&body, &random) }
            Self.limitClaim(&body)
            let count = random.below(4) == 0 ? random.pick([1, 2, 64, 200, 5_000]) : UInt32(sample.count)
            var value = body.withUnsafeBytes { BlockSamples.value(body: $0, count: count) }
            if random.below(8) == 0 { value = try body.withUnsafeBytes { try BlockSamples.redacted(value, body: $0) } }
            let kinds = try? decoder.kinds(of: guarded.hold(value))
            do throws(BlockFault) {
                try decoder.decode(guarded.hold(value), into: &block)
            } catch {
                return nil
            }
            guard kinds == RecordKinds(of: block.batch.records) else { return "its kinds alone are read as others" }
            guard block.batch.records.count == Int(count) else { return "\(block.batch.records.count) records" }
            if let fault = Self.misplaced(block.batch) { return fault }
            guard random.below(4) == 0 else { return nil }
            let output = ByteBuffer()
            encoder.encode(block.batch, into: output)
            do throws(BlockFault) {
                try decoder.decode(guarded.hold(BlockSamples.value(body: output.bytes, count: count)), into: &second)
            } catch {
                return "what was read and written again is refused: \(error)"
            }
            return Self.areSame(block.batch, second.batch) ? nil : "what was read and written again is something else"
        }
    }

    @Test("a block that was damaged, its hashes left as they were, is refused")
    func damaged() throws {
        let values = BlockSamples.all.map { sample in
            sample.body.withUnsafeBytes { BlockSamples.value(body: $0, count: UInt32(sample.count)) }
        }
        let mutator = Mutator(
            corpus: values, signs: Self.signs, words: Self.numbers, frontByteCount: BlockHeader.byteCount)
        let guarded = GuardedBytes()
        let decoder = BlockDecoder()
        var input: [UInt8] = []
        var block = DecodedBlock()
        FuzzRun("damaged", count: 3_000)() { random in
            mutator.next(&random, into: &input)
            do throws(BlockFault) {
                try decoder.decode(guarded.hold(input), into: &block)
            } catch {
                return nil
            }
            return values.contains(input) ? nil : "a damaged block was read"
        }
    }

    @Test("a record of names of anything is refused, or says the names that were written, or that they were erased")
    func names() throws {
        let table = NameTable()
        let kinds: [(NameKind, UInt32)] = [(.company, 3), (.user, 9), (.task, 4)]
        var sound: Set<String> = []
        for (kind, count) in kinds {
            for number in 1...count {
                let name = "\(kind)-\(number)" + String(repeating: "é", count: Int(number) * 7 % 30)
                Array(name.utf8).withUnsafeBytes { table.restore($0, kind: kind, number: number) }
                sound.insert("\(kind) \(number) \(name)")
            }
        }
        let written = ByteBuffer()
        var header = BlockHeader()
        (header.nameCount, header.namesHash) = NameRecord.write(
            kinds.map { (kind: $0.0, numbers: 1..<$0.1 + 1) }, of: table, to: written)
        let mutator = Mutator(
            corpus: [Array(written.bytes)], signs: Self.signs, words: Self.numbers, frontByteCount: 80)
        let guarded = GuardedBytes()
        var input: [UInt8] = []
        FuzzRun("names", count: 3_000)() { random in
            mutator.next(&random, into: &input)
            var odd: String?
            do throws(BlockFault) {
                try NameRecord.read(guarded.hold(input), of: header) { name in
                    let text = "\(name.kind) \(name.number) \(String(decoding: name.bytes, as: UTF8.self))"
                    if name.state == .kept, !sound.contains(text) { odd = text }
                }
            } catch {
                return nil
            }
            return odd.map { "read: \($0)" }
        }
    }

    private static func limitClaim(_ body: inout [UInt8]) {
        guard body.count >= 12 else { return }
        body.withUnsafeMutableBytes { bytes in
            let claim = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            bytes.storeBytes(of: (claim % greatestClaim).littleEndian, toByteOffset: 8, as: UInt32.self)
        }
    }

    private static func misplaced(_ batch: RecordBatch) -> String? {
        for record in batch.records {
            for range in [record.id, record.payload] where range.indices.upperBound > batch.bytes.count {
                return "a text that lies outside of the block"
            }
        }
        return nil
    }

    private static func areSame(_ left: RecordBatch, _ right: RecordBatch) -> Bool {
        func text(_ range: ByteRange, _ batch: RecordBatch) -> ArraySlice<UInt8> { batch.bytes[range.indices] }
        return left.records.count == right.records.count
            && zip(left.records, right.records).allSatisfy { one, other in
                one.kind == other.kind && one.flags == other.flags && one.company == other.company
                    && one.user == other.user && one.sentUser == other.sentUser && one.task == other.task
                    && one.unit == other.unit && one.source == other.source && one.producer == other.producer
                    && one.day == other.day && one.time == other.time && one.count == other.count
                    && one.amount == other.amount && one.producerSeq == other.producerSeq
                    && text(one.id, left) == text(other.id, right)
                    && text(one.payload, left) == text(other.payload, right)
            }
    }
}
