import Testing
import UsageModel

@testable import Rules

@Suite("Flag moves as records")
struct FlagMoveTests {
    static func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }

    /// One of each kind, with every member that the kind may carry.
    static func full(_ kind: MoveKind) -> FlagMove {
        var move = FlagMove(
            kind: kind, at: time("2026-03-01T10:00:00.001Z"), observed: time("2026-03-11T08:00:00Z"))
        if kind == .stage {
            move.stage = "active"
            move.fromStage = "onboarding"
            return move
        }
        if kind == .resting {
            move.rest = FlagMove.Rest(
                outcomeAt: time("2026-02-28T00:00:00Z"), quietSince: time("2026-03-01T09:00:00Z"))
            return move
        }
        if kind == .resumed { return move }
        move.rule = "idle"
        move.ruleVersion = "0123456789abcdef"
        move.flag = FlagID(number: 12)
        move.reason = "because \"quotes\" and\nlines"
        move.ruleText = "- name: idle\n  when: user_idle_days > 7\n"
        move.evidence = [
            Evidence(
                term: "user_idle_days > 7", metric: "user_idle_days", value: .double(7.25), threshold: .int(7),
                holds: true),
            Evidence(term: "seats_util < 0.4", metric: "seats_util", value: .null, threshold: .double(0.4), holds: nil),
        ]
        move.witnesses = [UInt64.max, 41, 7]
        switch kind {
        case .raised:
            move.since = time("2026-02-27T10:00:00Z")
            move.raise = RaiseDetails(
                kind: .churn, severity: .high, summary: "Nobody at acme for 7 days", owner: "ann",
                due: time("2026-03-03T10:00:00.001Z"),
                atRaise: [
                    RaiseValue(expression: "events(28d, ago: 29d)", value: .number(0.1 + 0.2)),
                    RaiseValue(expression: "trait(\"plan\")", value: .text("pro")),
                    RaiseValue(expression: "seats_fill", value: .unknown),
                    RaiseValue(expression: "trait(\"trial\")", value: .truth(false)),
                ])
        case .suppressed:
            move.since = time("2026-02-27T10:00:00Z")
            move.suppression = .inhibited
            move.under = FlagID(number: 9)
            move.until = time("2026-04-01T00:00:00Z")
        case .revised: move.atRaise = [RaiseValue(expression: "seats_fill", value: .number(1))]
        case .folded: move.under = FlagID(number: 13)
        case .snoozed:
            move.until = time("2026-04-01T00:00:00Z")
            move.by = "ann"
            move.note = "on holiday"
        case .assigned:
            move.by = "ann"
            move.owner = "bob"
        case .closed, .judged:
            move.by = "ann"
            move.verdict = .falseAlarm
        case .overdue: move.severity = .high
        case .followedUp: move.touchedAt = time("2026-03-01T09:59:00Z")
        default: break
        }
        return move
    }

    @Test("every kind of move is read back as it was written", arguments: MoveKind.allCases)
    func roundTrip(_ kind: MoveKind) throws {
        let move = Self.full(kind)
        #expect(try FlagMove(json: JSON(parsing: move.json.text)) == move)
    }

    @Test("members that a newer program adds are passed over")
    func unknownMembers() throws {
        let move = Self.full(.acked)
        var members = try #require(move.json.members)
        members.append(JSON.Member("mood", ["a": "b"]))
        #expect(try FlagMove(json: .object(members)) == move)
    }

    @Test(
        "a move without what its kind needs is refused by the member's name",
        arguments: [
            (MoveKind.raised, "move"), (.raised, "at"), (.raised, "observed"), (.raised, "flag"), (.raised, "rule"),
            (.raised, "since"), (.raised, "kind"), (.raised, "severity"), (.raised, "summary"),
            (.suppressed, "suppression"), (.suppressed, "since"), (.snoozed, "until"), (.folded, "under"),
            (.closed, "as"), (.resting, "outcome_at"), (.resting, "quiet_since"), (.cleared, "rule"),
        ])
    func missingMember(kind: MoveKind, member: String) throws {
        let members = try #require(Self.full(kind).json.members)
        #expect(throws: FlagMoveError.member(member)) {
            try FlagMove(json: .object(members.filter { $0.name != member }))
        }
    }

    @Test(
        "a member of another type is refused by its name",
        arguments: [
            ("move", "\"melted\""), ("at", "\"yesterday\""), ("observed", "5"), ("flag", "\"G12\""), ("flag", "12"),
            ("rule", "1"), ("kind", "\"gossip\""), ("severity", "\"dire\""), ("due", "\"soon\""), ("since", "null"),
            ("witnesses", "[\"a\"]"), ("evidence", "[{\"metric\":\"x\"}]"), ("at_raise", "{\"x\":[1]}"),
            ("reason", "true"),
        ])
    func malformedMember(member: String, json: String) throws {
        let members = try #require(Self.full(.raised).json.members).filter { $0.name != member }
        let value = try JSON(parsing: json)
        #expect(throws: FlagMoveError.member(member)) {
            try FlagMove(json: .object(members + [JSON.Member(member, value)]))
        }
    }

    @Test(
        "a flag is written F12 and read with or without its letter",
        arguments: [
            ("F12", UInt64(12)), ("f7", 7), ("3", 3), ("", nil), ("F", nil), ("F0", nil), ("F-1", nil), ("F+1", nil),
            ("FF1", nil), ("F1 ", nil), ("F18446744073709551616", nil),
        ])
    func flagNumbers(text: String, number: UInt64?) {
        #expect(FlagID(text)?.number == number)
        if let number { #expect(FlagID(number: number).description == "F\(number)") }
    }
}
