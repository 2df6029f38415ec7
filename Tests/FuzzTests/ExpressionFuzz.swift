import Portraits
import RulesFile
import TestSupport
import Testing
import UsageModel

@testable import Rules

@Suite("Fuzz: expressions")
struct ExpressionFuzz {
    private static let words = [
        "and ", "or ", "not ", "in [", "ago: ", "28d", "1d", "400d", "129d", "9e99", "0.1", "\"export\"", "\"@core\"",
        "active_users(", "events(", "amount(", "trait(\"seats\")", "is_known(", "days_until(\"renewal\")",
        "flag(\"idle\")",
        "score(\"health\")", "stage", "segment(\"", "champion", "last_user", "idle_days", "user_idle_days", "min(",
        "max(",
        "abs(", " == ", " != ", " <= ", " / 0", "true", "false", "outcome", "-", "(((((", "quick_ratio(28d)", "\u{E9}",
    ].map { Array($0.utf8) }

    @Test("an expression is refused with places inside it, or judged, and its verdict holds until its deadline")
    func expressions() throws {
        let signs = Array("()[],:\"'@+-*/<>=!.0123456789 dhmsw_e\n\t\\\0".utf8) + [0xC3, 0xFF]
        let mutator = Mutator(corpus: try Mutator.files("expressions"), signs: signs, words: Self.words)
        let names = NameTable()
        let rules = try RulesFile.parse(text: RulesFile.defaultText, fileName: "rules.yaml") { names.intern($0) }
        var input: [UInt8] = []
        FuzzRun("expressions", count: 1_500)() { random in
            mutator.next(&random, into: &input)
            let text = String(decoding: input, as: UTF8.self)
            do throws(ExpressionError) {
                let purpose = random.below(4) == 0 ? Expression.Purpose.any : .condition
                let expression = try Expression.parse(text, purpose: purpose, rules: rules) { names.find($0) ?? .none }
                return Self.fault(of: expression, names, &random)
            } catch {
                if error.mistakes.isEmpty { return "refused without a reason" }
                for mistake in error.mistakes where !(0...text.utf8.count).contains(mistake.offset) {
                    return "a mistake at \(mistake.offset) of \(text.utf8.count) bytes"
                }
                return nil
            }
        }
    }

    /// What is wrong with what an expression says of a company of random numbers.
    private static func fault(of expression: Expression, _ names: NameTable, _ random: inout SeededRandom) -> String? {
        let now = Timestamp(milliseconds: 1_773_144_000_000 + random.within(0...86_399_999))
        let midnight = (now.utcDay + 1).startUTC
        let metrics = RandomMetrics(random: random, now: now)
        let openFlags = random.next()
        func context(_ instant: Timestamp) -> EvaluationContext {
            let moment = Moment(now: instant, today: now.utcDay, nextMidnight: midnight)
            let context = EvaluationContext(portrait: metrics, moment: moment, company: .none, names: names)
            for index in 0..<32 { context.openFlags[index] = openFlags >> UInt64(index) & 1 == 1 }
            return context
        }
        _ = expression.value(in: context(now))
        let verdict = expression.verdict(in: context(now))
        let (again, deadline) = expression.verdictAndDeadline(in: context(now))
        if verdict != again { return "\(verdict) without its deadline, \(again) with it" }
        if let deadline, deadline <= now { return "a deadline that has passed" }
        let end = min(deadline ?? midnight, midnight)
        guard end - now > 1 else { return nil }
        let instant = now + random.within(1...end - now - 1)
        let later = expression.verdict(in: context(instant))
        return later == verdict ? nil : "\(verdict), but \(later) \(instant - now) ms later, before its deadline"
    }
}

/// A company of random numbers, the same each time it is asked.
private final class RandomMetrics: MetricSource {
    private var random: SeededRandom
    private let now: Timestamp
    private var known: [Metric: MetricValue] = [:]

    init(random: SeededRandom, now: Timestamp) {
        self.random = random
        self.now = now
    }

    func value(of metric: Metric, at moment: Moment) -> MetricValue {
        if let value = known[metric] { return value }
        let value = random.below(5) == 0 ? MetricValue.unknown : makeValue(of: metric)
        known[metric] = value
        return value
    }

    private func makeValue(of metric: Metric) -> MetricValue {
        switch metric {
        case .champion, .lastUser, .firstUser, .mostActive: .text("ann")
        case .outcome: .text(random.pick(["churned", "renewed"]))
        case .idleDays, .userIdleDays, .ageDays, .knownDays, .touchIdleDays, .championIdleDays:
            .elapsed(since: now + -random.within(0...(40 * millisecondsPerDay)))
        case .trait:
            random.pick([.number(Double(random.below(100))), .text("enterprise"), .bool(true), .number(1e300)])
        default:
            random.pick([.number(0), .number(Double(random.below(60))), .number(0.25), .number(-1e308), .number(1e308)])
        }
    }
}
