import Testing
import UsageModel

@testable import Rules

@Suite("The book of flags")
struct FlagBookTests {
    let acme = CompanyID(number: 3)
    let globex = CompanyID(number: 90)

    static func day(_ number: Int64) -> Timestamp { Timestamp(milliseconds: number * millisecondsPerDay) }

    static func move(_ kind: MoveKind, _ rule: String, day: Int64, _ fill: (inout FlagMove) -> Void = { _ in })
        -> FlagMove
    {
        var move = FlagMove(
            kind: kind, rule: rule, ruleVersion: "v1", at: self.day(day), observed: self.day(day))
        fill(&move)
        return move
    }

    static func raise(_ rule: String, flag: UInt64, day: Int64, kind: FlagKind = .churn) -> FlagMove {
        move(.raised, rule, day: day) {
            $0.flag = FlagID(number: flag)
            $0.since = $0.at
            $0.ruleText = "when: \(rule)"
            $0.raise = RaiseDetails(
                kind: kind, severity: .medium, summary: "\(rule)!", owner: "ann", due: nil, atRaise: [])
        }
    }

    /// A book after `moves`, which stand at seq 1, 2, 3 …
    static func book(_ moves: [(CompanyID, FlagMove)]) throws -> FlagBook {
        var book = FlagBook()
        for (index, entry) in moves.enumerated() {
            try book.apply(entry.1, company: entry.0, seq: UInt64(index + 1))
        }
        return book
    }

    @Test("flags are numbered in order of raising over all companies")
    func numbers() throws {
        var book = FlagBook()
        #expect(book.nextFlag == FlagID(number: 1))
        try book.apply(Self.raise("idle", flag: 1, day: 0), company: acme, seq: 10)
        try book.apply(Self.raise("idle", flag: 2, day: 0), company: globex, seq: 11)
        try book.apply(Self.raise("seats", flag: 3, day: 1), company: acme, seq: 12)
        #expect(book.nextFlag == FlagID(number: 4))
        #expect(book.flags(of: acme).map(\.id.number) == [1, 3])
        #expect(book.flags(of: globex).map(\.id.number) == [2])
        #expect(book.openFlags.map(\.number) == [1, 2, 3])
        #expect(book.flag(FlagID(number: 2))?.company == globex)
        #expect(book.flag(FlagID(number: 0)) == nil)
        #expect(book.flag(FlagID(number: 4)) == nil)
    }

    @Test("a company without moves has nothing, and costs nothing")
    func emptyCompany() {
        let book = FlagBook()
        #expect(book.flags(of: acme).isEmpty)
        #expect(book.openFlags(of: acme).isEmpty)
        #expect(book.stage(of: acme) == nil)
        #expect(book.waitingRules(of: acme).isEmpty)
        #expect(!book.isResting(acme))
        #expect(book.canonicalBytes(of: acme).isEmpty)
        #expect(book.counts(ofRule: "idle") == RuleCounts())
    }

    @Test("moves that do not follow from those before are refused")
    func refusals() throws {
        var book = try Self.book([(acme, Self.raise("idle", flag: 1, day: 0))])
        #expect(
            throws: FlagBookError.flagOutOfOrder(found: FlagID(number: 1), expected: FlagID(number: 2))
        ) { try book.apply(Self.raise("seats", flag: 1, day: 1), company: acme, seq: 2) }
        #expect(throws: FlagBookError.alreadyRaised(rule: "idle")) {
            try book.apply(Self.raise("idle", flag: 2, day: 1), company: acme, seq: 2)
        }
        #expect(throws: FlagBookError.alreadyRaised(rule: "idle")) {
            try book.apply(Self.move(.pending, "idle", day: 1), company: acme, seq: 2)
        }
        for kind in [MoveKind.cleared, .folded, .clearing, .acked, .woken, .revised] {
            #expect(throws: FlagBookError.notRaised(rule: "idle", move: kind)) {
                try book.apply(Self.move(kind, "idle", day: 1), company: globex, seq: 2)
            }
        }
        #expect(throws: FlagBookError.incomplete(rule: "idle", move: .snoozed)) {
            try book.apply(Self.move(.snoozed, "idle", day: 1), company: acme, seq: 2)
        }
        #expect(book.flags(of: acme).map(\.state) == [.open])
        #expect(book.nextFlag == FlagID(number: 2))
    }

    @Test("a flag's state follows its moves")
    func states() throws {
        var book = try Self.book([(acme, Self.raise("idle", flag: 1, day: 0))])
        let id = FlagID(number: 1)
        let script: [(FlagMove, FlagState)] = [
            (Self.move(.acked, "idle", day: 1) { $0.by = "ann" }, .acked),
            (Self.move(.folded, "idle", day: 2) { $0.under = FlagID(number: 8) }, .folded),
            (Self.move(.snoozed, "idle", day: 3) { $0.until = Self.day(9) }, .folded),
            (Self.move(.unfolded, "idle", day: 4), .snoozed),
            (Self.move(.woken, "idle", day: 9), .acked),
            (Self.move(.clearing, "idle", day: 10), .acked),
            (Self.move(.cleared, "idle", day: 12), .cleared),
        ]
        for (index, (move, state)) in script.enumerated() {
            try book.apply(move, company: acme, seq: UInt64(index + 2))
            #expect(book.flag(id)?.state == state, "after \(move.kind)")
        }
        let flag = try #require(book.flag(id))
        #expect(flag.endedAt == Self.day(12))
        #expect(flag.ackedBy == "ann")
        #expect(flag.moves == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(book.openFlags.isEmpty)
        #expect(book.openFlags(of: acme).isEmpty)
    }

    @Test("a note can be added to a flag that is over")
    func noteAfterEnd() throws {
        let book = try Self.book([
            (acme, Self.raise("idle", flag: 1, day: 0)),
            (acme, Self.move(.cleared, "idle", day: 1)),
            (
                acme,
                Self.move(.noted, "idle", day: 2) {
                    $0.flag = FlagID(number: 1)
                    $0.by = "ann"
                }
            ),
        ])
        let flag = try #require(book.flag(FlagID(number: 1)))
        #expect(flag.moves == [1, 2, 3])
        #expect(flag.actedOnAt == Self.day(2))
        #expect(flag.state == .cleared)
    }

    @Test("a move reaches the flag that it names, and no other of the same rule")
    func namedFlag() throws {
        var book = try Self.book([
            (acme, Self.raise("idle", flag: 1, day: 0)), (acme, Self.move(.cleared, "idle", day: 1)),
            (acme, Self.raise("idle", flag: 2, day: 2)), (globex, Self.raise("idle", flag: 3, day: 2)),
        ])
        func note(_ flag: UInt64) -> FlagMove {
            Self.move(.noted, "idle", day: 3) {
                $0.flag = FlagID(number: flag)
                $0.by = "ann"
            }
        }
        try book.apply(note(1), company: acme, seq: 5)
        #expect(book.flag(FlagID(number: 1))?.moves == [1, 2, 5])
        #expect(book.flag(FlagID(number: 2))?.moves == [3])
        #expect(throws: FlagBookError.notRaised(rule: "idle", move: .noted)) {
            try book.apply(note(3), company: acme, seq: 6)
        }
        let ack = Self.move(.acked, "idle", day: 3) { $0.flag = FlagID(number: 1) }
        #expect(throws: FlagBookError.notRaised(rule: "idle", move: .acked)) {
            try book.apply(ack, company: acme, seq: 6)
        }
    }

    @Test("verdicts are counted by rule")
    func counts() throws {
        func closed(_ verdict: FlagVerdict, by: String?) -> FlagMove {
            Self.move(.closed, "idle", day: 1) {
                $0.verdict = verdict
                $0.by = by
            }
        }
        let companies = (1...5).map { CompanyID(number: $0) }
        var moves = companies.enumerated().map { ($1, Self.raise("idle", flag: UInt64($0 + 1), day: 0)) }
        moves.append((companies[0], closed(.saved, by: "ann")))
        moves.append((companies[1], closed(.lost, by: nil)))
        moves.append((companies[2], closed(.falseAlarm, by: "ann")))
        moves.append((companies[3], Self.move(.cleared, "idle", day: 1)))
        moves.append((companies[4], Self.move(.acked, "idle", day: 1) { $0.by = "ann" }))
        moves.append((companies[4], Self.move(.assigned, "idle", day: 2) { $0.by = "ann" }))
        moves.append((companies[0], Self.raise("idle", flag: 6, day: 3)))
        var expected = RuleCounts()
        expected.raised = 6
        expected.open = 2
        expected.cleared = 1
        expected.saved = 1
        expected.lost = 1
        expected.falseAlarms = 1
        expected.actedOn = 3
        #expect(try Self.book(moves).counts(ofRule: "idle") == expected)
    }

    @Test("a rule that waits is listed with what it waits for")
    func waiting() throws {
        let book = try Self.book([
            (acme, Self.move(.pending, "zeal", day: 4)),
            (
                acme,
                Self.move(.suppressed, "idle", day: 5) {
                    $0.suppression = .cooldown
                    $0.since = Self.day(3)
                    $0.until = Self.day(9)
                }
            ),
            (acme, Self.move(.pending, "gone", day: 4)),
            (acme, Self.move(.lapsed, "gone", day: 5)),
        ])
        #expect(
            book.waitingRules(of: acme) == [
                WaitingRule(
                    rule: "idle", phase: .suppressed, since: Self.day(3), suppression: .cooldown, until: Self.day(9),
                    under: nil),
                WaitingRule(
                    rule: "zeal", phase: .pending, since: Self.day(4), suppression: nil, until: nil, under: nil),
            ])
    }

    @Test("the stage is the last one entered, since then")
    func stage() throws {
        let book = try Self.book([
            (acme, Self.move(.stage, "", day: 1) { $0.stage = "trial" }),
            (acme, Self.move(.stage, "", day: 2) { $0.stage = "active" }),
            (globex, Self.move(.stage, "", day: 3) { $0.stage = "trial" }),
            (globex, Self.move(.stage, "", day: 4)),
        ])
        #expect(book.stage(of: acme)?.name == "active")
        #expect(book.stage(of: acme)?.since == Self.day(2))
        #expect(book.stage(of: globex) == nil)
    }

    @Test("canonical bytes depend on what happened to the company and on nothing else")
    func canonicalBytes() throws {
        let moves: [FlagMove] = [
            Self.move(.stage, "", day: 1) { $0.stage = "trial" },
            Self.raise("idle", flag: 1, day: 1), Self.move(.pending, "seats", day: 2),
        ]
        let alone = try Self.book(moves.map { (acme, $0) })
        // Other companies come first: other flag numbers, other numbers for rules, other seqs.
        var among = try Self.book([
            (globex, Self.move(.pending, "seats", day: 0)), (globex, Self.raise("idle", flag: 1, day: 0)),
        ])
        for (index, move) in moves.enumerated() {
            var move = move
            if move.kind == .raised { move.flag = FlagID(number: 2) }
            move.observed = Self.day(20)
            try among.apply(move, company: acme, seq: UInt64(100 + index))
        }
        #expect(alone.canonicalBytes(of: acme) == among.canonicalBytes(of: acme))
        var later = alone
        try later.apply(Self.move(.acked, "idle", day: 3) { $0.by = "ann" }, company: acme, seq: 9)
        #expect(alone.canonicalBytes(of: acme) != later.canonicalBytes(of: acme))
    }

    @Test("every move that a flag's future depends on shows in the canonical bytes")
    func canonicalBytesShowEveryMove() throws {
        let base = try Self.book([(acme, Self.raise("idle", flag: 1, day: 0))])
        let moves: [FlagMove] = [
            Self.move(.clearing, "idle", day: 1),
            Self.move(.snoozed, "idle", day: 1) { $0.until = Self.day(5) },
            Self.move(.snoozed, "idle", day: 1) { $0.until = Self.day(6) },
            Self.move(.cleared, "idle", day: 1), Self.move(.cleared, "idle", day: 2),
            Self.move(.closed, "idle", day: 1) { $0.verdict = .saved },
            Self.move(.closed, "idle", day: 1) { $0.verdict = .removed },
            Self.move(.revised, "idle", day: 1) {
                $0.ruleVersion = "v2"
                $0.atRaise = [RaiseValue(expression: "dau_mau", value: .number(0.25))]
            },
            Self.move(.pending, "other", day: 1), Self.move(.pending, "other", day: 2),
            Self.move(.suppressed, "other", day: 2) {
                $0.since = $0.at
                $0.suppression = .inhibited
                $0.under = FlagID(number: 1)
            },
            Self.move(.resting, "", day: 1) {
                $0.rest = FlagMove.Rest(outcomeAt: Self.day(1), quietSince: Self.day(1))
            },
            Self.move(.stage, "", day: 1) { $0.stage = "lost" },
        ]
        var seen: Set<[UInt8]> = [base.canonicalBytes(of: acme)]
        for move in moves {
            var book = base
            try book.apply(move, company: acme, seq: 2)
            #expect(seen.insert(book.canonicalBytes(of: acme)).inserted, "\(move.kind) leaves no trace")
        }
    }
}
