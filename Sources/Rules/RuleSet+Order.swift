/// Which rule must be evaluated before which: an edge leads from a rule to each that it names.
struct RuleGraph {
    struct Edge {
        var target: Int
        /// Where the name stands.
        var position: SourcePosition
    }

    /// `flag "idle"` and the like.
    var labels: [String] = []
    var edges: [[Edge]] = []

    mutating func add(_ label: String) -> Int {
        labels.append(label)
        edges.append([])
        return labels.count - 1
    }

    /// As many as anybody would untie before asking again; a hostile file closes one with every name.
    private static let circlesNamed = 100

    /// A circle, with the place of the name that closes it.
    struct Circle {
        var node: Int
        var position: SourcePosition
        var labels: [String]
    }

    /// Every node behind all that it names, else in the order in which `roots` come; and the circles,
    /// each of which is cut where it closes. O(nodes + edges).
    func order(_ roots: [Int]) -> (order: [Int], circles: [Circle]) {
        var walk = Walk(graph: self)
        for root in roots { walk.visit(root) }
        return (walk.order, walk.circles)
    }

    /// Whether `start` names `end`, directly or through others.
    func leads(from start: Int, to end: Int) -> Bool {
        var seen = [Bool](repeating: false, count: edges.count)
        var pending = [start]
        while let node = pending.popLast() {
            if node == end { return true }
            if seen[node] { continue }
            seen[node] = true
            pending.append(contentsOf: edges[node].map(\.target))
        }
        return false
    }

    private struct Walk {
        let graph: RuleGraph
        var order: [Int] = []
        var circles: [Circle] = []
        var path: [Int] = []
        var done: [Bool]

        init(graph: RuleGraph) {
            self.graph = graph
            done = [Bool](repeating: false, count: graph.edges.count)
        }

        /// Recurses at most as deep as there are rules, which `RuleSetLimits` keeps to some hundreds.
        mutating func visit(_ node: Int) {
            if done[node] { return }
            path.append(node)
            for edge in graph.edges[node] {
                if let start = path.firstIndex(of: edge.target) {
                    if circles.count == RuleGraph.circlesNamed { continue }
                    let labels = (path[start...] + [edge.target]).map { graph.labels[$0] }
                    circles.append(Circle(node: node, position: edge.position, labels: labels))
                } else {
                    visit(edge.target)
                }
            }
            path.removeLast()
            done[node] = true
            order.append(node)
        }
    }
}
