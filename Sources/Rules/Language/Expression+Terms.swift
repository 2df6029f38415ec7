import Portraits
import UsageModel

extension Expression {
    /// Every leaf of the condition with its values, in the order written. For evidence and `explain`.
    public func terms(in context: EvaluationContext) -> [Term] {
        context.attach(program)
        var terms: [Term] = []
        for leaf in leaves {
            let threshold: Value =
                switch leaf.threshold {
                case .none: .unknown
                case .value(let side): program.value(side.node, side.kind, context)
                case .list(let text): .text(text)
                }
            terms.append(
                Term(
                    text: leaf.text, metric: leaf.value.text,
                    value: program.value(leaf.value.node, leaf.value.kind, context), comparison: leaf.comparison,
                    threshold: threshold,
                    verdict: program.truth(leaf.node, context, now: context.moment.now.milliseconds)))
        }
        return terms
    }
}
