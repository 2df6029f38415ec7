/// In which order one look judges the rules.
enum FlagOrder {
    /// Indices into `rules.flags`; the first `flagsBeforeStages` of them stand before the stages.
    ///
    /// `RuleSet.flags` stand so that each comes behind those that its conditions name. Here each also
    /// comes behind its inhibitors, as long as that contradicts neither the first nor another
    /// inhibition: then a look in which both come true opens the inhibitor alone. O(flags³) and the
    /// size of the conditions, once a rule set.
    static func order(of rules: RuleSet) -> [Int] {
        let named = rules.flags.map { $0.namedFlags }
        let first = rules.flagsBeforeStages
        return order(0..<first, of: rules, named: named)
            + order(first..<rules.flags.count, of: rules, named: named)
    }

    private static func order(_ range: Range<Int>, of rules: RuleSet, named: [Set<Int>]) -> [Int] {
        var waiting = Array(range)
        var order: [Int] = []
        func isFree(_ candidate: Int, _ mustWaitFor: (Int) -> Bool) -> Bool {
            !waiting.contains { $0 != candidate && mustWaitFor($0) }
        }
        while !waiting.isEmpty {
            let next =
                waiting.firstIndex { candidate in
                    isFree(candidate) {
                        named[candidate].contains($0) || rules.flags[candidate].inhibitedBy.contains($0)
                    }
                }
                // A ring of inhibitions, or one against the order of evaluation: the first that only
                // evaluation orders. There is one, since conditions do not name each other in a ring.
                ?? waiting.firstIndex { candidate in isFree(candidate) { named[candidate].contains($0) } }
            guard let next else { preconditionFailure("conditions of flags name each other in a ring") }
            order.append(waiting.remove(at: next))
        }
        return order
    }
}

extension FlagRule {
    /// Indices of the rules that `when` and `clear` name, themselves or through scores and segments.
    fileprivate var namedFlags: Set<Int> {
        when.namedFlags.union(clear?.namedFlags ?? []).subtracting([index])
    }
}

extension Expression {
    fileprivate var namedFlags: Set<Int> {
        var seen: Set<Int> = []
        var flags: Set<Int> = []
        var pending = [root]
        while let index = pending.popLast() {
            guard seen.insert(index).inserted else { continue }
            let node = program.nodes[index]
            if node.operation == .flagOpen { flags.insert(Int(node.a)) }
            pending.append(contentsOf: node.children { Int(program.children[$0]) })
            if node.operation == .score {
                let score = program.scores[Int(node.a)]
                let parts = program.scoreParts[score.first..<(score.first + score.count)]
                pending.append(contentsOf: parts.map { Int($0.node) })
            }
        }
        return flags
    }
}
