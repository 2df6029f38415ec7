// The order in which rules are compiled and evaluated.
extension RuleSetCompiler {
    enum Shared {
        case segment(Int)
        case score(Int)
    }

    struct EvaluationOrder {
        /// Segments and scores, each behind those that it names.
        var shared: [Shared]
        /// Indices into `flags`.
        var flags: [Int]
        var flagsBeforeStages: Int
    }

    /// Of a circle, as many as one can follow.
    private static let circleLabels = 12

    /// Reports circles and cuts them.
    mutating func evaluationOrder() -> EvaluationOrder {
        var graph = RuleGraph()
        let segmentNodes = segments.map { graph.add($0.subject) }
        let scoreNodes = scores.map { graph.add($0.subject) }
        let stageNode = graph.add("the stages")
        let flagNodes = flags.map { graph.add($0.subject) }
        let nodes = NodesByName(
            flags: index(flags.map(\.draft.name.text), flagNodes),
            scores: index(scores.map(\.draft.name.text), scoreNodes),
            segments: index(segments.map(\.draft.name.text), segmentNodes), stages: stageNode)
        func connect(_ node: Int, _ expressions: [ParsedExpression?]) {
            for expression in expressions.compactMap({ $0 }) {
                for reference in expression.references {
                    // A stage may look at the stage that was; that is no circle.
                    guard let target = nodes[reference], !(node == stageNode && target == stageNode) else { continue }
                    let position = expression.source.position(at: reference.offset)
                    graph.edges[node].append(RuleGraph.Edge(target: target, position: position))
                }
            }
        }
        for (segment, node) in zip(segments, segmentNodes) { connect(node, [segment.when]) }
        for (score, node) in zip(scores, scoreNodes) { connect(node, score.values) }
        for stage in stages { connect(stageNode, [stage.when]) }
        for (flag, node) in zip(flags, flagNodes) { connect(node, [flag.when, flag.clear]) }

        // Stages as early as they can be, then flags in the order of the file.
        let roots = [stageNode] + flagNodes + segmentNodes + scoreNodes
        for circle in graph.order(roots).circles {
            let shown = circle.labels.prefix(Self.circleLabels) + (circle.labels.count > Self.circleLabels ? ["…"] : [])
            let path = shown.joined(separator: " → ")
            report(circle.position, graph.labels[circle.node], "conditions name each other in a circle: \(path)")
        }
        addInhibitors(to: &graph, nodes)
        let order = graph.order(roots).order
        let flagOf = Dictionary(uniqueKeysWithValues: zip(flagNodes, flags.indices))
        let segmentOf = Dictionary(uniqueKeysWithValues: zip(segmentNodes, segments.indices))
        let scoreOf = Dictionary(uniqueKeysWithValues: zip(scoreNodes, scores.indices))
        let beforeStages = order.prefix { $0 != stageNode }.count { flagOf[$0] != nil }
        return EvaluationOrder(
            shared: order.compactMap { node in
                segmentOf[node].map(Shared.segment) ?? scoreOf[node].map(Shared.score)
            },
            flags: order.compactMap { flagOf[$0] }, flagsBeforeStages: beforeStages)
    }

    private struct NodesByName {
        var flags: [String: Int]
        var scores: [String: Int]
        var segments: [String: Int]
        var stages: Int

        subscript(reference: Reference) -> Int? {
            switch reference.kind {
            case .flag: flags[reference.name]
            case .score: scores[reference.name]
            case .segment: segments[reference.name]
            case .stage: stages
            case .set: nil
            }
        }
    }

    private func index(_ names: [String], _ nodes: [Int]) -> [String: Int] {
        Dictionary(zip(names, nodes), uniquingKeysWith: { first, _ in first })
    }

    /// A flag comes behind those that inhibit it wherever the names that conditions use allow it, so
    /// that it is held back at once instead of raised and folded in the same look.
    private func addInhibitors(to graph: inout RuleGraph, _ nodes: NodesByName) {
        for flag in flags {
            guard let inhibitor = nodes.flags[flag.draft.name.text] else { continue }
            for name in flag.draft.inhibits {
                guard let inhibited = nodes.flags[name.text], !graph.leads(from: inhibitor, to: inhibited) else {
                    continue
                }
                graph.edges[inhibited].append(RuleGraph.Edge(target: inhibitor, position: name.start))
            }
        }
    }
}
