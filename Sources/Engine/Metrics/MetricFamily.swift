/// One metric of the daemon with all its samples, as monitoring systems know them.
///
/// Names follow Prometheus' conventions: `tenure_` in front, the unit behind, `_total` where it only grows.
public struct MetricFamily: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    public struct Sample: Sendable, Equatable {
        /// Behind the family's name: empty, or a part of a histogram such as `_sum`.
        public var suffix: String
        public var labels: [(name: String, value: String)]
        /// As it is written.
        public var value: String

        public static func == (left: Sample, right: Sample) -> Bool {
            left.suffix == right.suffix && left.value == right.value
                && left.labels.elementsEqual(right.labels) { $0.name == $1.name && $0.value == $1.value }
        }
    }

    public let name: String
    public let kind: Kind
    /// One sentence.
    public let help: String
    public private(set) var samples: [Sample] = []

    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    public mutating func add(_ value: some BinaryInteger, _ labels: (name: String, value: String)...) {
        samples.append(Sample(suffix: "", labels: labels, value: String(value)))
    }

    public mutating func add(_ value: Double, _ labels: (name: String, value: String)...) {
        samples.append(Sample(suffix: "", labels: labels, value: Self.text(value)))
    }

    /// The family with one sample and no labels.
    public init(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        self.init(name, kind, help)
        add(value)
    }

    public init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.init(name, kind, help)
        add(value)
    }

    /// A whole histogram: buckets count everything up to their bound, as Prometheus has it.
    init(_ name: String, _ help: String, _ histogram: Histogram) {
        self.init(name, .histogram, help)
        var upTo: UInt64 = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            upTo += count
            samples.append(Sample(suffix: "_bucket", labels: [("le", Self.text(bound))], value: String(upTo)))
        }
        samples.append(Sample(suffix: "_bucket", labels: [("le", "+Inf")], value: String(histogram.count)))
        samples.append(Sample(suffix: "_sum", labels: [], value: Self.text(histogram.sum)))
        samples.append(Sample(suffix: "_count", labels: [], value: String(histogram.count)))
    }

    /// Whole numbers without a fraction, as people write bounds and sizes.
    private static func text(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? String(value)
    }
}
