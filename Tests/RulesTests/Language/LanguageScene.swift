import Portraits
import Testing
import UsageModel

@testable import Rules

/// Metrics as a table; what is not in it is unknown. Counts how often each is read.
final class MetricTable: MetricSource {
    var values: [Metric: MetricValue] = [:]
    var reads: [Metric: Int] = [:]
    /// Metrics that midnight cannot change.
    var settled: Set<Metric> = []

    func value(of metric: Metric, at moment: Moment) -> MetricValue {
        reads[metric, default: 0] += 1
        return values[metric] ?? .unknown
    }

    func nextChange(of metric: Metric, at moment: Moment) -> Timestamp? {
        settled.contains(metric) ? nil : moment.nextMidnight
    }
}

/// A company of numbers at 2026-03-10T12:00:00Z, whose day ends at 24:00 UTC.
struct LanguageScene {
    static let noon = Timestamp(milliseconds: 1_773_144_000_000)
    static let midnight = Timestamp(milliseconds: 1_773_187_200_000)

    var table = MetricTable()
    var rules = RuleSet.empty
    var now = LanguageScene.noon
    var openFlags = RuleMask()
    var stage: String?
    var stageSince: Timestamp?
    var names = NameTable()

    var moment: Moment { Moment(now: now, today: now.utcDay, nextMidnight: (now.utcDay + 1).startUTC) }

    func context(atRaise: [Value] = []) -> EvaluationContext {
        let context = EvaluationContext(
            portrait: table, moment: moment, company: names.intern("acme"), names: names)
        context.openFlags = openFlags
        context.stage = stage
        context.stageSince = stageSince
        context.atRaise = atRaise
        return context
    }

    func parse(_ text: String, purpose: Expression.Purpose = .any) throws -> Expression {
        try Expression.parse(text, purpose: purpose, rules: rules) { names.intern($0) }
    }

    func value(_ text: String) throws -> Value { try parse(text).value(in: context()) }

    func verdict(_ text: String) throws -> Verdict { try parse(text, purpose: .condition).verdict(in: context()) }

    func deadline(_ text: String) throws -> Timestamp? {
        try parse(text, purpose: .condition).verdictAndDeadline(in: context()).deadline
    }

    /// Lets elapsed metrics say `days` at the scene's now.
    func elapsed(_ metric: Metric, days: Double) {
        table.values[metric] = .elapsed(since: now + -Int64((days * Double(millisecondsPerDay)).rounded()))
    }

    /// Rules of conditions alone, for tests of names.
    static func rules(
        flags: [(name: String, when: String)] = [], stages: [(String, String)] = [],
        segments: [(String, String)] = [], scores: [RuleSetDraft.Score] = [], sets: [(String, [String])] = [],
        names: NameTable = NameTable()
    ) throws -> RuleSet {
        var draft = RuleSetDraft(fileName: "scene.yaml", text: "scene")
        draft.flags = flags.map {
            RuleSetDraft.Flag(name: SourceText($0.name), kind: .info, severity: .low, when: SourceText($0.when))
        }
        draft.stages = stages.map { RuleSetDraft.Condition(name: SourceText($0.0), when: SourceText($0.1)) }
        draft.segments = segments.map { RuleSetDraft.Condition(name: SourceText($0.0), when: SourceText($0.1)) }
        draft.sets = sets.map { RuleSetDraft.TaskSet(name: SourceText($0.0), tasks: $0.1) }
        draft.scores = scores
        return try RuleSet.compile(draft) { names.intern($0) }
    }
}
