import Glibc
import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("Backups of the log")
struct BackupTests {
    let seed = UInt64.random(in: .min ... .max)

    @Test("a backup holds all blocks so far, shares sealed segments, and goes on as a log of its own")
    func wholeAndOnItsOwn() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open(segmentBytes: 1 << 16)
        for _ in 0..<40 { try fixture.append(100, to: log) }
        let target = fixture.directory.path + "/backup"
        let report = try log.reader().backUp(to: target)
        let expected = fixture.appended
        #expect(report.lastSeq == log.lastSeq)
        #expect(report.segments > 2 && report.linkedSegments == report.segments - 1)
        // What comes later is no part of it, although the log grows in the segment that was copied.
        for _ in 0..<20 { try fixture.append(100, to: log) }
        let reader = try EventLogReader.open(directory: target)
        #expect(try LogFixture.scan(reader) == expected)
        #expect(try reader.lastSeq() == report.lastSeq)
        log.close()
    }

    @Test("a daemon can be started on a backup while the log lives on")
    func startedOnBackup() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        for _ in 0..<10 { try fixture.append(50, to: log) }
        let target = fixture.directory.path + "/backup"
        _ = try log.reader().backUp(to: target)
        log.close()
        let names = NameTable()
        let restored = try EventLog.open(directory: target, options: LogFixture.options(), names: names)
        #expect(restored.lastSeq == 500)
        let batch = fixture.generator.batch(10, names: names)
        _ = try restored.append(batch, context: LogFixture.context(after: restored))
        #expect(try LogFixture.scan(restored.reader()).count == 510)
        restored.close()
        #expect(try fixture.readEverything().count == 500)
    }

    @Test("an empty log can be backed up")
    func empty() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        let target = fixture.directory.path + "/backup"
        #expect(try log.reader().backUp(to: target).lastSeq == 0)
        #expect(try EventLogReader.open(directory: target).lastSeq() == 0)
        log.close()
    }

    @Test("what is there is never written over, nor the draft of another backup")
    func existing() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        try fixture.append(50, to: log)
        let target = fixture.directory.path + "/backup"
        try SystemCall.makeDirectory(target + ".partial")
        #expect(throws: EventLogError.self) { try log.reader().backUp(to: target) }
        try SystemCall.run("rmdir", target) { rmdir(target + ".partial") }
        _ = try log.reader().backUp(to: target + "//")
        #expect(!SystemCall.exists(target + ".partial"))
        #expect(throws: EventLogError.self) { try log.reader().backUp(to: target) }
        #expect(try EventLogReader.open(directory: target).lastSeq() == 50)
        log.close()
    }

    @Test("a backup is not made inside the log's own directory, nor where there is no directory")
    func places() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        for place in ["/backup", "/log/00000000000000000009", "/../state/b"] {
            #expect(throws: EventLogError.self, "\(place)") { try log.reader().backUp(to: fixture.path + place) }
        }
        #expect(throws: EventLogError.self) { try log.reader().backUp(to: fixture.directory.path + "/no/backup") }
        #expect(fixture.segments.count == 1)
        log.close()
    }
}
