/// One term of a condition and which way it has to come out for the condition to hold.
public struct NeededTerm: Sendable, Equatable {
    public let term: Term
    /// It stands under a `not`: it has to be false.
    public let isNegated: Bool

    /// Whether it is as it has to be.
    public var verdict: Verdict { isNegated ? !term.verdict : term.verdict }

    /// As written, with the `not` that it stands under.
    public var text: String { isNegated ? "not (\(term.text))" : term.text }
}

extension ConditionTree {
    /// Every term in the order written.
    public var neededTerms: [NeededTerm] { terms(wanted: true) }

    /// The parts that must all hold: those of an outermost `and`, else the whole.
    public var conditions: [ConditionTree] {
        if case .all(let parts) = form { parts } else { [self] }
    }

    /// The terms that would have to come out otherwise for the condition to hold, nearest first; of
    /// alternatives, those of the nearest. Empty when it holds.
    var misses: [NeededTerm] { miss(wanted: true).terms.sorted { $0.distance < $1.distance } }

    private func terms(wanted: Bool) -> [NeededTerm] {
        switch form {
        case .term(let term): [NeededTerm(term: term, isNegated: !wanted)]
        case .not(let part): part.terms(wanted: !wanted)
        case .all(let parts), .any(let parts): parts.flatMap { $0.terms(wanted: wanted) }
        }
    }

    private func miss(wanted: Bool) -> (distance: Double, terms: [NeededTerm]) {
        if verdict == Verdict(wanted) { return (0, []) }
        switch form {
        case .term(let term):
            let needed = NeededTerm(term: term, isNegated: !wanted)
            return (needed.distance, [needed])
        case .not(let part): return part.miss(wanted: !wanted)
        case .all(let parts): return wanted ? Self.sum(parts, wanted) : Self.nearest(parts, wanted)
        case .any(let parts): return wanted ? Self.nearest(parts, wanted) : Self.sum(parts, wanted)
        }
    }

    private static func sum(_ parts: [ConditionTree], _ wanted: Bool) -> (distance: Double, terms: [NeededTerm]) {
        parts.map { $0.miss(wanted: wanted) }.reduce((0, [])) { ($0.0 + $1.distance, $0.1 + $1.terms) }
    }

    private static func nearest(
        _ parts: [ConditionTree], _ wanted: Bool
    ) -> (distance: Double, terms: [NeededTerm]) {
        parts.map { $0.miss(wanted: wanted) }.min { $0.distance < $1.distance } ?? (0, [])
    }
}

extension NeededTerm {
    /// How far a term is from what is needed, so that terms of any unit compare: for numbers the
    /// difference as a part of the larger one, at most 1; for what has no degrees 1.
    fileprivate var distance: Double {
        if term.verdict == .unknown { return Self.unknownDistance }
        guard case .number(let value) = term.value, case .number(let threshold) = term.threshold else { return 1 }
        let scale = max(abs(value), abs(threshold))
        return scale > 0 ? min(abs(value - threshold) / scale, 1) : 0
    }

    /// Behind everything that is known: nobody can say how near it is.
    private static let unknownDistance = 2.0

    /// What is missing, in a few words: `user idle 6.2 of 7.0 days`.
    var missText: String {
        if term.verdict == .unknown {
            return term.value == .unknown || term.comparison.isEmpty
                ? "\(term.metric) is unknown" : "what \(term.metric) is compared with is unknown"
        }
        if term.comparison.isEmpty { return isNegated ? "\(term.text) holds" : "\(term.text) does not hold" }
        if case .number(let value) = term.value, case .number(let threshold) = term.threshold {
            return numbersText(value, threshold)
        }
        return "\(term.metric) is \(Self.text(term.value)), \(need) \(thresholdText)"
    }

    /// `is_known(…)`, under a `not` or not.
    var asksWhetherKnown: Bool { term.comparison.isEmpty && term.text.hasPrefix("is_known(") }

    /// What has to come about, and how it stands now: `active_users(1d) > 0 (now 0)`.
    var goalText: String {
        let goal = isNegated ? "\(term.text) no longer holds" : term.text
        if term.comparison.isEmpty { return goal + (term.verdict == .unknown ? " (now unknown)" : "") }
        guard case .number(let value) = term.value, case .number(let threshold) = term.threshold else {
            return "\(goal) (now \(Self.text(term.value)))"
        }
        let (left, right) = Self.texts(value, threshold, inDays: Self.daysLabel(term.metric) != nil)
        // A threshold that is a number in the rule has just been read; one that is computed has not.
        let isLiteral = term.text.hasSuffix(
            " " + NumberText.shortText(threshold, decimals: NumberText.greatestDecimals))
        return "\(goal) (now \(left)\(isLiteral ? "" : " against \(right)"))"
    }

    private var need: String { (isNegated ? "not to be " : "to be ") + term.comparison }

    private var thresholdText: String {
        // A list's text is written as in the rule already.
        if term.comparison.hasSuffix("in"), case .text(let list) = term.threshold { return list }
        return Self.text(term.threshold)
    }

    private func numbersText(_ value: Double, _ threshold: Double) -> String {
        let days = Self.daysLabel(term.metric)
        let (left, right) = Self.texts(value, threshold, inDays: days != nil)
        // Something that grows towards its threshold reads best as a part of it.
        if !isNegated, term.comparison.hasPrefix(">"), value < threshold {
            return days.map { "\($0) \(left) of \(right) days" } ?? "\(term.metric) \(left) of \(right)"
        }
        return "\(term.metric) is \(left), \(need) \(right)"
    }

    /// `user idle` for `user_idle_days`; nil for what is no plain number of days.
    private static func daysLabel(_ metric: String) -> String? {
        let isName = metric.utf8.allSatisfy { $0 == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
        guard metric.hasSuffix("_days"), isName else { return nil }
        return metric.dropLast("_days".count).split(separator: "_").joined(separator: " ")
    }

    /// Both numbers short, but never so short that they look equal and are not.
    private static func texts(_ value: Double, _ threshold: Double, inDays: Bool) -> (String, String) {
        for decimals in (inDays ? 1 : 2)...NumberText.greatestDecimals {
            let texts =
                inDays
                ? (NumberText.text(value, decimals: decimals), NumberText.text(threshold, decimals: decimals))
                : (NumberText.shortText(value, decimals: decimals), NumberText.shortText(threshold, decimals: decimals))
            if texts.0 != texts.1 || value == threshold { return texts }
        }
        return ("\(value)", "\(threshold)")
    }

    private static func text(_ value: Value) -> String {
        switch value {
        case .unknown: "unknown"
        case .number(let number): NumberText.shortText(number)
        case .text(let text): "\"\(text)\""
        case .truth(let truth): truth ? "true" : "false"
        }
    }
}
