/// How often values fell between fixed bounds; nothing is allocated once it is made.
struct Histogram: Sendable {
    /// Upper ends of the buckets, ascending, each inclusive.
    let bounds: [Double]
    /// By bucket; values beyond the last bound are only in `count`.
    private(set) var counts: [UInt64]
    private(set) var count: UInt64 = 0
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds ascend")
        self.bounds = bounds
        counts = bounds.map { _ in 0 }
    }

    /// O(bounds).
    mutating func note(_ value: Double) {
        count += 1
        sum += value
        for index in bounds.indices where value <= bounds[index] {
            counts[index] += 1
            return
        }
    }
}
