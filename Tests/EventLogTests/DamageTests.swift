import TestSupport
import Glibc
import LMDB
import Testing
import UsageModel

@testable import EventLog

@Suite("Damage is found and named, never read as something else")
struct DamageTests {
    let seed = UInt64.random(in: .min ... .max)

    /// A closed log of several segments.
    func makeLog(blocks: Int = 30, segmentBytes: Int = 200_000, isWild: Bool = true) throws -> LogFixture {
        let fixture = LogFixture(seed: seed, isWild: isWild)
        let log = try fixture.open(segmentBytes: segmentBytes)
        for _ in 0..<blocks { try fixture.append(400, to: log) }
        log.close()
        return fixture
    }

    /// What an offline verification finds; what cannot be opened for it counts as found.
    static func problems(_ path: String) throws -> [Corruption] {
        do {
            return try EventLogReader.open(directory: path).verify().problems
        } catch EventLogError.corrupt(let corruption) {
            return [corruption]
        }
    }

    @Test("a sound log has no problems, and an offline reader finds all that was written")
    func sound() throws {
        let fixture = try makeLog()
        #expect(try Self.problems(fixture.path) == [])
        let reader = try EventLogReader.open(directory: fixture.path)
        #expect(try LogFixture.scan(reader) == fixture.appended, "seed \(seed)")
        #expect(try LogFixture.text(reader.names()) == LogFixture.text(fixture.names), "seed \(seed)")
        #expect(try reader.lastSeq() == UInt64(fixture.appended.count))
    }

    @Test("a missing segment is named, whichever it is")
    func missingSegment() throws {
        let count = try makeLog().segments.count
        #expect(count >= 3)
        for index in 0..<count {
            let fixture = try makeLog()
            let name = fixture.segments[index]
            try SystemCall.removeFlatDirectory(fixture.path + "/log/" + name)
            let found = try #require(corruption { _ = try fixture.readEverything() }, "segment \(index)")
            let isLast = index == count - 1
            #expect(found.place == (isLast ? "tail" : "log/" + name), "segment \(index): \(found)")
            #expect(!found.remedy.isEmpty)
            #expect(try Self.problems(fixture.path) != [], "segment \(index)")
        }
    }

    @Test("a segment without its data file is named")
    func missingFile() throws {
        let fixture = try makeLog(blocks: 3)
        let place = "log/" + fixture.segments[0] + "/data.mdb"
        #expect(unlink(fixture.dataFile(0)) == 0)
        #expect(corruption { _ = try fixture.readEverything() }?.place == place)
        #expect(try Self.problems(fixture.path).first?.place == place)
    }

    @Test("all segments gone is not an empty log")
    func allMissing() throws {
        let fixture = try makeLog(blocks: 3)
        for name in fixture.segments { try SystemCall.removeFlatDirectory(fixture.path + "/log/" + name) }
        #expect(corruption { _ = try fixture.readEverything() }?.place == "tail")
    }

    @Test("two swapped segments are named")
    func swapped() throws {
        let fixture = try makeLog()
        let log = fixture.path + "/log/"
        let (first, second) = (log + fixture.segments[0], log + fixture.segments[1])
        #expect(rename(first, log + "x") == 0 && rename(second, first) == 0 && rename(log + "x", second) == 0)
        let found = try #require(corruption { _ = try fixture.readEverything() })
        #expect(found.place == "log/" + fixture.segments[0], "\(found)")
        #expect(try Self.problems(fixture.path) != [])
    }

    @Test("a segment of another log is named, even when seqs fit")
    func foreign() throws {
        let (one, other) = (try makeLog(), try makeLog())
        TestFile.write(one.dataFile(0), TestFile.read(other.dataFile(0)))
        let found = try #require(corruption { _ = try one.readEverything() })
        #expect(found.place == "log/" + one.segments[0] && found.detail.contains("foreign"), "\(found)")
        #expect(try Self.problems(one.path) != [])
    }

    @Test("a truncated segment is named")
    func truncated() throws {
        let fixture = try makeLog()
        for index in fixture.segments.indices {
            let sound = TestFile.read(fixture.dataFile(index))
            for count in [0, 100, 4_096, 8_192, sound.count / 2, sound.count - 1] {
                TestFile.write(fixture.dataFile(index), Array(sound[..<count]))
                let found = try #require(
                    corruption { _ = try fixture.readEverything() }, "segment \(index) cut to \(count), seed \(seed)")
                #expect(found.place.hasPrefix("log/" + fixture.segments[index]), "\(found)")
            }
            TestFile.write(fixture.dataFile(index), sound)
        }
        #expect(try fixture.readEverything() == fixture.appended)
    }

    @Test("a log that ends before its tail has lost commits, and does not open")
    func lostCommits() throws {
        let fixture = LogFixture(seed: seed)
        var log = try fixture.open()
        for _ in 0..<5 { try fixture.append(50, to: log) }
        log.close()
        let old = TestFile.read(fixture.dataFile(0))
        log = try fixture.open()
        try fixture.append(50, to: log)
        log.close()
        TestFile.write(fixture.dataFile(0), old)
        #expect(corruption { _ = try fixture.readEverything() }?.place == "tail")
        #expect(try Self.problems(fixture.path).first?.place == "tail")
        // The remedy that the error names.
        #expect(unlink(fixture.path + "/tail") == 0)
        #expect(try fixture.readEverything().count == 250)
    }

    @Test("a tail that is behind means nothing; a flipped bit in it does")
    func tail() throws {
        let fixture = LogFixture(seed: seed)
        var log = try fixture.open()
        try fixture.append(50, to: log)
        log.close()
        let old = TestFile.read(fixture.path + "/tail")
        log = try fixture.open()
        try fixture.append(50, to: log)
        log.close()
        TestFile.write(fixture.path + "/tail", old)
        #expect(try fixture.readEverything() == fixture.appended)
        let sound = TestFile.read(fixture.path + "/tail")
        for bit in 0..<sound.count * 8 {
            var bytes = sound
            bytes[bit / 8] ^= 1 << (bit % 8)
            TestFile.write(fixture.path + "/tail", bytes)
            #expect(corruption { _ = try fixture.readEverything() }?.place == "tail", "bit \(bit)")
        }
    }

    /// Enough for each run to hit every kind of page; every run takes others.
    private static let flipCount = 300

    /// The whole promise: LMDB's own pages, headers, bodies, names, free pages.
    @Test("whatever single bit of a segment flips, it is found, or nothing that is read has changed")
    func flips() throws {
        let fixture = LogFixture(seed: seed, isWild: false)
        var log = try fixture.open()
        for _ in 0..<6 { try fixture.append(60, to: log) }
        log.close()
        log = try fixture.open()
        for _ in 0..<6 { try fixture.append(3, to: log) }
        log.close()
        let names = LogFixture.text(fixture.names)
        let sound = TestFile.read(fixture.dataFile(0))
        let tail = TestFile.read(fixture.path + "/tail")
        var random = SeededRandom(seed: seed)
        var found = 0
        for _ in 0..<Self.flipCount {
            let bit = Int(random.next() % UInt64(sound.count * 8))
            var bytes = sound
            bytes[bit / 8] ^= 1 << (bit % 8)
            TestFile.write(fixture.dataFile(0), bytes)
            TestFile.write(fixture.path + "/tail", tail)
            do {
                let names2 = NameTable()
                let log = try EventLog.open(directory: fixture.path, options: LogFixture.options(), names: names2)
                defer { log.close() }
                #expect(try LogFixture.scan(log.reader()) == fixture.appended, "bit \(bit), seed \(seed)")
                #expect(LogFixture.text(names2) == names, "bit \(bit), seed \(seed)")
            } catch EventLogError.corrupt(let corruption) {
                #expect(corruption.place.hasPrefix("log"), "bit \(bit), seed \(seed): \(corruption)")
                found += 1
            } catch EventLogError.newerFormat {
                found += 1
            }
        }
        #expect(found > Self.flipCount / 8, "most of the file is in use; seed \(seed)")
    }

    /// Each key of the blocks' table, in both of the places where it stands on the newest leaf's history.
    @Test("a block whose key was changed is not skipped")
    func wrongKey() throws {
        let fixture = LogFixture(seed: seed, isWild: false)
        let log = try fixture.open()
        for _ in 0..<6 { try fixture.append(60, to: log) }
        log.close()
        let sound = TestFile.read(fixture.dataFile(0))
        var found = 0
        for block in stride(from: UInt64(1), through: 301, by: 60) {
            let key = withUnsafeBytes(of: block.bigEndian) { Array($0) }
            for offset in 0..<sound.count - 8
            where sound[offset + 7] == key[7] && Array(sound[offset..<offset + 8]) == key {
                for bit in 0..<16 {
                    var bytes = sound
                    bytes[offset + 7 - bit / 8] ^= 1 << (bit % 8)
                    TestFile.write(fixture.dataFile(0), bytes)
                    var records = fixture.appended
                    if corruption({ records = try fixture.readEverything() }) != nil { found += 1 }
                    #expect(records == fixture.appended, "block \(block), byte \(offset), bit \(bit)")
                }
            }
        }
        #expect(found >= 6 * 16, "each key stands at least in the newest leaf")
    }

    @Test("a verification goes on behind a damaged block and names only that one")
    func goesOn() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        for _ in 0..<5 { try fixture.append(500, to: log) }
        log.close()
        var bytes = TestFile.read(fixture.dataFile(0))
        // The header of the block that begins at 1001 stands at the start of an overflow page.
        let key = withUnsafeBytes(of: UInt64(1_001).littleEndian) { Array($0) }
        let magic = Array("TNRBLOCK".utf8)
        let start = try #require(
            stride(from: 16, to: bytes.count - 200, by: 4_096).first {
                Array(bytes[$0..<$0 + 8]) == magic && Array(bytes[$0 + 32..<$0 + 40]) == key
            })
        bytes[start + 1_000] ^= 1
        TestFile.write(fixture.dataFile(0), bytes)
        let problems = try Self.problems(fixture.path)
        #expect(problems.count == 1)
        #expect(problems.first?.block == 1_001 && problems.first?.place == "log/" + fixture.segments[0])
        #expect(problems.first?.offset == BlockHeader.byteCount)
        #expect(corruption { _ = try fixture.readEverything() }?.block == 1_001)
    }

    @Test("a redacted name and a redacted block are read, and the chain holds")
    func redaction() throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        for _ in 0..<3 { try fixture.append(50, to: log) }
        log.close()
        let erased = try Redactor.redact(fixture.path, segment: fixture.segments[0], block: 1)
        let reader = try EventLogReader.open(directory: fixture.path)
        let names = try reader.names()
        #expect(names.withBytes(of: erased.number, kind: erased.kind) { $0.isEmpty })
        #expect(names.count(.user) == fixture.names.count(.user))
        let report = try reader.verify()
        #expect(report.problems == [] && report.erasedNames == 1 && report.redactedBlocks == 1)
        var expected = fixture.appended
        for index in 0..<50 { expected[index].payload = "" }
        #expect(try LogFixture.scan(reader) == expected, "seed \(seed)")
    }

    @Test("names that are missing or not those of their block are noticed", arguments: [true, false])
    func wrongNames(isEmpty: Bool) throws {
        let fixture = LogFixture(seed: seed)
        let log = try fixture.open()
        for _ in 0..<3 { try fixture.append(50, to: log) }
        log.close()
        try Redactor.replaceNames(fixture.path, segment: fixture.segments[0], block: 1) { record in
            if isEmpty { return [] }
            // Another name with a hash of its own that fits: only the block's header can tell.
            return Redactor.rewritten(record) { _ in "somebody else" }
        }
        #expect(corruption { _ = try fixture.readEverything() }?.place.hasPrefix("log/") == true)
        #expect(try Self.problems(fixture.path) != [])
    }
}
