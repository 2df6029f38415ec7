import Portraits
import UsageModel

// Evaluation: three functions, one a type of value, that recurse over node indices. They allocate
// nothing and read each metric once a look. `now` is a parameter of its own, so that the search for
// deadlines can ask about another instant of the same day with the same metrics.
extension Program {
    /// NaN is unknown; anything that is not finite becomes NaN.
    func number(_ index: Int, _ context: EvaluationContext, now: Int64) -> Double {
        let node = nodes[index]
        switch node.operation {
        case .constant: return node.number
        case .metric:
            let entry = context.entry(Int(node.a), of: self)
            return entry.kind == .number ? entry.number : .nan
        case .durationMetric:
            let entry = context.entry(Int(node.a), of: self)
            switch entry.kind {
            case .elapsed: return Self.elapsed(entry.since, now: now)
            case .number: return entry.number * Double(millisecondsPerDay)
            case .unknown, .text, .bool: return .nan
            }
        case .stageAge:
            guard let since = context.stageSince else { return .nan }
            return Self.elapsed(since, now: now)
        case .add: return finite(binary(node, context, now) { $0 + $1 })
        case .subtract: return finite(binary(node, context, now) { $0 - $1 })
        case .multiply: return finite(binary(node, context, now) { $0 * $1 })
        case .divide: return finite(binary(node, context, now) { $0 / $1 })
        case .negate: return -number(Int(node.a), context, now: now)
        case .absolute: return abs(number(Int(node.a), context, now: now))
        case .least: return extreme(node, context, now) { $0 < $1 }
        case .greatest: return extreme(node, context, now) { $0 > $1 }
        case .score: return score(Int(node.a), context, now: now)
        case .asNumber: return dynamic(Int(node.a), context).number
        case .truthConstant, .all, .any, .not, .compareNumbers, .compareDurations, .compareElapsed, .compareTexts,
            .compareDynamics, .numberIn, .textIn, .isKnownNumber, .isKnownTruth, .isKnownText, .isKnownDynamic,
            .flagOpen, .asTruth, .textConstant, .textMetric, .instant, .stage, .companyName, .asText,
            .dynamicMetric, .atRaise:
            preconditionFailure("node is no number")
        }
    }

    @inline(__always)
    static func elapsed(_ since: Timestamp, now: Int64) -> Double {
        Double(max(0, Timestamp(milliseconds: now) - since))
    }

    @inline(__always)
    private func finite(_ value: Double) -> Double { value.isFinite ? value : .nan }

    @inline(__always)
    private func binary(
        _ node: Node, _ context: EvaluationContext, _ now: Int64, _ body: (Double, Double) -> Double
    ) -> Double {
        body(number(Int(node.a), context, now: now), number(Int(node.b), context, now: now))
    }

    /// Unknown as soon as one of them is.
    @inline(__always)
    private func extreme(
        _ node: Node, _ context: EvaluationContext, _ now: Int64, _ precedes: (Double, Double) -> Bool
    ) -> Double {
        var best = Double.nan
        for position in Int(node.a)..<(Int(node.a) + Int(node.b)) {
            let value = number(Int(children[position]), context, now: now)
            if value.isNaN { return .nan }
            if best.isNaN || precedes(value, best) { best = value }
        }
        return best
    }

    func score(_ index: Int, _ context: EvaluationContext, now: Int64) -> Double {
        let score = scores[index]
        var sum = 0.0
        var weight = 0.0
        for position in score.first..<(score.first + score.count) {
            let part = scoreParts[position]
            let value = number(Int(part.node), context, now: now)
            if value.isNaN { continue }
            sum += part.weight * score.held(value)
            weight += part.weight
        }
        if weight == 0 { return .nan }
        return finite(score.combine == .mean ? sum / weight : sum)
    }

    func truth(_ index: Int, _ context: EvaluationContext, now: Int64) -> Verdict {
        let node = nodes[index]
        switch node.operation {
        case .truthConstant: return Verdict(rawValue: UInt8(node.a)) ?? .unknown
        case .all:
            var verdict = Verdict.true
            for position in Int(node.a)..<(Int(node.a) + Int(node.b)) {
                let part = truth(Int(children[position]), context, now: now)
                if part == .false { return .false }
                if part == .unknown { verdict = .unknown }
            }
            return verdict
        case .any:
            var verdict = Verdict.false
            for position in Int(node.a)..<(Int(node.a) + Int(node.b)) {
                let part = truth(Int(children[position]), context, now: now)
                if part == .true { return .true }
                if part == .unknown { verdict = .unknown }
            }
            return verdict
        case .not: return !truth(Int(node.a), context, now: now)
        case .compareNumbers: return compareNumbers(node, context, now)
        case .compareDurations: return compareDurations(node, context, now)
        case .compareElapsed: return compareElapsed(node, context, now)
        case .compareTexts: return compareTexts(node, context)
        case .compareDynamics: return compareDynamics(node, context)
        case .numberIn: return numberIn(node, context, now)
        case .textIn: return textIn(node, context)
        case .isKnownNumber: return Verdict(!number(Int(node.a), context, now: now).isNaN)
        case .isKnownTruth: return Verdict(truth(Int(node.a), context, now: now) != .unknown)
        case .isKnownText: return Verdict(text(Int(node.a), context) != nil)
        case .isKnownDynamic: return Verdict(dynamic(Int(node.a), context) != .unknown)
        case .flagOpen: return Verdict(context.openFlags[Int(node.a)])
        case .asTruth: return dynamic(Int(node.a), context).verdict
        case .constant, .metric, .durationMetric, .stageAge, .add, .subtract, .multiply, .divide, .negate,
            .absolute, .least, .greatest, .score, .asNumber, .textConstant, .textMetric, .instant, .stage,
            .companyName, .asText, .dynamicMetric, .atRaise:
            preconditionFailure("node is no condition")
        }
    }

    private func compareNumbers(_ node: Node, _ context: EvaluationContext, _ now: Int64) -> Verdict {
        let left = number(Int(node.a), context, now: now)
        if left.isNaN { return .unknown }
        let right = number(Int(node.b), context, now: now)
        return right.isNaN ? .unknown : Verdict(node.comparison.holds(left, right))
    }

    private func compareDurations(_ node: Node, _ context: EvaluationContext, _ now: Int64) -> Verdict {
        let left = number(Int(node.a), context, now: now)
        if left.isNaN { return .unknown }
        let right = number(Int(node.b), context, now: now)
        return right.isNaN ? .unknown : Verdict(node.comparison.holds(left.rounded(), right.rounded()))
    }

    func compareElapsed(_ node: Node, _ context: EvaluationContext, _ now: Int64) -> Verdict {
        let entry = context.entry(Int(node.a), of: self)
        switch entry.kind {
        case .elapsed:
            let elapsed = max(0, Timestamp(milliseconds: now) - entry.since)
            return Verdict(node.comparison.holds(elapsed, Int64(node.number)))
        case .number:
            return Verdict(node.comparison.holds((entry.number * Double(millisecondsPerDay)).rounded(), node.number))
        case .unknown, .text, .bool: return .unknown
        }
    }

    private func compareTexts(_ node: Node, _ context: EvaluationContext) -> Verdict {
        guard let left = text(Int(node.a), context), let right = text(Int(node.b), context) else { return .unknown }
        return Verdict((left == right) == (node.comparison == .equal))
    }

    private func compareDynamics(_ node: Node, _ context: EvaluationContext) -> Verdict {
        let left = dynamic(Int(node.a), context)
        let right = dynamic(Int(node.b), context)
        let wantsEqual = node.comparison == .equal
        if !left.number.isNaN, !right.number.isNaN { return Verdict((left.number == right.number) == wantsEqual) }
        guard let leftText = left.asText, let rightText = right.asText else { return .unknown }
        return Verdict((leftText == rightText) == wantsEqual)
    }

    private func numberIn(_ node: Node, _ context: EvaluationContext, _ now: Int64) -> Verdict {
        let subject = number(Int(children[Int(node.a)]), context, now: now)
        if subject.isNaN { return .unknown }
        var verdict = Verdict.false
        for position in (Int(node.a) + 1)..<(Int(node.a) + Int(node.b)) {
            let element = number(Int(children[position]), context, now: now)
            if element == subject { return .true }
            if element.isNaN { verdict = .unknown }
        }
        return verdict
    }

    private func textIn(_ node: Node, _ context: EvaluationContext) -> Verdict {
        guard let subject = text(Int(children[Int(node.a)]), context) else { return .unknown }
        var verdict = Verdict.false
        for position in (Int(node.a) + 1)..<(Int(node.a) + Int(node.b)) {
            guard let element = text(Int(children[position]), context) else {
                verdict = .unknown
                continue
            }
            if element == subject { return .true }
        }
        return verdict
    }

    func text(_ index: Int, _ context: EvaluationContext) -> String? {
        let node = nodes[index]
        switch node.operation {
        case .textConstant: return texts[Int(node.a)]
        case .textMetric: return context.metric(Int(node.a), of: self).asText
        case .instant:
            let entry = context.entry(Int(node.a), of: self)
            return entry.kind == .elapsed ? InstantText.text(entry.since) : nil
        case .stage: return context.stage
        case .companyName: return context.names.name(context.company)
        case .asText: return dynamic(Int(node.a), context).asText
        default: preconditionFailure("node is no text")
        }
    }

    /// A trait, or a value remembered at raising.
    func dynamic(_ index: Int, _ context: EvaluationContext) -> MetricValue {
        let node = nodes[index]
        switch node.operation {
        case .dynamicMetric: return context.metric(Int(node.a), of: self)
        case .atRaise:
            guard Int(node.a) < context.atRaise.count else { return .unknown }
            switch context.atRaise[Int(node.a)] {
            case .unknown: return .unknown
            case .number(let number): return .number(number)
            case .text(let text): return .text(text)
            case .truth(let isTrue): return .bool(isTrue)
            }
        default: preconditionFailure("node is not dynamic")
        }
    }
}

extension ScoreProgram {
    /// `mean` is an average of grades from 0 to 100, so that its result is one; `sum` takes values as they are.
    @inline(__always)
    func held(_ value: Double) -> Double { combine == .mean ? min(100, max(0, value)) : value }
}

extension MetricValue {
    /// As a number: numeric text counts, since many senders send all traits as text.
    var number: Double {
        switch self {
        case .number(let value): value.isFinite ? value : .nan
        case .text(let text): Double(text).flatMap { $0.isFinite ? $0 : nil } ?? .nan
        case .unknown, .elapsed, .bool: .nan
        }
    }

    var asText: String? {
        switch self {
        case .text(let text): text
        case .number(let number): NumberText.shortText(number)
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .unknown, .elapsed: nil
        }
    }

    var verdict: Verdict {
        switch self {
        case .bool(let isTrue): Verdict(isTrue)
        case .text("true"): .true
        case .text("false"): .false
        case .unknown, .elapsed, .number, .text: .unknown
        }
    }
}
