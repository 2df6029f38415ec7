import TestSupport
import Glibc
import Testing
import UsageModel

@testable import EventLog

@Suite("The directory: lock, format")
struct DirectoryTests {
    @Test("a second opener is refused with the first one's name, and let in once the first is gone")
    func lock() throws {
        let fixture = LogFixture(seed: 1)
        let log = try fixture.open()
        for open in [
            { _ = try EventLog.open(directory: fixture.path, names: NameTable()) },
            { _ = try EventLogReader.open(directory: fixture.path) },
        ] as [() throws -> Void] {
            do {
                try open()
                Issue.record("opened twice")
            } catch EventLogError.locked(let directory, let holder) {
                #expect(directory == fixture.path && holder == "process \(getpid())")
            }
        }
        log.close()
        try fixture.open().close()
    }

    @Test("a reader of a stopped directory keeps a daemon out, and serves as many threads as copies of it")
    func readers() throws {
        let fixture = LogFixture(seed: 1)
        let log = try fixture.open()
        try fixture.append(5, to: log)
        log.close()
        do {
            let reader = try EventLogReader.open(directory: fixture.path)
            #expect(try LogFixture.scan(reader) == fixture.appended)
            for open in [
                { _ = try fixture.open() }, { _ = try EventLogReader.open(directory: fixture.path) },
            ] as [() throws -> Void] {
                do {
                    try open()
                    Issue.record("opened beside a reader")
                } catch EventLogError.locked {}
            }
            let copy = reader
            #expect(try LogFixture.scan(copy) == fixture.appended)
        }
        try fixture.open().close()
    }

    @Test("an offline reader creates nothing where there is no log")
    func noLog() throws {
        let directory = TemporaryDirectory()
        #expect(throws: EventLogError.self) { try EventLogReader.open(directory: directory.path) }
        #expect(try SystemCall.list(directory.path) == [])
    }

    @Test(
        "a newer format is refused by name",
        arguments: ["tenure-log 2\nid 0\n", "tenure-log 2\nsomething new\n", "tenure-log 4000000000\n"])
    func newer(text: String) throws {
        let fixture = LogFixture(seed: 1)
        try fixture.open().close()
        TestFile.write(fixture.path + "/format", Array(text.utf8))
        for open in [
            { _ = try fixture.open() }, { _ = try EventLogReader.open(directory: fixture.path) },
        ] as [() throws -> Void] {
            do {
                try open()
                Issue.record("a newer log was opened")
            } catch EventLogError.newerFormat(let place, let found, let supported) {
                #expect(place == "format" && found > 1 && supported == 1)
            }
        }
    }

    @Test("a format file that is damaged or missing beside segments is corruption, not a new log")
    func damagedFormat() throws {
        let fixture = LogFixture(seed: 1)
        let log = try fixture.open()
        try fixture.append(5, to: log)
        log.close()
        let sound = TestFile.read(fixture.path + "/format")
        for bit in 0..<sound.count * 8 {
            var bytes = sound
            bytes[bit / 8] ^= 1 << (bit % 8)
            TestFile.write(fixture.path + "/format", bytes)
            #expect(throws: EventLogError.self, "bit \(bit)") { _ = try fixture.readEverything() }
        }
        #expect(unlink(fixture.path + "/format") == 0)
        #expect(corruption { _ = try fixture.readEverything() }?.place == "format")
    }
}
