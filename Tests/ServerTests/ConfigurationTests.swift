import Clients
import Engine
import FoundationEssentials
import Logging
import Portraits
import Server
import TestSupport
import Testing
import WireFormat

@testable import tenured

@Suite("The configuration file")
struct ConfigurationTests {
    private func parse(_ text: String) throws -> Configuration {
        try ConfigurationFile.parse(text, fileName: "t.yaml")
    }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch {
            return (error as? ConfigurationError)?.mistakes.map(\.description) ?? ["\(error)"]
        }
    }

    /// config/tenured.yaml of the repository.
    private static let shipped = try? String(
        contentsOf: Repository.root.appending(path: "config/tenured.yaml"), encoding: .utf8)

    @Test("an empty file, and one of comments, mean the defaults", arguments: ["", "\n", "# nothing\n", "~"])
    func empty(text: String) throws {
        let configuration = try parse(text)
        for setting in Setting.all { #expect(setting.text(configuration) == setting.text(Configuration())) }
    }

    @Test("config/tenured.yaml states every setting's default")
    func shippedDefaults() throws {
        let shipped = try #require(Self.shipped)
        let configuration = try parse(shipped)
        for setting in Setting.all {
            #expect(setting.text(configuration) == setting.text(Configuration()), "\(setting.name)")
        }
    }

    @Test("config/tenured.yaml names every setting, with a comment before it or before its group")
    func shippedNames() throws {
        let lines = try #require(Self.shipped).split(separator: "\n").map(String.init)
        for setting in Setting.all {
            let name = setting.name.split(separator: ".").last.map(String.init) ?? setting.name
            let indentation = setting.name.contains(".") ? "  " : ""
            #expect(lines.contains { $0.hasPrefix("\(indentation)\(name):") }, "\(setting.name)")
        }
        #expect(lines.count { $0.drop { $0 == " " }.hasPrefix("#") } >= Setting.all.count * 2 / 3)
    }

    @Test("each kind of value is read")
    func values() throws {
        let configuration = try parse(
            """
            state_dir: /var/lib/x
            log_level: warning
            clock: {mode: event, max_step: 36h}
            ingest:
              tcp: 127.0.0.1:8094
              precision: ms
              company_from_email: true
              free_mail_domains: [a.com, "b.com"]
            log: {segment: 64MiB}
            limits: {line: 128KiB, props: 1000, companies: 1_000, subscriber_stall: 2m}
            """)
        #expect(configuration.stateDirectory == "/var/lib/x")
        #expect(configuration.logLevel == .warning)
        #expect(configuration.settings.clock == .event)
        #expect(configuration.settings.clockMaxStepMilliseconds == 36 * 3_600_000)
        #expect(configuration.ingestTCP == .tcp(host: "127.0.0.1", port: 8094))
        #expect(configuration.ingest.precision == .ms)
        #expect(configuration.settings.companyFromEmail)
        #expect(configuration.settings.freeMailDomains == ["a.com", "b.com"])
        #expect(configuration.ingest.decoderLimits.lineBytes == 131_072)
        #expect(configuration.ingest.decoderLimits.propsBytes == 1_000)
        #expect(Setting.all.first { $0.name == "log.segment" }?.text(configuration) == "64MiB")
        #expect(configuration.engineLimits.companies == 1_000)
        #expect(configuration.ingest.limits.subscriberStallSeconds == 120)
    }

    @Test("sources have their senders' names")
    func sources() throws {
        let text = "sources:\n  billing: {heartbeat: 2h}\n  app.eu: {heartbeat: 90s}"
        #expect(try parse(text).settings.heartbeats == ["billing": 7_200_000, "app.eu": 90_000])
        #expect(try parse("sources:").settings.heartbeats.isEmpty)
    }

    @Test("a source with a key says how its events are read")
    func keyedSources() throws {
        let configuration = try parse(
            """
            sources:
              app:
                heartbeat: 2h
                key_file: app.key
                company: acme
                fields: {company: properties.account.id, amount: properties.price}
                tasks: {leave: [health.*, ping]}
            """)
        var mapping = SourceMapping()
        mapping.source = "app"
        mapping.company = "acme"
        mapping.fields[.company] = FieldPath("properties.account.id")
        mapping.fields[.amount] = FieldPath("properties.price")
        mapping.tasks = .leaving([TaskPattern("health.*"), TaskPattern("ping")])
        #expect(configuration.sources.map(\.mapping) == [mapping])
        #expect(configuration.sources.map(\.keyFile) == ["app.key"])
        #expect(configuration.settings.heartbeats == ["app": 7_200_000])
    }

    @Test("the clock's mode may stand alone")
    func clockAlone() throws {
        #expect(try parse("clock: event").settings.clock == .event)
        #expect(mistakes("clock: sun") == ["t.yaml:1:8: clock.mode: expected one of wall, event, not \"sun\""])
    }

    @Test(
        "a mistake has its line, its column and, where there is one, the name that was meant",
        arguments: [
            ("log_levl: info", "t.yaml:1:1: unknown setting \"log_levl\" (did you mean \"log_level\"?)"),
            (
                "\nlimits:\n  lines: 3",
                "t.yaml:3:3: unknown setting \"limits.lines\" (did you mean \"limits.line\"?)"
            ),
            ("max_future: 3m", "t.yaml:1:1: unknown setting \"max_future\" (did you mean \"ingest.max_future\"?)"),
            ("quux: 1", "t.yaml:1:1: unknown setting \"quux\""),
            ("limits: {name: no}", "t.yaml:1:16: limits.name: expected a number of bytes, such as 64KiB, not \"no\""),
            (
                "log: {reserve: 2000GiB}",
                "t.yaml:1:16: log.reserve: expected a number of bytes, such as 64KiB, at most 1024GiB, "
                    + "not \"2000GiB\""
            ),
            (
                "limits: {drain: 5ms}", "t.yaml:1:17: limits.drain: expected a duration, such as 10m, not \"5ms\""
            ),
            ("ingest: 3", "t.yaml:1:9: ingest: expected settings in a mapping"),
            ("- a", "t.yaml:1:1: the file must be a mapping of settings, such as `log_level: info`"),
            (
                "http: {tcp: nowhere}",
                "t.yaml:1:13: http.tcp: expected an address and port, such as "
                    + "127.0.0.1:8086, or null, not \"nowhere\""
            ),
            ("rules: a\nrules: b", "t.yaml:1:1: \"rules\" is set twice"),
            ("sources: 3", "t.yaml:1:10: sources: expected sources by name, such as `billing: {heartbeat: 2h}`"),
            (
                "sources: {billing: 2h}",
                "t.yaml:1:20: sources.billing: expected settings in a mapping, such as `{heartbeat: 2h}`"
            ),
            (
                "sources:\n  billing: {hartbeat: 2h}",
                "t.yaml:2:13: unknown setting \"sources.billing.hartbeat\" (did you mean \"heartbeat\"?)"
            ),
            (
                "sources:\n  billing:\n    heartbeat: 20ms",
                "t.yaml:3:16: sources.billing.heartbeat: expected a duration of at least 1s, such as 2h, not \"20ms\""
            ),
            (
                "sources: {app: {company: acme}}",
                "t.yaml:1:16: sources.app: company, fields and tasks hold for requests with the source's key; "
                    + "name its key_file"
            ),
            (
                "sources: {app: {key_file: k, fields: {time: x}}}",
                "t.yaml:1:39: sources.app.fields: expected one of company, user, amount, unit, not \"time\""
            ),
            (
                "sources: {app: {key_file: k, fields: {user: a..b}}}",
                "t.yaml:1:45: sources.app.fields.user: expected names with dots between them, such as "
                    + "properties.account_id, not \"a..b\""
            ),
            (
                "sources: {app: {key_file: k, tasks: {take: [a], leave: [b]}}}",
                "t.yaml:1:37: sources.app.tasks: expected `{take: [names]}` or `{leave: [names]}`, such as "
                    + "`{take: [report.*]}`, not something else"
            ),
        ])
    func placedMistakes(text: String, mistake: String) {
        #expect(mistakes(text) == [mistake])
    }

    @Test("all mistakes are reported at once")
    func allAtOnce() {
        #expect(mistakes("log_level: x\nfoo: 1\nlimits: {line: -1}\nclock: {mode: 7}").count == 4)
    }

    @Test("what is not YAML is a mistake with a place")
    func notYAML() {
        #expect(mistakes("a: [").first?.hasPrefix("t.yaml:2:1: ") == true)
    }

    @Test(
        "byte counts are read and written",
        arguments: [("65536", 65_536), ("64KiB", 65_536), ("4MiB", 4_194_304), ("1GiB", 1_073_741_824), ("7B", 7)])
    func byteCounts(text: String, bytes: Int) {
        #expect(ByteCountText.bytes(text) == bytes)
        #expect(ByteCountText.bytes(ByteCountText.text(bytes)) == bytes)
    }

    @Test("what is no byte count is refused", arguments: ["", "KiB", "4 MiB", "1.5MiB", "9999999999GiB"])
    func badByteCounts(text: String) {
        #expect(ByteCountText.bytes(text) == nil)
    }
}
