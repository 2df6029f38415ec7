import Portraits
import UsageModel

/// A condition taken apart as it was written, each part with its verdict: what `rules test` prints and
/// from what `why-not` reads the nearest miss.
public struct ConditionTree: Sendable, Equatable {
    public indirect enum Form: Sendable, Equatable {
        case term(Term)
        case not(ConditionTree)
        case all([ConditionTree])
        case any([ConditionTree])
    }

    public let verdict: Verdict
    public let form: Form

    public init(verdict: Verdict, form: Form) {
        self.verdict = verdict
        self.form = form
    }
}

extension Expression {
    /// The condition's parts in the order written, with their values now. O(its length), for cold paths.
    public func tree(in context: EvaluationContext) -> ConditionTree {
        context.attach(program)
        var termByNode: [Int: (place: Int, term: Term)] = [:]
        for (place, (leaf, term)) in zip(leaves, terms(in: context)).enumerated()
        where termByNode[leaf.node] == nil {
            termByNode[leaf.node] = (place, term)
        }
        return part(root, termByNode, context).tree
    }

    /// The part below `node`, and the place of its first term: the program orders what `and` and `or`
    /// join by cost, and people want to read it as written.
    private func part(
        _ node: Int, _ terms: [Int: (place: Int, term: Term)], _ context: EvaluationContext
    ) -> (place: Int, tree: ConditionTree) {
        if let (place, term) = terms[node] {
            return (place, ConditionTree(verdict: term.verdict, form: .term(term)))
        }
        let verdict = program.truth(node, context, now: context.moment.now.milliseconds)
        let compiled = program.nodes[node]
        switch compiled.operation {
        case .not:
            let inner = part(Int(compiled.a), terms, context)
            return (inner.place, ConditionTree(verdict: verdict, form: .not(inner.tree)))
        case .all, .any:
            let list = program.children[Int(compiled.a)..<Int(compiled.a + compiled.b)]
            let parts = list.map { part(Int($0), terms, context) }.sorted { $0.place < $1.place }
            let trees = parts.map(\.tree)
            let form: ConditionTree.Form = compiled.operation == .all ? .all(trees) : .any(trees)
            return (parts.first?.place ?? 0, ConditionTree(verdict: verdict, form: form))
        default:
            // A condition that is one value, not taken apart any further.
            let value = program.value(node, .truth, context)
            let term = Term(
                text: text, metric: text, value: value, comparison: "", threshold: .unknown, verdict: verdict)
            return (0, ConditionTree(verdict: verdict, form: .term(term)))
        }
    }
}
