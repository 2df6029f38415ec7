/// A number made of weighted parts.
public struct ScoreRule: Sendable {
    public enum Combination: String, Sendable, CaseIterable, BitwiseCopyable {
        /// Σ wᵢ·sᵢ ÷ Σ wᵢ over known components, each held to 0…100.
        case mean
        /// Σ wᵢ·sᵢ over known components.
        case sum
    }

    public struct Component: Sendable {
        public let name: String
        public let weight: Double
        public let value: Expression
    }

    public let name: String
    public let combine: Combination
    public let components: [Component]
}

/// A score of one company with what each component added; the contributions add up to `value`.
public struct ScoreValue: Sendable, Equatable {
    public struct Contribution: Sendable, Equatable {
        public var name: String
        public var weight: Double
        /// The component's own value (for `mean`: held to 0…100); nil when unknown.
        public var value: Double?
        /// What it adds to the score; nil when unknown.
        public var contribution: Double?
    }

    /// Nil when no component is known.
    public var value: Double?
    /// Σ known w ÷ Σ w, from 0 to 1.
    public var coverage: Double
    public var contributions: [Contribution]
}

extension ScoreRule {
    /// The score with its parts, as the card shows them. O(nodes of the components).
    public func value(in context: EvaluationContext) -> ScoreValue {
        var contributions: [ScoreValue.Contribution] = []
        var known = 0.0
        var total = 0.0
        for component in components {
            total += component.weight
            var value: Double?
            if case .number(let number) = component.value.value(in: context) {
                value = combine == .mean ? min(100, max(0, number)) : number
                known += component.weight
            }
            contributions.append(
                ScoreValue.Contribution(name: component.name, weight: component.weight, value: value))
        }
        guard known > 0 else { return ScoreValue(value: nil, coverage: 0, contributions: contributions) }
        var sum = 0.0
        for index in contributions.indices {
            guard let value = contributions[index].value else { continue }
            let weighted = contributions[index].weight * value
            let contribution = combine == .mean ? weighted / known : weighted
            contributions[index].contribution = contribution
            sum += contribution
        }
        return ScoreValue(value: sum.isFinite ? sum : nil, coverage: known / total, contributions: contributions)
    }
}
