/// Day or week numbers, each once: noted in any order, most of them in ascending order and repeatedly.
struct DistinctNumbers {
    /// Ascending and without repetition only after `settle`.
    private(set) var values: [Int32] = []
    /// How many of `values` the last compaction left.
    private var settledCount = 0

    /// Late events repeat numbers; below this it is not worth sorting.
    private static let leastCompaction = 256

    /// Amortised O(log n).
    mutating func note(_ value: Int32) {
        guard values.last != value else { return }
        values.append(value)
        if values.count > max(Self.leastCompaction, settledCount * 2) { settle() }
    }

    /// Must come before any question. O(n log n).
    mutating func settle() {
        values.sort()
        var kept = 0
        for index in values.indices where kept == 0 || values[kept - 1] != values[index] {
            values[kept] = values[index]
            kept += 1
        }
        values.removeLast(values.count - kept)
        settledCount = kept
    }

    /// The greatest value at or below `bound`; nil when there is none. O(log n).
    func last(notAfter bound: Int) -> Int? {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if Int(values[middle]) <= bound { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : Int(values[low - 1])
    }
}
