import Testing
import UsageModel

@testable import Rules

@Suite("Retracted flags")
struct RetractionTests {
    private func idleHistory() throws -> FlagHistory {
        let history = try FlagHistory([rule("idle", when: "user_idle_days > 7")])
        try history.track("acme", "ann", on: 0)
        try history.advance(to: 8)
        return history
    }

    @Test("a late visit retracts the idle flag, with its cause, and the flag clears by its own rule as ever")
    func lateVisit() throws {
        let history = try idleHistory()
        _ = history.told()
        try history.track("acme", "ann", on: 3, arrival: 9)
        #expect(history.told() == ["9 acme retracted idle F1", "9 acme cleared idle F1"])
        let move = try #require(history.moves.first { $0.move.kind == .retracted }?.move)
        let flag = try #require(history.flag(1))
        #expect(
            move.reason
                == "event 3 of 2026-03-04 00:00 UTC, which came 6 d late: as of the raise the condition was false")
        #expect(move.witnesses == [3])
        #expect(move.evidence.map(\.holds) == [false])
        #expect(try #require(move.evidence[0].value.doubleValue) < 4.001)
        #expect((flag.retractedAt, flag.state) == (FlagScene.at(9), .cleared))
        #expect(history.book.counts(ofRule: "idle").retracted == 1)
        try history.restart()
        #expect(history.flag(1)?.retractedAt == FlagScene.at(9))
    }

    @Test("a late event that does not change the truth retracts nothing")
    func harmless() throws {
        let history = try idleHistory()
        try history.track("acme", "bob", on: -2, arrival: 9)
        // With a user it would be a visit; without one it says nothing of people.
        try history.track("acme", nil, on: 4, arrival: 10)
        #expect(history.flag(1)?.retractedAt == nil)
        #expect(history.flag(1)?.state == .open)
    }

    @Test("a flag that is over is retracted as well, once, and no other company's is")
    func overAndOthers() throws {
        let history = try idleHistory()
        try history.track("globex", "eve", on: 8)
        try history.track("acme", "ann", on: 9)
        try history.advance(to: 15.5)
        #expect(history.flag(2)?.company != history.flag(1)?.company)
        _ = history.told()
        try history.track("acme", "ann", on: 2, arrival: 16)
        try history.track("acme", "ann", on: 3, arrival: 16)
        #expect(history.told() == ["16 acme retracted idle F1"])
        #expect(history.flag(2)?.retractedAt == nil)
    }

    @Test("on the day of the raise the late event's own time counts")
    func dayOfRaise() throws {
        let history = try FlagHistory([rule("idle", when: "user_idle_days > 7")])
        try history.track("acme", "ann", on: 0.25)
        try history.track("acme", "ann", on: 7.75)
        _ = history.told()
        // Her last visit of that day is all that the day remembers of her.
        try history.track("acme", "ann", on: 7.5, arrival: 8)
        #expect(history.told().isEmpty)
        try history.track("acme", "ann", on: 7.125, arrival: 9)
        #expect(history.told() == ["9 acme retracted idle F1"])
    }

    @Test("what came later on the day of the raise does not make the raise wrong")
    func laterThatDay() throws {
        let history = try FlagHistory([rule("few", when: "active_users(3d) < 2 and known_days > 2")])
        try history.track("acme", "ann", on: 0)
        try history.track("acme", "ann", on: 2.5)
        let raised = try #require(history.flag(1))
        try history.track("acme", "bob", on: 2.75)
        try history.track("acme", "cyd", on: 2.75)
        try history.track("acme", "ann", on: 1, arrival: 4)
        #expect(history.flag(1)?.retractedAt == nil)
        // Somebody else was there on a day before: then there were two for certain.
        try history.track("acme", "dan", on: 1.5, arrival: 5)
        #expect(history.flag(1)?.retractedAt == FlagScene.at(5))
        #expect(raised.openedAt < FlagScene.at(2.75))
    }

    @Test("an alias shows that there was one user less")
    func alias() throws {
        let history = try FlagHistory([rule("crowd", when: "active_users(7d) >= 3", clear: "active_users(1d) == 0")])
        for user in ["ann", "bob", "anonymous"] { try history.track("acme", user, on: 0) }
        for user in ["eve", "fay", "gil"] { try history.track("globex", user, on: 0) }
        _ = history.told()
        try history.alias("anonymous", to: "ann", on: 0.5)
        #expect(history.told() == ["0.5 acme retracted crowd F1"])
        let move = try #require(history.moves.last?.move)
        #expect(move.reason == "alias 9, which made one user of two: as of the raise the condition was false")
        try history.restart()
    }

    @Test("flags of more than 128 days ago are judged no more")
    func horizon() throws {
        let history = try idleHistory()
        try history.track("acme", "ann", on: 3, arrival: 7 + 128)
        #expect(history.flag(1)?.retractedAt == nil)
        let younger = try idleHistory()
        try younger.track("acme", "ann", on: 3, arrival: 7 + 127)
        #expect(younger.flag(1)?.retractedAt != nil)
    }

    @Test("unknown changes nothing: a text that has changed since may have been anything")
    func unknown() throws {
        let history = try FlagHistory([
            rule("paying", when: #"user_idle_days > 7 or trait("plan") == "free""#)
        ])
        try history.track("acme", "ann", on: 0)
        try history.group("acme", ["plan": "free"], on: 1)
        try history.group("acme", ["plan": "max"], on: 2)
        try history.advance(to: 12)
        #expect(history.flag(2)?.openedAt == FlagScene.at(7) + 1)
        try history.track("acme", "ann", on: 5, arrival: 13)
        #expect(history.flag(2)?.retractedAt != nil)
        #expect(history.flag(1)?.retractedAt == nil)
    }

    @Test("flags that a condition names count as they were, but not one that was itself retracted")
    func otherFlags() throws {
        let history = try FlagHistory([
            rule("idle", when: "user_idle_days > 7"),
            rule("alarm", when: #"flag("idle") and known_days > 6"#),
        ])
        try history.track("acme", "ann", on: 0)
        try history.advance(to: 9)
        try history.track("acme", "bob", on: -3, arrival: 9.5)
        #expect(history.flag(2)?.rule == "alarm")
        try history.track("acme", "ann", on: 3, arrival: 10)
        #expect(history.flag(1)?.retractedAt != nil)
        #expect(history.flag(2)?.retractedAt == nil)
    }

    @Test("of many late records the furthest back and the last few are kept")
    func bounded() {
        var late = LateRecords()
        let company = CompanyID(number: 1)
        for seq in 1...40 {
            let day = seq == 5 ? -9.0 : Double(seq)
            late.note(
                LateRecord(seq: UInt64(seq), kind: .track, time: FlagScene.at(day), arrival: FlagScene.at(50)),
                of: company)
        }
        #expect(late.take(company).map(\.seq) == [5, 34, 35, 36, 37, 38, 39, 40])
        #expect(late.isEmpty)
    }
}
