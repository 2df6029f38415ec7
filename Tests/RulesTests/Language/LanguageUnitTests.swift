import Portraits
import Testing
import UsageModel

@testable import Rules

@Suite("Units: what a number beside a duration means")
struct LanguageUnitTests {
    /// Pairs that mean the same at every moment of the scene.
    static let pairs: [(String, String)] = [
        ("idle_days > 7", "idle_days > 7d"), ("idle_days > 1.5", "idle_days > 36h"),
        ("idle_days >= 7", "7d <= idle_days"), ("age_days + 3 > 10", "age_days + 3d > 10d"),
        ("idle_days > 7d * 2", "idle_days > 14"), ("idle_days > 2 * 7d", "idle_days > 2w"),
        ("days_until(\"renewal\") <= 60d", "days_until(\"renewal\") <= 60"),
        ("trait(\"patience\") > 7d", "trait(\"patience\") > 7"),
        ("idle_days > trait(\"patience\")", "idle_days / 1d > trait(\"patience\")"),
        ("min(idle_days, 7) > 3", "min(idle_days, 7d) > 3d"), ("idle_days / 7 > 1", "idle_days > 7"),
        ("idle_days / 7d > 1", "idle_days > 7"), ("events(28d) / 28d > 0.5", "events(28d) / 28 > 0.5"),
        ("abs(idle_days - 10) < 2", "abs(idle_days - 10d) < 48h"), ("-idle_days < -7", "idle_days > 7d"),
    ]

    @Test("a plain number beside a duration is a number of days", arguments: pairs)
    func sameMeaning(left: String, right: String) throws {
        let scene = LanguageScene()
        scene.table.values[.daysUntil("renewal")] = .number(60)
        scene.table.values[.trait("patience", ago: 0)] = .number(8)
        scene.table.values[.events(.all, Window(days: 28))] = .number(15)
        scene.elapsed(.ageDays, days: 30)
        var verdicts: Set<Verdict> = []
        for days in [0.5, 1.5, 1.6, 6.9, 7, 7.1, 8, 8.5, 9, 12, 14, 14.5, 20] {
            scene.elapsed(.idleDays, days: days)
            let verdict = try scene.verdict(left)
            #expect(try scene.verdict(right) == verdict, "at \(days) days")
            #expect(verdict != .unknown)
            verdicts.insert(verdict)
        }
        if left.contains("idle_days") { #expect(verdicts.count == 2, "the test's days never decide it") }
    }

    @Test("days_until and traits are compared to the day")
    func boundaries() throws {
        let scene = LanguageScene()
        for (days, holds) in [(59.0, Verdict.true), (60, .true), (61, .false)] {
            scene.table.values[.daysUntil("renewal")] = .number(days)
            #expect(try scene.verdict("days_until(\"renewal\") <= 60d") == holds)
        }
        for (value, holds) in [(7.0, Verdict.false), (7.5, .true)] {
            scene.table.values[.trait("x", ago: 0)] = .number(value)
            #expect(try scene.verdict("trait(\"x\") > 7d") == holds)
        }
    }
}
