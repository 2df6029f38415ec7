import Glibc
import Logging
import Testing

@testable import tenured

@Suite("Entries of the journal")
struct JournalTests {
    @Test("a field is a line; one with line feeds has its length in front")
    func entry() {
        let bytes = Journal.entry([("PRIORITY", "3"), ("MESSAGE", "a\nb")])
        #expect(bytes == Array("PRIORITY=3\nMESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("a\nb\n".utf8))
    }

    @Test("levels are syslog's priorities")
    func priorities() {
        #expect(Logger.Level.allCases.map(JournalLogHandler.priority) == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test("metadata become fields of their own, named as the journal takes them")
    func fields() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/journal"
            let entries = try DatagramSocket(path: path)
            let journal = try #require(Journal(path: path))
            let logger = Logger(label: "t") { _ in JournalLogHandler(journal: journal) }
            logger.warning("rules not reloaded", metadata: ["peer": "ann", "rules-file": "/etc/r.yaml"])
            #expect(
                try entries.receive() == """
                    MESSAGE=rules not reloaded
                    PRIORITY=4
                    SYSLOG_IDENTIFIER=tenured
                    TENURE_PEER=ann
                    TENURE_RULES_FILE=/etc/r.yaml

                    """)
        }
    }

    @Test("the standard error is the journal's only if it is the very file that systemd named")
    func stream() throws {
        var status = stat()
        try #require(fstat(STDERR_FILENO, &status) == 0)
        #expect(Journal.isStandardError("\(status.st_dev):\(status.st_ino)"))
        for other in [nil, "", "1", "\(status.st_dev):\(status.st_ino + 1)", "x:y"] {
            #expect(!Journal.isStandardError(other))
        }
    }
}
