import Portraits

/// Collects nodes while expressions are compiled; equal nodes are made once.
final class ProgramBuilder {
    private(set) var nodes: [Node] = []
    private(set) var children: [Int32] = []
    private(set) var metrics: [Metric] = []
    private(set) var texts: [String] = []
    private(set) var scores: [ScoreProgram] = []
    private(set) var scoreParts: [ScorePart] = []
    /// By node: steps of one evaluation and depth of recursion, scores included. Both saturate.
    private(set) var steps: [Int] = []
    private(set) var depths: [Int] = []
    private var scoreSteps: [Int] = []
    private var scoreDepths: [Int] = []
    private var nodeIndex: [Node: Int] = [:]
    private var metricIndex: [Metric: Int] = [:]
    private var textIndex: [String: Int] = [:]

    init() {}

    /// Goes on where `program` ends: what it holds keeps its index.
    init(extending program: Program) {
        nodes = Array(program.nodes)
        children = Array(program.children)
        metrics = Array(program.metrics)
        texts = program.texts
        for (index, metric) in metrics.enumerated() { metricIndex[metric] = index }
        for (index, text) in texts.enumerated() { textIndex[text] = index }
        scores = Array(program.scores)
        scoreParts = Array(program.scoreParts)
        // A score's parts are older than any node that names it, so one pass in order finds both.
        for index in nodes.indices {
            nodeIndex[nodes[index]] = index
            while scoreSteps.count < scores.count, lastPart(ofScore: scoreSteps.count) < index { measureScore() }
            measure(nodes[index])
        }
        while scoreSteps.count < scores.count { measureScore() }
    }

    private func lastPart(ofScore score: Int) -> Int {
        let program = scores[score]
        return scoreParts[program.first..<(program.first + program.count)].map { Int($0.node) }.max() ?? 0
    }
}

extension ProgramBuilder {
    func slot(of metric: Metric) -> Int {
        if let index = metricIndex[metric] { return index }
        metrics.append(metric)
        metricIndex[metric] = metrics.count - 1
        return metrics.count - 1
    }

    func add(_ node: Node) -> Int {
        if let index = nodeIndex[node] { return index }
        nodes.append(node)
        nodeIndex[node] = nodes.count - 1
        measure(node)
        return nodes.count - 1
    }

    func add(
        _ operation: Operation, _ a: Int = 0, _ b: Int = 0, comparison: Comparison = .equal, number: Double = 0,
        timing: Timing = []
    ) -> Int {
        add(
            Node(
                operation: operation, comparison: comparison, timing: timing.rawValue, a: Int32(a), b: Int32(b),
                number: number))
    }

    /// A node over a list of nodes.
    func add(_ operation: Operation, over list: [Int], timing: Timing) -> Int {
        let first = children.count
        children.append(contentsOf: list.map { Int32($0) })
        return add(operation, first, list.count, timing: timing)
    }

    func constant(_ number: Double) -> Int { add(.constant, number: number) }

    func text(_ text: String) -> Int {
        if let index = textIndex[text] { return add(.textConstant, index) }
        texts.append(text)
        textIndex[text] = texts.count - 1
        return add(.textConstant, texts.count - 1)
    }

    func addScore(_ combine: ScoreRule.Combination, _ parts: [ScorePart]) {
        scores.append(
            ScoreProgram(
                combine: combine, first: scoreParts.count, count: parts.count,
                totalWeight: parts.reduce(0) { $0 + $1.weight }))
        scoreParts.append(contentsOf: parts)
        measureScore()
    }

    func timing(of node: Int) -> Timing { Timing(rawValue: nodes[node].timing) }

    /// Σ over the components of score `index`.
    func timing(ofScore index: Int) -> Timing {
        let score = scores[index]
        var timing: Timing = []
        for part in scoreParts[score.first..<(score.first + score.count)] {
            timing.formUnion(self.timing(of: Int(part.node)))
        }
        return timing
    }

    func constantValue(of node: Int) -> Double? {
        nodes[node].operation == .constant ? nodes[node].number : nil
    }

    private static let mostSteps = Int.max / 1_024

    private func measure(_ node: Node) {
        var steps = 1
        var depth = 1
        for child in childNodes(of: node) {
            steps = min(steps + self.steps[child], Self.mostSteps)
            depth = max(depth, 1 + depths[child])
        }
        if node.operation == .score {
            steps = min(steps + scoreSteps[Int(node.a)], Self.mostSteps)
            depth = max(depth, 1 + scoreDepths[Int(node.a)])
        }
        self.steps.append(steps)
        depths.append(depth)
    }

    private func measureScore() {
        let score = scores[scoreSteps.count]
        let parts = scoreParts[score.first..<(score.first + score.count)]
        scoreSteps.append(parts.reduce(1) { min($0 + steps[Int($1.node)], Self.mostSteps) })
        scoreDepths.append(1 + (parts.map { depths[Int($0.node)] }.max() ?? 0))
    }

    private func childNodes(of node: Node) -> [Int] { node.children { Int(children[$0]) } }
}

extension Node {
    /// The nodes directly below, except the components of a score; `child` reads the list of children.
    func children(_ child: (Int) -> Int) -> [Int] {
        switch operation {
        case .constant, .metric, .durationMetric, .stageAge, .score, .truthConstant, .compareElapsed, .flagOpen,
            .textConstant, .textMetric, .instant, .stage, .companyName, .dynamicMetric, .atRaise:
            []
        case .negate, .absolute, .asNumber, .not, .isKnownNumber, .isKnownTruth, .isKnownText, .isKnownDynamic,
            .asTruth, .asText:
            [Int(a)]
        case .add, .subtract, .multiply, .divide, .compareNumbers, .compareDurations, .compareTexts,
            .compareDynamics:
            [Int(a), Int(b)]
        case .least, .greatest, .all, .any, .numberIn, .textIn:
            (Int(a)..<(Int(a) + Int(b))).map(child)
        }
    }

    /// The metric slot that the node itself reads.
    var slot: Int? {
        switch operation {
        case .metric, .durationMetric, .compareElapsed, .textMetric, .instant, .dynamicMetric: Int(a)
        default: nil
        }
    }
}
