import EventLog
import Testing
import UsageModel

@testable import Engine

@Suite("Verifying flags")
struct FlagVerificationTests {
    private static let rules = """
        flags:
          - {name: idle, kind: churn, severity: high, when: user_idle_days > 7, clear: active_users(1d) > 0, summary: "{company} idle {user_idle_days:0} days"}
          - {name: held, kind: churn, severity: low, when: active_users(7d) < 2, for: 2d, summary: held}
          - {name: busy, kind: upsell, severity: medium, when: events(3d) >= 4, clear: events(3d) < 2, cooldown: 1d, summary: "{events(3d)} events"}
          - {name: calm, kind: info, severity: low, when: known_days > 1 and not flag("busy"), summary: calm}
        """

    private static let day: Int64 = 1_767_225_600

    private static func visit(_ company: String, _ user: String, _ days: Double) -> String {
        #"{"company":"\#(company)","user":"\#(user)","task":"t","time":\#(Self.day + Int64(days * 86_400))}"#
    }

    private static func history() async throws -> EngineHistory {
        var lines: [String] = []
        for hour in 0..<60 where hour % 5 < 3 {
            lines.append(visit("acme", "u\(hour % 3)", Double(hour) / 4))
            lines.append(visit("globex", "u\(hour % 2)", Double(hour) / 4 + 0.001))
        }
        lines.append(visit("globex", "eve", 30))
        return try await EngineHistory(
            rules: rules, [lines, [visit("acme", "u1", 25), visit("acme", "u2", 31)], [visit("acme", "u2", 31.2)]])
    }

    private func flags(_ history: EngineHistory) throws -> [String] {
        var flags: [String] = []
        try history.reader.scan(from: 1) { block in
            for record in block.batch.records where record.kind == .move {
                let move = try JSON(parsing: block.batch.text(record.payload))
                if move["move"]?.stringValue == "raised", let flag = move["flag"]?.stringValue { flags.append(flag) }
            }
            return true
        }
        return flags
    }

    private func differing(_ answer: JSON) -> [String] {
        (answer["checks"]?.arrayValue ?? []).filter { $0["ok"]?.boolValue == false }
            .compactMap { $0["check"]?.stringValue }
    }

    @Test("every flag of an untouched log holds")
    func untouched() async throws {
        let history = try await Self.history()
        let flags = try flags(history)
        #expect(flags.count > 8)
        for flag in flags {
            let answer = try FlagVerification(of: flag, on: history.reader).json
            #expect(answer["holds"]?.boolValue == true, "\(flag): \(differing(answer))")
            #expect(answer["sentence"]?.stringValue?.hasPrefix("\(flag) holds: from ") == true)
        }
    }

    /// What is done to the raise of the first flag `idle`, and which checks show it.
    static let alterations: [(name: String, from: String, to: String, checks: [String])] = [
        ("its evidence", #""threshold":7,"#, #""threshold":6,"#, ["evidence: user_idle_days > 7"]),
        ("its summary", "idle 7 days", "idle 70 days", ["summary"]),
        ("its severity", #""severity":"high""#, #""severity":"low""#, ["severity"]),
        ("its witnesses", #""witnesses":["#, #""witnesses":[1,"#, ["witnesses"]),
    ]

    @Test("an altered raise does not hold, and the answer names what differs", arguments: alterations)
    func alteredRaise(name: String, from: String, to: String, checks: [String]) async throws {
        let history = try await Self.history()
        var flag = ""
        let log = try history.altered { record, _, payload in
            guard record.kind == .move, payload.contains(#""move":"raised""#), payload.contains(#""rule":"idle""#),
                flag.isEmpty
            else { return }
            #expect(payload.contains(from), "\(payload)")
            payload.replace(from, with: to)
            flag = (try? JSON(parsing: payload)["flag"]?.stringValue) ?? ""
        }
        let answer = try FlagVerification(of: flag, on: log.reader).json
        #expect(answer["holds"]?.boolValue == false)
        #expect(differing(answer) == checks)
        #expect(answer["sentence"]?.stringValue?.hasSuffix("differ: \(checks.joined(separator: ", "))") == true)
    }

    @Test("a raise that is dated late was true before")
    func lateRaise() async throws {
        let history = try await Self.history()
        var flag = ""
        let log = try history.altered { record, _, payload in
            guard record.kind == .move, payload.contains(#""move":"raised""#), payload.contains(#""rule":"idle""#),
                flag.isEmpty, let json = try? JSON(parsing: payload), let at = json["at"]?.stringValue,
                let time = Timestamp(rfc3339: at)
            else { return }
            payload.replace(#""at":"\#(at)""#, with: #""at":"\#((time + 60_000).rfc3339)""#)
            payload.replace(#""since":"\#(at)""#, with: #""since":"\#((time + 60_000).rfc3339)""#)
            flag = json["flag"]?.stringValue ?? ""
        }
        let answer = try FlagVerification(of: flag, on: log.reader).json
        #expect(differing(answer).contains("raised before"))
    }

    @Test("where an event was moved into the silence, the flag is not raised")
    func movedEvent() async throws {
        let history = try await Self.history()
        let last = Timestamp(milliseconds: (Self.day + 7 * 86_400) * 1_000)
        let log = try history.altered { record, _, _ in
            // Visits of the first week move into the silence that raised the flag.
            guard record.kind.isEvent, record.time < last else { return }
            record.time = record.time + 14 * millisecondsPerDay
            record.day = record.day + 14
        }
        let answers = try flags(history).map { try FlagVerification(of: $0, on: log.reader).json }
        #expect(answers.contains { $0["sentence"]?.stringValue?.contains("idle is not raised at") == true })
    }

    @Test("hindsight says what late records have shown since")
    func hindsight() async throws {
        let history = try await EngineHistory(
            rules: Self.rules,
            [
                [Self.visit("acme", "ann", 0), Self.visit("globex", "eve", 9)],
                [Self.visit("acme", "ann", 3), Self.visit("globex", "eve", 9.5)],
            ])
        for flag in try flags(history) {
            let answer = try FlagVerification(of: flag, on: history.reader).json
            #expect(answer["holds"]?.boolValue == true, "\(flag): \(differing(answer))")
            if answer["rule"]?.stringValue == "idle" {
                #expect(answer["hindsight"]?["verdict"]?.stringValue == "fails")
                #expect(answer["hindsight"]?["retracted_at"]?.stringValue != nil)
            }
        }
    }

    @Test("what is no flag is told from what was never raised")
    func unknown() async throws {
        let history = try await Self.history()
        func failure(_ flag: String) -> String {
            do {
                _ = try FlagVerification(of: flag, on: history.reader)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(failure("F9999").hasPrefix("there is no flag F9999 in the log"))
        #expect(failure("idle").hasPrefix("\"idle\" is no flag's number"))
    }
}
