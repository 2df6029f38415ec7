import TestSupport
import Glibc
import Testing
import UsageModel

@testable import EventLog

@Suite("A commit that fails")
struct FailedCommitTests {
    /// In a process of its own, since the limit on the size of files is the process's.
    @Test("after a failed commit the log takes nothing more, and what was there before is intact")
    func fatal() async {
        await #expect(processExitsWith: .success) {
            let fixture = LogFixture(seed: 1)
            let log = try fixture.open()
            for _ in 0..<5 { try fixture.append(50, to: log) }
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let size = try log.statistics().bytes
            limit.rlim_cur = rlim_t(size) + 4_096
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let batch = fixture.generator.batch(3_000, names: fixture.names)
            var errors: [EventLogError] = []
            for _ in 0..<2 {
                do throws(EventLogError) {
                    _ = try log.append(batch, context: LogFixture.context(after: log))
                } catch {
                    errors.append(error)
                }
            }
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            guard errors.count == 2, case .store = errors[0], case .failedBefore = errors[1], log.lastSeq == 250 else {
                exit(1)
            }
            log.close()
            guard try fixture.readEverything() == fixture.appended else { exit(2) }
            let reopened = try fixture.open()
            try fixture.append(3_000, to: reopened)
            guard try LogFixture.scan(reopened.reader()) == fixture.appended else { exit(3) }
            exit(0)
        }
    }

    /// What `kill -9` leaves: no destructor runs, the lock file of LMDB stays as it was.
    @Test("a process that dies right after an append leaves a log that opens with all of it")
    func killed() async throws {
        let directory = TemporaryDirectory()
        setenv("TENURE_TEST_DIRECTORY", directory.path, 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let path = String(cString: getenv("TENURE_TEST_DIRECTORY"))
            let names = NameTable()
            let log = try EventLog.open(directory: path, options: LogFixture.options(), names: names)
            var generator = BatchGenerator(seed: 9)
            for _ in 0..<20 {
                let batch = generator.batch(40, names: names)
                _ = try log.append(batch, context: LogFixture.context(after: log))
            }
            kill(getpid(), SIGKILL)
        }
        let names = NameTable()
        let log = try EventLog.open(directory: directory.path, options: LogFixture.options(), names: names)
        var generator = BatchGenerator(seed: 9)
        let expectedNames = NameTable()
        let expected = (0..<20).flatMap { _ in PlainRecord.all(generator.batch(40, names: expectedNames)) }
        #expect(try LogFixture.scan(log.reader()) == expected)
        #expect(LogFixture.text(names) == LogFixture.text(expectedNames))
        #expect(try log.reader().verify().problems == [])
    }
}
