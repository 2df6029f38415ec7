public import Portraits
public import UsageModel

/// A checked, compiled expression: a root in a program's node array. Copies share the program.
public struct Expression: Sendable {
    /// As written.
    public let text: String
    let program: Program
    let root: Int
    let kind: ValueKind
    let leaves: [Leaf]
    /// What `at_raise(…)` must remember when a flag is raised, in order of first appearance.
    public let atRaiseArguments: [AtRaiseArgument]
    /// The distinct metrics it reads, in order of first appearance; those of scores and segments that it names included.
    public let metrics: [Metric]
}

/// One `at_raise(…)`: its value is taken when the flag is raised and stands in the move's evidence
/// under `text`.
public struct AtRaiseArgument: Sendable {
    /// The argument as written, white space normalised, so that it survives a reformatted rule file.
    public let text: String
    public let expression: Expression
}

extension Expression {
    /// What it is worth now. Durations are numbers of days; a condition is a `.truth` or `.unknown`.
    public func value(in context: EvaluationContext) -> Value { fatalError() }

    /// A condition's verdict. Allocates nothing.
    public func verdict(in context: EvaluationContext) -> Verdict { fatalError() }

    /// The verdict, and the first later instant at which it may differ if no record arrives (nil:
    /// never): the company's midnight for daily metrics, the exact millisecond for comparisons that
    /// are linear in `now`, the next UTC hour for any other.
    public func verdictAndDeadline(in context: EvaluationContext) -> (verdict: Verdict, deadline: Timestamp?) {
        fatalError()
    }

    /// Every leaf of the condition with its values, in the order written. For evidence and `explain`.
    public func terms(in context: EvaluationContext) -> [Term] { fatalError() }
}

extension Expression {
    public enum Purpose: Sendable {
        /// Must be a condition (`companies --where`).
        case condition
        /// May be anything (a sort key).
        case any
    }

    /// Parses an expression that stands on its own; it may name the sets, scores, segments, flags and
    /// stages of `rules`.
    public static func parse(
        _ text: String, purpose: Purpose, rules: RuleSet, taskID: (String) -> TaskID
    ) throws(ExpressionError) -> Expression { fatalError() }
}

extension ScoreRule {
    public func value(in context: EvaluationContext) -> ScoreValue { fatalError() }
}

/// A text with expressions in braces.
public struct Summary: Sendable {
    /// As written.
    public let text: String

    public func text(in context: EvaluationContext) -> String { fatalError() }
}
enum ValueKind: Sendable { case number }
struct Leaf: Sendable {}
struct RuleNames: Sendable {}
final class Program: Sendable { let metrics: [Metric] = []; static let empty = Program() }
