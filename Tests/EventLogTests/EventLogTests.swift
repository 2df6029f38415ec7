import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("The log: append, reopen, scan")
struct EventLogTests {
    let seed = UInt64.random(in: .min ... .max)

    @Test("what was appended is scanned in order, with its names, before and after reopening")
    func roundTrip() throws {
        let fixture = LogFixture(seed: seed)
        var log = try fixture.open()
        var next: UInt64 = 1
        for round in 0..<30 {
            let count = 1 + Int(fixture.generator.random.next() % 200)
            let seqs = try fixture.append(count, to: log)
            #expect(seqs == next...next + UInt64(count) - 1, "seed \(seed)")
            next = seqs.upperBound + 1
            guard round % 10 == 9 else { continue }
            #expect(try LogFixture.scan(log.reader()) == fixture.appended, "seed \(seed)")
            let known = LogFixture.text(fixture.names)
            let context = log.lastContext
            log.close()
            log = try fixture.open()
            #expect(log.lastSeq == next - 1 && log.lastContext == context, "seed \(seed)")
            #expect(LogFixture.text(fixture.names) == known, "seed \(seed)")
            #expect(try LogFixture.scan(log.reader()) == fixture.appended, "seed \(seed)")
        }
        for from in [1, 2, 100, next - 1, next, next + 5] {
            let expected = Array(fixture.appended.dropFirst(Int(from) - 1))
            #expect(try LogFixture.scan(log.reader(), from: from) == expected, "from \(from), seed \(seed)")
        }
    }

    @Test("a block's header says what its writer knew")
    func header() throws {
        let fixture = LogFixture(seed: seed, isWild: false)
        let log = try fixture.open()
        let context = BlockContext(
            logTime: Timestamp(milliseconds: 77), evaluatedThrough: 0, evaluatedNow: Timestamp(milliseconds: 66))
        let batch = fixture.generator.batch(50, names: fixture.names)
        _ = try log.append(batch, context: context)
        var control = RecordBatch()
        control.records = [Record(kind: .clock)]
        _ = try log.append(control, context: context)
        var headers: [BlockHeader] = []
        try log.reader().scan(from: 1) {
            headers.append($0.header)
            return true
        }
        #expect(headers.map(\.firstSeq) == [1, 51] && headers.map(\.count) == [50, 1])
        #expect(headers.allSatisfy { $0.context == context })
        #expect(headers[0].leastEventTime == batch.records.map(\.time).min())
        #expect(headers[0].greatestEventTime == batch.records.map(\.time).max())
        #expect(headers[1].leastEventTime == nil && headers[1].greatestEventTime == nil)
        #expect(headers[1].previousHash == headers[0].hash)
    }

    @Test("segments roll by size, and the chain goes on across them")
    func roll() throws {
        let fixture = LogFixture(seed: seed)
        var log = try fixture.open(segmentBytes: 200_000)
        for _ in 0..<30 { try fixture.append(400, to: log) }
        #expect(fixture.segments.count > 2)
        #expect(try LogFixture.scan(log.reader()) == fixture.appended, "seed \(seed)")
        #expect(try log.statistics().segments == fixture.segments.count)
        log.close()
        log = try fixture.open(segmentBytes: 200_000)
        for _ in 0..<10 { try fixture.append(400, to: log) }
        #expect(try LogFixture.scan(log.reader()) == fixture.appended, "seed \(seed)")
        let report = try log.reader().verify()
        #expect(report.problems == [] && report.isComplete)
        #expect(report.records == UInt64(fixture.appended.count) && report.lastSeq == log.lastSeq)
        #expect(report.segments == fixture.segments.count && report.blocks == 40)
        #expect(report.names == LogFixture.text(fixture.names).reduce(0) { $0 + $1.count })
    }

    @Test("any record is found by its seq, in old segments as well")
    func recordAt() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open(segmentBytes: 200_000)
        for _ in 0..<30 { try fixture.append(300, to: log) }
        for _ in 0..<200 {
            let seq = 1 + fixture.generator.random.next() % log.lastSeq
            let found = try log.record(at: seq)
            #expect(
                PlainRecord(found.record, found.bytes) == fixture.appended[Int(seq) - 1], "seq \(seq), seed \(seed)")
        }
        for seq in [0, log.lastSeq + 1] {
            #expect(throws: EventLogError.self) { try log.record(at: seq) }
        }
    }

    @Test("readers on other threads see a growing log without a gap while the writer appends and rolls")
    func concurrentReaders() async throws {
        let fixture = LogFixture(seed: seed, isWild: false)
        let log = try fixture.open(segmentBytes: 200_000)
        try fixture.append(1, to: log)
        let reader = log.reader()
        let blocks = 60
        let total = 1 + blocks * 300
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var seen = 0
                    while seen < total {
                        try reader.scan(from: UInt64(seen + 1)) { block in
                            #expect(block.header.firstSeq == UInt64(seen + 1))
                            seen += block.batch.records.count
                            return true
                        }
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                    return seen
                }
            }
            for _ in 0..<blocks { try fixture.append(300, to: log) }
            for try await seen in group { #expect(seen == total) }
        }
        #expect(fixture.segments.count > 1)
    }

    @Test("a scan stops when its body says so, and passes the body's error on")
    func stop() throws {
        struct Stop: Error {}
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        for _ in 0..<3 { try fixture.append(10, to: log) }
        var blocks = 0
        try log.reader().scan(from: 1) { _ in
            blocks += 1
            return blocks < 2
        }
        #expect(blocks == 2)
        #expect(throws: Stop.self) { try log.reader().scan(from: 1) { _ in throw Stop() } }
    }

    @Test("after a drop without closing, everything appended is there")
    func drop() throws {
        let fixture = LogFixture(seed: seed)
        do {
            let log = try fixture.open()
            for _ in 0..<5 { try fixture.append(50, to: log) }
        }
        // What a crash while a segment was being made leaves behind.
        try SystemCall.makeDirectory(fixture.path + "/log/new")
        TestFile.write(fixture.path + "/log/new/data.mdb", [1, 2, 3])
        #expect(try fixture.readEverything() == fixture.appended, "seed \(seed)")
        #expect(fixture.segments.count == 1)
    }

    @Test("an empty last segment is what a crash between making and filling it leaves; it is filled")
    func emptySegment() throws {
        let fixture = LogFixture(seed: seed)
        var log = try fixture.open()
        try fixture.append(50, to: log)
        log.close()
        try SegmentDraft.make(51, directory: fixture.path, mapBytes: 1 << 30)
        log = try fixture.open()
        #expect(log.lastSeq == 50)
        try fixture.append(7, to: log)
        log.close()
        #expect(try fixture.readEverything() == fixture.appended, "seed \(seed)")
    }

    @Test("an empty log opens, scans and verifies as empty")
    func empty() throws {
        let fixture = LogFixture(seed: seed)
        try fixture.open().close()
        let log = try fixture.open()
        #expect(log.lastSeq == 0 && log.lastContext == nil)
        #expect(try LogFixture.scan(log.reader()) == [])
        let report = try log.reader().verify()
        #expect(report.problems == [] && report.records == 0)
    }

    @Test("a disk without room is told apart before anything is written, and the log goes on when there is room")
    func noRoom() throws {
        let fixture = LogFixture(seed: seed)
        var options = LogFixture.options()
        options.reserveBytes = Int.max / 2
        let names = NameTable()
        var log = try EventLog.open(directory: fixture.path, options: options, names: names)
        #expect(try !log.hasRoom(forBytes: 1))
        let batch = fixture.generator.batch(5, names: names)
        for _ in 0..<2 {
            do {
                _ = try log.append(batch, context: LogFixture.context(after: log))
                Issue.record("appended without room")
            } catch .noSpace(_, _, _, let isFatal) {
                #expect(!isFatal)
            }
        }
        #expect(log.lastSeq == 0)
        log.close()
        log = try fixture.open()
        #expect(try log.hasRoom(forBytes: 1))
        try fixture.append(5, to: log)
        #expect(log.lastSeq == 5)
    }

    @Test("a closed log and its readers say that it is closed")
    func closed() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        try fixture.append(5, to: log)
        let reader = log.reader()
        log.close()
        #expect(throws: EventLogError.self) { try LogFixture.scan(reader) }
        #expect(throws: EventLogError.self) { try fixture.append(5, to: log) }
    }
}
