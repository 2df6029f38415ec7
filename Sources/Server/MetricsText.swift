import Engine

/// Metrics in Prometheus' text format, version 0.0.4.
enum MetricsText {
    static func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families where !family.samples.isEmpty {
            text += "# HELP \(family.name) \(escaped(family.help))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name + sample.suffix + labels(sample) + " " + sample.value + "\n"
            }
        }
        return text
    }

    private static func labels(_ sample: MetricFamily.Sample) -> String {
        if sample.labels.isEmpty { return "" }
        let pairs = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// The format's description: "Label values may be any sequence of UTF-8 characters, but the backslash, double-quote
    /// and line feed characters have to be escaped"; in HELP lines the quotes are as they are.
    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

extension Surroundings {
    /// What the process around the engine counts.
    var metrics: [MetricFamily] {
        var connections = MetricFamily("tenure_connections", .gauge, "Open connections, by what they are for.")
        connections.add(ingestConnections.count, ("listener", "ingest"))
        connections.add(httpChannels.count, ("listener", "http"))
        var build = MetricFamily("tenure_build_info", .gauge, "1, with the daemon's version.")
        build.add(1, ("version", version))
        return [
            build, connections,
            MetricFamily("tenure_uptime_seconds", .gauge, "Time since the start.", uptimeSeconds()),
            MetricFamily(
                "process_start_time_seconds", .gauge, "Start of the process, in seconds since 1970.", startSeconds),
        ] + ProcessFigures.now().metrics
    }
}
