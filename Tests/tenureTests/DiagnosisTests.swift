import Testing
import UsageModel

@testable import tenure

@Suite("What the doctor finds")
struct DiagnosisTests {
    private static let healthy = """
        {"version":"1","state":"ready","uptime_s":60,"clock":"wall","seq":9,"companies":2,"flags_open":1,"sources":[],
         "lines":{"accepted":1000,"duplicate":0,"refused":{}},"connections":3,"connections_limit":1024,
         "http_connections":1,"http_connections_limit":256,"process":{"open_files":40,"open_files_limit":65536},
         "log":{"directory":"/d","bytes":4096,"is_full":false,"available_bytes":9000,"reserve_bytes":1000},
         "you":{"name":"ann","may_change":false}}
        """

    private func findings(_ changes: JSON.Member..., configuration: JSON? = nil) throws -> [Finding] {
        var members = try #require(try JSON(parsing: Self.healthy).members)
        for change in changes {
            members.removeAll { $0.name == change.name }
            members.append(change)
        }
        return Diagnosis(status: .object(members), configuration: configuration, commandVersion: "1").findings
    }

    private func bad(_ findings: [Finding]) -> [Finding] { findings.filter { $0.level != .good } }

    @Test("nothing, where all is well; and it says who asks")
    func healthy() throws {
        let found = try findings()
        #expect(bad(found).isEmpty)
        #expect(found.last?.message == "ann, may look, not change")
    }

    @Test(
        "each thing that is wrong, once, with a level and a line of what to do",
        arguments: [
            ("clock_complaint", #""the clock leapt""#, "clock", Finding.Level.problem),
            ("log", #"{"is_full":true,"available_bytes":1,"reserve_bytes":1000}"#, "disk", .problem),
            ("log", #"{"is_full":false,"available_bytes":1500,"reserve_bytes":1000}"#, "disk", .warning),
            ("sources", #"[{"name":"billing","silent_since":"2026-01-01T00:00:00Z"}]"#, "source billing", .warning),
            ("lines", #"{"accepted":10,"duplicate":0,"refused":{"limit":3,"bad_json":1}}"#, "lines", .warning),
            ("connections", "1000", "senders", .warning), ("version", #""2""#, "version", .warning),
            ("seq", "0", "events", .warning), ("state", #""replaying""#, "daemon", .warning),
        ])
    func wrong(member: String, value: String, subject: String, level: Finding.Level) throws {
        let found = bad(try findings(JSON.Member(member, try JSON(parsing: value))))
        #expect(found.map(\.subject) == [subject])
        #expect(found.first?.level == level)
        #expect(found.first?.remedy?.contains("\n") == false)
    }

    @Test("a few refused lines among many are no finding")
    func fewRefused() throws {
        let lines = try JSON(parsing: #"{"accepted":1000,"duplicate":0,"refused":{"bad_json":3}}"#)
        #expect(bad(try findings(.init("lines", lines))).isEmpty)
    }

    @Test("a configuration file that changed since the start is a warning")
    func configuration() throws {
        let changed: JSON = ["file": "/etc/t.yaml", "is_changed_since_start": .bool(true)]
        #expect(bad(try findings(configuration: changed)).map(\.subject) == ["settings"])
    }

    @Test("a daemon that cannot be reached is a problem, with the last line of the advice")
    func unreachable() {
        let diagnosis = Diagnosis(unreachable: CommandError(.unreachable, "nobody listens", advice: "a\nstart it"))
        #expect(diagnosis.worst == .problem)
        #expect(diagnosis.findings == [.problem("daemon", "nobody listens", "start it")])
    }

    @Test("performance data have units and thresholds, and leave out what is unknown")
    func performance() throws {
        let text = PerformanceData.text(try JSON(parsing: Self.healthy))
        #expect(
            text == "seq=9c accepted=1000c duplicate=0c refused=0c companies=2 flags_open=1 connections=3 log=4096B "
                + "available=9000B;2000:;1000:")
        #expect(PerformanceData.text(.null) == "")
    }

    @Test("settings are shown as a configuration file has them, also those of sources with dots in their names")
    func settings() throws {
        let settings = try JSON(
            parsing: """
                [{"name":"log_level","value":"info"},{"name":"limits.line","value":"64KiB"},
                 {"name":"limits.props","value":"32KiB"},{"name":"sources.app.eu.heartbeat","value":"2h"},
                 {"name":"sources.billing.heartbeat","value":"1h"}]
                """)
        #expect(
            ConfigShow.yaml(settings.arrayValue ?? []) == """
                log_level: info
                limits:
                  line: 64KiB
                  props: 32KiB
                sources:
                  app.eu:
                    heartbeat: 2h
                  billing:
                    heartbeat: 1h

                """)
    }
}
