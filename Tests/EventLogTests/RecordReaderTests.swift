import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("Records by kind, page by page")
struct RecordReaderTests {
    private static let far = ContinuousClock.now + .seconds(3_600)

    let seed = UInt64.random(in: .min ... .max)

    /// The wanted records from `seq` through `last`, read in pages of at most `limit`.
    private func read(
        _ reader: RecordReader, _ kinds: RecordKinds, from seq: UInt64 = 1, through last: UInt64, limit: Int = .max,
        until deadline: ContinuousClock.Instant = far
    ) throws -> [PlainRecord] {
        var found: [PlainRecord] = []
        var next = seq
        while next <= last {
            var taken = 0
            var current = next
            let behind = try reader.scan(from: next, through: last, for: kinds, until: deadline) { block in
                current = max(next, block.header.firstSeq)
                for record in block.batch.records.dropFirst(Int(current - block.header.firstSeq)) {
                    current += 1
                    guard kinds.contains(record.kind) else { continue }
                    found.append(PlainRecord(record, block.batch.bytes))
                    taken += 1
                    guard taken < limit else { return false }
                }
                return true
            }
            next = taken < limit ? behind : current
        }
        return found
    }

    @Test("each record of the wanted kinds comes once and in order, whatever the pages")
    func pages() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open(segmentBytes: 200_000)
        for _ in 0..<40 { try fixture.append(1 + Int(fixture.generator.random.next() % 300), to: log) }
        let reader = RecordReader(log.reader())
        let moves = RecordKinds(.move)
        for kinds in [.all, moves, [moves, RecordKinds(.track)], RecordKinds(rawValue: 1 << 50)] as [RecordKinds] {
            for (from, limit) in [(1, Int.max), (1, 1_000), (777, 7), (log.lastSeq, 1)] as [(UInt64, Int)] {
                let expected = fixture.appended.dropFirst(Int(from) - 1).filter { kinds.contains($0.kind) }
                let found = try read(reader, kinds, from: from, through: log.lastSeq, limit: limit)
                #expect(found == expected, "kinds \(kinds.rawValue), from \(from), limit \(limit), seed \(seed)")
            }
        }
        let short = try read(reader, moves, through: log.lastSeq, until: .now)
        #expect(short == fixture.appended.filter { $0.kind == .move }, "seed \(seed)")
    }

    @Test("blocks without a wanted record are passed over, and what lies behind the last seq is not read")
    func passedOver() throws {
        let fixture = LogFixture(seed: seed, isWild: false)
        let log = try fixture.open()
        for round in 0..<6 {
            try fixture.append(50, to: log)
            guard round % 3 == 1 else { continue }
            var batch = RecordBatch()
            batch.records = [Record(kind: .track), Record(kind: .move)]
            _ = try log.append(batch, context: LogFixture.context(after: log))
        }
        let reader = RecordReader(log.reader())
        var seen: [UInt64] = []
        let next = try reader.scan(from: 1, through: log.lastSeq, for: RecordKinds(.move), until: Self.far) { block in
            seen.append(block.header.firstSeq)
            return true
        }
        #expect(seen == [101, 253] && next == log.lastSeq + 1)
        let early = try reader.scan(from: 1, through: 50, for: .all, until: Self.far) { block in
            #expect(block.header.firstSeq == 1)
            return true
        }
        #expect(early == 51)
        #expect(try reader.scan(from: 900, through: log.lastSeq, for: .all, until: Self.far) { _ in true } == 900)
    }
}
