/// A number made of weighted parts.
public struct ScoreRule: Sendable {
    public enum Combination: String, Sendable, CaseIterable {
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
