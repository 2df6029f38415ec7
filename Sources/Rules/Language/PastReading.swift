import Portraits
import UsageModel

/// A number of which only the bounds are certain; unknown is NaN in both.
struct NumberBounds: Equatable {
    var least: Double
    var greatest: Double

    static let unknown = NumberBounds(.nan)

    init(_ value: Double) { self.init(value, value) }

    init(_ least: Double, _ greatest: Double) {
        let isFinite = least.isFinite && greatest.isFinite
        self.least = isFinite ? least : .nan
        self.greatest = isFinite ? greatest : .nan
    }

    var isUnknown: Bool { least.isNaN }
    var isExact: Bool { least == greatest }

    /// All that an operation that is monotone in each of its sides can come to.
    static func combine(
        _ left: NumberBounds, _ right: NumberBounds, _ operation: (Double, Double) -> Double
    ) -> NumberBounds {
        if left.isUnknown || right.isUnknown { return .unknown }
        let corners = [
            operation(left.least, right.least), operation(left.least, right.greatest),
            operation(left.greatest, right.least), operation(left.greatest, right.greatest),
        ]
        // NaN, as of 0 × ∞, must not get lost in a minimum.
        guard corners.allSatisfy(\.isFinite), let least = corners.min(), let greatest = corners.max() else {
            return .unknown
        }
        return NumberBounds(least, greatest)
    }

    /// Definite only where it is the same for all numbers within the bounds.
    func verdict(_ comparison: Comparison, _ other: NumberBounds) -> Verdict {
        if isUnknown || other.isUnknown { return .unknown }
        switch comparison {
        case .less: return Verdict(always: greatest < other.least, never: least >= other.greatest)
        case .lessOrEqual: return Verdict(always: greatest <= other.least, never: least > other.greatest)
        case .greater: return other.verdict(.less, self)
        case .greaterOrEqual: return other.verdict(.lessOrEqual, self)
        case .equal:
            return Verdict(
                always: isExact && other.isExact && least == other.least,
                never: greatest < other.least || other.greatest < least)
        case .notEqual: return !verdict(.equal, other)
        }
    }
}

extension Verdict {
    fileprivate init(always: Bool, never: Bool) { self = always ? .true : never ? .false : .unknown }
}

/// Evaluates expressions as of a past instant, of which a portrait is certain only within bounds.
///
/// The counterpart of `Program+Evaluation` on ranges instead of numbers: a verdict is definite only if it
/// is so whatever the metrics were within their bounds, so "definitely false" can be relied on. For cold
/// paths; each metric is read once.
final class PastReading {
    let program: Program
    private let past: PastPortrait
    private let now: Int64
    private let companyName: String
    /// By index of a rule: whether its flag was open.
    private let flags: [Verdict]
    /// Nil when it is not known which stage the company was in.
    private let stage: PastStage?
    private var known: [Int32: MetricBounds] = [:]

    /// A stage that a company was in.
    struct PastStage {
        var name: String
        var since: Timestamp
    }

    init(
        _ program: Program, past: PastPortrait, at instant: Timestamp, companyName: String, flags: [Verdict],
        stage: PastStage?
    ) {
        self.program = program
        self.past = past
        now = instant.milliseconds
        self.companyName = companyName
        self.flags = flags
        self.stage = stage
    }

    private func metric(_ slot: Int32) -> MetricBounds {
        if let bounds = known[slot] { return bounds }
        let bounds = past.bounds(of: program.metrics[Int(slot)])
        known[slot] = bounds
        return bounds
    }

    private func nodes(_ node: Node) -> some Sequence<Int> {
        (Int(node.a)..<Int(node.a + node.b)).lazy.map { Int(self.program.children[$0]) }
    }

    // MARK: Numbers

    func number(_ index: Int) -> NumberBounds {
        let node = program.nodes[index]
        switch node.operation {
        case .constant: return NumberBounds(node.number)
        case .metric:
            if case .number(let range) = metric(node.a) { return NumberBounds(range.lowerBound, range.upperBound) }
            return .unknown
        case .durationMetric: return milliseconds(metric(node.a))
        case .stageAge: return stage.map { NumberBounds(Program.elapsed($0.since, now: now)) } ?? .unknown
        case .add: return binary(node) { $0 + $1 }
        case .subtract: return binary(node) { $0 - $1 }
        case .multiply: return binary(node) { $0 * $1 }
        case .divide:
            let divisor = number(Int(node.b))
            // Across zero a quotient has no bounds, and at zero no value.
            if divisor.least <= 0, divisor.greatest >= 0 { return .unknown }
            return NumberBounds.combine(number(Int(node.a)), divisor) { $0 / $1 }
        case .negate:
            let value = number(Int(node.a))
            return NumberBounds(-value.greatest, -value.least)
        case .absolute:
            let value = number(Int(node.a))
            if value.least >= 0 { return value }
            let greatest = max(abs(value.least), abs(value.greatest))
            return NumberBounds(value.greatest <= 0 ? -value.greatest : 0, greatest)
        case .least: return extreme(node, min)
        case .greatest: return extreme(node, max)
        case .score: return score(Int(node.a))
        case .asNumber:
            if let range = range(Int(node.a)) { return range }
            return NumberBounds(dynamic(Int(node.a)).number)
        default: preconditionFailure("node is no number")
        }
    }

    private func milliseconds(_ bounds: MetricBounds) -> NumberBounds {
        switch bounds {
        case .elapsed(let since):
            return NumberBounds(
                Program.elapsed(since.upperBound, now: now), Program.elapsed(since.lowerBound, now: now))
        case .number(let days):
            let day = Double(millisecondsPerDay)
            return NumberBounds(days.lowerBound * day, days.upperBound * day)
        case .unknown, .text, .bool: return .unknown
        }
    }

    private func binary(_ node: Node, _ operation: (Double, Double) -> Double) -> NumberBounds {
        NumberBounds.combine(number(Int(node.a)), number(Int(node.b)), operation)
    }

    private func extreme(_ node: Node, _ pick: (Double, Double) -> Double) -> NumberBounds {
        let values = nodes(node).map(number)
        guard let first = values.first, !values.contains(where: \.isUnknown) else { return .unknown }
        return values.dropFirst().reduce(first) {
            NumberBounds(pick($0.least, $1.least), pick($0.greatest, $1.greatest))
        }
    }

    /// A component that is unknown by now may have been known then, so the score needs all of them.
    private func score(_ index: Int) -> NumberBounds {
        let score = program.scores[index]
        var sum = NumberBounds(0)
        var weight = 0.0
        for position in score.first..<(score.first + score.count) {
            let part = program.scoreParts[position]
            let value = number(Int(part.node))
            if value.isUnknown { return .unknown }
            sum.least += part.weight * score.held(value.least)
            sum.greatest += part.weight * score.held(value.greatest)
            weight += part.weight
        }
        if weight == 0 { return .unknown }
        let divisor = score.combine == .mean ? weight : 1
        return NumberBounds(sum.least / divisor, sum.greatest / divisor)
    }

    // MARK: Truths

    func truth(_ index: Int) -> Verdict {
        let node = program.nodes[index]
        switch node.operation {
        case .truthConstant: return Verdict(rawValue: UInt8(node.a)) ?? .unknown
        case .all: return nodes(node).map(truth).min { $0.rawValue < $1.rawValue } ?? .true
        case .any: return nodes(node).map(truth).max { $0.rawValue < $1.rawValue } ?? .false
        case .not: return !truth(Int(node.a))
        case .compareNumbers: return number(Int(node.a)).verdict(node.comparison, number(Int(node.b)))
        case .compareDurations:
            return number(Int(node.a)).rounded.verdict(node.comparison, number(Int(node.b)).rounded)
        case .compareElapsed:
            return milliseconds(metric(node.a)).rounded.verdict(node.comparison, NumberBounds(node.number))
        case .compareTexts:
            guard let left = text(Int(node.a)), let right = text(Int(node.b)) else { return .unknown }
            return Verdict((left == right) == (node.comparison == .equal))
        case .compareDynamics: return compareDynamics(node)
        case .numberIn: return isAmong(node) { number($0).verdict(.equal, number($1)) }
        case .textIn:
            return isAmong(node) {
                guard let left = text($0), let right = text($1) else { return .unknown }
                return Verdict(left == right)
            }
        // What is unknown by now may have been known then.
        case .isKnownNumber: return number(Int(node.a)).isUnknown ? .unknown : .true
        case .isKnownTruth: return truth(Int(node.a)) == .unknown ? .unknown : .true
        case .isKnownText: return text(Int(node.a)) == nil ? .unknown : .true
        case .isKnownDynamic:
            return range(Int(node.a)) == nil && dynamic(Int(node.a)) == .unknown ? .unknown : .true
        case .flagOpen: return flags[Int(node.a)]
        case .asTruth: return dynamic(Int(node.a)).verdict
        default: preconditionFailure("node is no condition")
        }
    }

    private func isAmong(_ node: Node, _ isEqual: (Int, Int) -> Verdict) -> Verdict {
        let list = Array(nodes(node))
        return list.dropFirst().map { isEqual(list[0], $0) }.max { $0.rawValue < $1.rawValue } ?? .false
    }

    private func compareDynamics(_ node: Node) -> Verdict {
        let left = dynamic(Int(node.a))
        let right = dynamic(Int(node.b))
        let wantsEqual = node.comparison == .equal
        if !left.number.isNaN, !right.number.isNaN { return Verdict((left.number == right.number) == wantsEqual) }
        guard let leftText = left.asText, let rightText = right.asText else { return .unknown }
        return Verdict((leftText == rightText) == wantsEqual)
    }

    // MARK: Texts

    /// Nil where it is not certain.
    func text(_ index: Int) -> String? {
        let node = program.nodes[index]
        switch node.operation {
        case .textConstant: return program.texts[Int(node.a)]
        case .textMetric: return value(metric(node.a)).asText
        case .instant:
            guard case .elapsed(let since) = metric(node.a), since.lowerBound == since.upperBound else { return nil }
            return InstantText.text(since.lowerBound)
        case .stage: return stage?.name
        case .companyName: return companyName
        case .asText: return dynamic(Int(node.a)).asText
        default: preconditionFailure("node is no text")
        }
    }

    /// A trait; unknown where it is not certain. What `at_raise` reads is of no use to a raise.
    private func dynamic(_ index: Int) -> MetricValue {
        let node = program.nodes[index]
        return node.operation == .dynamicMetric ? value(metric(node.a)) : .unknown
    }

    /// A dynamic node whose metric is a number within bounds.
    private func range(_ index: Int) -> NumberBounds? {
        let node = program.nodes[index]
        guard node.operation == .dynamicMetric, case .number(let range) = metric(node.a) else { return nil }
        return NumberBounds(range.lowerBound, range.upperBound)
    }

    private func value(_ bounds: MetricBounds) -> MetricValue {
        switch bounds {
        case .number(let range): range.lowerBound == range.upperBound ? .number(range.lowerBound) : .unknown
        case .text(let text): .text(text)
        case .bool(let isTrue): .bool(isTrue)
        case .unknown, .elapsed: .unknown
        }
    }
}

extension NumberBounds {
    /// In whole milliseconds, as durations are compared.
    fileprivate var rounded: NumberBounds { NumberBounds(least.rounded(), greatest.rounded()) }
}

// MARK: - Evidence

extension PastReading {
    /// Every leaf of `condition`, in the order written, with what is certain of it: a number, or `3 to 5`.
    func evidence(of condition: Expression) -> [Evidence] {
        condition.leaves.map { leaf in
            let threshold: JSON =
                switch leaf.threshold {
                case .none: .null
                case .value(let side): json(side)
                case .list(let text): .string(text)
                }
            let verdict = truth(leaf.node)
            return Evidence(
                term: leaf.text, metric: leaf.value.text, value: json(leaf.value), threshold: threshold,
                holds: verdict == .unknown ? nil : verdict == .true)
        }
    }

    private func json(_ side: Leaf.Side) -> JSON {
        switch side.kind {
        case .number, .bare: return json(number(side.node), unit: 1)
        case .duration: return json(number(side.node), unit: Double(millisecondsPerDay))
        case .text, .instant: return .optional(text(side.node))
        case .truth:
            let verdict = truth(side.node)
            return verdict == .unknown ? .null : .bool(verdict == .true)
        case .dynamic:
            if let range = range(side.node) { return json(range, unit: 1) }
            switch dynamic(side.node) {
            case .number(let number): return .double(number)
            case .text(let text): return .string(text)
            case .bool(let isTrue): return .bool(isTrue)
            case .unknown, .elapsed: return .null
            }
        case .invalid: preconditionFailure("an expression with mistakes is never evaluated")
        }
    }

    private func json(_ bounds: NumberBounds, unit: Double) -> JSON {
        if bounds.isUnknown { return .null }
        if bounds.isExact { return .double(bounds.least / unit) }
        return .string(
            "\(NumberText.shortText(bounds.least / unit)) to \(NumberText.shortText(bounds.greatest / unit))")
    }
}
