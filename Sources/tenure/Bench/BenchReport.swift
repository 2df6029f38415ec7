import UsageModel

/// What a benchmark came to.
struct BenchReport {
    var events: Int
    /// As sent.
    var bytes: Int
    /// From the first byte sent to the last ack.
    var seconds: Double
    /// Asked for; nil for full speed.
    var rate: Double?
    var daemonCPUSeconds: Double?
    var ownCPUSeconds: Double
    var logBytes: Int?
    var residentBytes: Int?
    var refused: Int
    var duplicates: Int
    var latencies: Latencies

    private static let shares = [0.5, 0.9, 0.99, 0.999, 1]
    private static let shareNames = ["p50", "p90", "p99", "p999", "max"]
    /// From 0.25 ms, about one fdatasync of a good disk, up to some seconds.
    private static let firstBucketSeconds = 0.000_25
    private static let bucketCount = 16

    private func perEvent(_ total: Double?) -> Double? { total.map { $0 / Double(max(1, events)) } }

    /// Figures that a Double would show with noise, to so many decimals.
    private static func rounded(_ value: Double?, _ scale: Double) -> Double? {
        value.map { ($0 * scale).rounded() / scale }
    }

    var json: JSON {
        let milliseconds = latencies.percentiles(Self.shares).map { Self.rounded($0 * 1_000, 1_000) }
        return .object([
            .init("events", .int(events)), .init("seconds", .optional(Self.rounded(seconds, 1_000))),
            .init("events_per_s", .int(Int(Double(events) / max(seconds, 1e-9)))),
            .init("rate_asked", .optional(rate)),
            .init("sent_bytes_per_event", .optional(Self.rounded(perEvent(Double(bytes)), 10))),
            .init(
                "daemon_cpu_us_per_event", .optional(Self.rounded(perEvent(daemonCPUSeconds.map { $0 * 1e6 }), 1_000))),
            .init("bench_cpu_us_per_event", .optional(Self.rounded(perEvent(ownCPUSeconds * 1e6), 1_000))),
            .init("log_bytes_per_event", .optional(Self.rounded(perEvent(logBytes.map(Double.init)), 10))),
            .init("daemon_rss_bytes", .optional(residentBytes)), .init("refused", .int(refused)),
            .init("duplicates", .int(duplicates)),
            .init("ack_ms", .object(zip(Self.shareNames, milliseconds).map { .init($0, .optional($1)) })),
            .init("ack_histogram", .array(histogram)),
        ])
    }

    /// Events acknowledged within `ms` and not within the bucket before.
    private var histogram: [JSON] {
        let counts = latencies.histogram(first: Self.firstBucketSeconds, buckets: Self.bucketCount)
        var bound = Self.firstBucketSeconds
        return counts.enumerated().map { index, count in
            defer { bound *= 2 }
            let isLast = index == counts.count - 1
            return ["ms": isLast ? .null : .double(bound * 1_000), "events": .int(count)]
        }
    }

    func text(_ form: OutputForm) -> String {
        guard case .terminal(let width, let colour) = form else {
            return form == .json ? json.text + "\n" : json.tabSeparatedPaths
        }
        let json = json
        var page = Page(width: width, colour: colour)
        func number(_ name: String, decimals: Int = 2) -> String {
            Quantity.decimal(json.at(name)?.doubleValue, decimals: decimals)
        }
        func entry(_ name: String, _ words: String) { page.entry(name, words, nameWidth: 12) }
        page.title(
            "\(Quantity.whole(events)) events in \(Quantity.decimal(seconds, decimals: 2)) s",
            right: "\(Quantity.whole(json.at("events_per_s")?.intValue)) events/s acknowledged")
        entry("daemon CPU", "\(number("daemon_cpu_us_per_event", decimals: 3)) µs an event")
        entry("this program", "\(number("bench_cpu_us_per_event", decimals: 3)) µs an event, lines made beforehand")
        let latency = Self.shareNames.map { "\($0) \(Quantity.measure(json.at("ack_ms", $0)?.doubleValue))" }
        entry("ack, ms", latency.joined(separator: ", "))
        entry(
            "bytes",
            "\(number("sent_bytes_per_event", decimals: 1)) sent, \(number("log_bytes_per_event", decimals: 1)) of log an event"
        )
        entry("memory", "\(Quantity.bytes(residentBytes)) resident")
        entry("refused", "\(Quantity.whole(refused)), duplicates \(Quantity.whole(duplicates))")
        page.section("Events by time to ack")
        page.table(histogramTable)
        return page.text
    }

    private var histogramTable: Table {
        let rows = histogram.filter { $0.at("events")?.intValue != 0 }
        return Table(
            columns: [Column("ms", "WITHIN MS", .right), Column("events", "EVENTS", .right), Column("share", "SHARE")],
            rows: rows.map { row in
                let share = Double(row.at("events")?.intValue ?? 0) / Double(max(1, events))
                let bound = row.at("ms")?.doubleValue.map { Quantity.measure($0) } ?? "more"
                return [Cell(bound), .whole(row["events"]), Cell(Sparkline.gauge(share, columns: 30))]
            })
    }
}
