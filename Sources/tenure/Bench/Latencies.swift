/// From send to ack, weighted by events.
struct Latencies {
    private var samples: [(seconds: Double, events: Int)] = []

    mutating func add(_ seconds: Double, events: Int) { samples.append((seconds, events)) }

    var isEmpty: Bool { samples.isEmpty }

    /// For each of `shares` (0.99 is the 99th percentile) the least latency that so many events did not exceed.
    func percentiles(_ shares: [Double]) -> [Double] {
        let sorted = samples.sorted { $0.seconds < $1.seconds }
        let total = Double(sorted.reduce(0) { $0 + $1.events })
        return shares.map { share in
            var seen = 0.0
            for sample in sorted {
                seen += Double(sample.events)
                if seen >= share * total { return sample.seconds }
            }
            return sorted.last?.seconds ?? 0
        }
    }

    /// Events by latency, each bucket twice as wide as the one before, from `first` seconds on; the last has the rest.
    func histogram(first: Double, buckets: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: buckets)
        for sample in samples {
            var bucket = 0
            var bound = first
            while sample.seconds > bound, bucket < buckets - 1 {
                bound *= 2
                bucket += 1
            }
            counts[bucket] += sample.events
        }
        return counts
    }
}
