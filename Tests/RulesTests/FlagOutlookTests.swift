import Portraits
import Testing
import UsageModel

@testable import Rules

extension FlagScene {
    func outlook(_ number: UInt64, on day: Double? = nil) throws -> FlagOutlook {
        if let day { try advance(to: day) }
        let flag = try #require(book.flag(FlagID(number: number)))
        let raise = try #require(moves.first { $0.kind == .raised && $0.flag == flag.id })
        func moment(_ now: Timestamp) -> Moment {
            Moment(now: now, today: now.utcDay, nextMidnight: (now.utcDay + 1).startUTC)
        }
        let context = EvaluationContext(portrait: subject, moment: moment(now), company: company, names: names)
        let before = book.canonicalBytes(of: company)
        let outlook = evaluator.outlook(
            of: flag, evidence: raise.evidence, portrait: subject, context: context, book: book,
            taskID: { names.find($0, as: TaskID.self) ?? .none }, momentAt: moment)
        #expect(book.canonicalBytes(of: company) == before, "an answer changed the book")
        return outlook
    }
}

@Suite("How a flag stands now: then and now, and what would end it")
struct FlagOutlookTests {
    @Test("each comparison of the raise has today's value, and the clear condition says what is missing")
    func thenAndNow() throws {
        let scene = try FlagScene([
            rule("idle", when: "user_idle_days > 7 and trait(\"seats\") >= 5", clear: "user_idle_days < 1", keep: 2)
        ])
        scene.subject.traits["seats"] = 5
        try scene.visit(on: 0)
        let outlook = try scene.outlook(1, on: 9.5)
        #expect(outlook.rule == .unchanged)
        #expect(outlook.terms.map { $0?.value } == [.number(9.5), .number(5)])
        #expect(outlook.terms.map { $0?.verdict } == [.true, .true])
        #expect(outlook.ending?.condition == "user_idle_days < 1")
        #expect(outlook.ending?.words == "clears when user_idle_days < 1 (now 9.5); does not clear by itself")

        try scene.visit(on: 10)
        try scene.set(["seats": 3], on: 10.5)
        let clearing = try scene.outlook(1)
        #expect(clearing.terms.map { $0?.verdict } == [.false, .false])
        #expect(clearing.ending?.verdict == .true)
        #expect(clearing.ending?.words == "does not clear by itself", "a day later clear is false again, within keep")
    }

    @Test("a flag that time alone will clear says when, and clears then to the millisecond")
    func forecast() throws {
        let scene = try FlagScene([
            rule("young", when: "trait(\"seats\") >= 5", clear: "user_idle_days >= 3", keep: 1)
        ])
        try scene.visit(on: 0)
        try scene.set(["seats": 5], on: 1)
        let outlook = try scene.outlook(1)
        #expect(outlook.ending?.clearsAt == FlagScene.at(4))
        #expect(
            outlook.ending?.words == "clears when user_idle_days >= 3 (now 1.0); "
                + "would clear at 2026-03-05 00:00 UTC if nothing happens")
        try scene.advance(to: 5)
        #expect(scene.moves.last.map { $0.kind } == .cleared)
        #expect(scene.moves.last?.at == FlagScene.at(4))
        #expect(try scene.outlook(1).ending == nil, "what is over has no end before it")
    }

    @Test("without clear, what has to be false is named; computed thresholds are shown beside their values")
    func withoutClear() throws {
        let scene = try FlagScene([
            rule("over", when: "trait(\"users\") >= 0.9 * trait(\"seats\") and not trait(\"plan\") == \"free\"")
        ])
        try scene.set(["users": 19, "seats": 20], on: 1) { $0.texts["plan"] = "team" }
        #expect(
            try scene.outlook(1).ending?.words
                == "clears when trait(\"users\") >= 0.9 * trait(\"seats\") no longer holds (now 19 against 18); "
                + "does not clear by itself")
    }

    @Test("of alternatives all are named but those that ask for something unknown")
    func alternatives() throws {
        let scene = try FlagScene([
            rule(
                "soon", when: "trait(\"days\") <= 60",
                clear: "trait(\"days\") < 0 or trait(\"days\") > 60 or not is_known(trait(\"days\"))")
        ])
        try scene.set(["days": 38], on: 1)
        #expect(
            try scene.outlook(1).ending?.words
                == "clears when trait(\"days\") < 0 (now 38) or trait(\"days\") > 60 (now 38); does not clear by itself"
        )
    }

    @Test("of an edited rule only what means the same by itself is told today, of a removed one as well")
    func editedRule() throws {
        let when = "user_idle_days > 7 and stage == \"old\""
        let stages = [("old", "user_idle_days > 5")]
        let scene = FlagScene(try FlagScene.rules([rule("idle", when: when)], stages: stages))
        try scene.visit(on: 0)
        try scene.advance(to: 8)
        #expect(scene.state(1) == .open)
        try scene.reload(try FlagScene.rules([rule("idle", when: "user_idle_days > 6")], stages: stages), on: 9)
        let edited = try scene.outlook(1)
        #expect(edited.rule == .edited)
        #expect(edited.terms.map { $0?.value } == [.number(9), nil])
        #expect(
            edited.ending?.words == "clears when user_idle_days > 6 no longer holds (now 9.0); does not clear by itself"
        )
        try scene.reload([], on: 10)
        let removed = try scene.outlook(1)
        #expect(removed.rule == .removed)
        #expect(removed.terms.map { $0?.value } == [.number(10), nil])
        #expect(removed.ending == nil)
    }
}
