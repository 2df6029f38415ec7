import UsageModel

/// Metrics in Prometheus' text format (version 0.0.4).
enum MetricsText {
    private struct Family {
        var name: String
        var type: String
        var help: String
        var samples: [(name: String, value: String)] = []
    }

    /// The engine's samples, pairs of a name with labels and a value, with the process's own behind them.
    static func text(_ engine: JSON, surroundings: Surroundings) -> String {
        var samples = engine.members ?? []
        samples.append(.init("tenure_connections", .int(surroundings.ingestConnections())))
        samples.append(.init("tenure_uptime_seconds", .double(surroundings.uptimeSeconds())))
        var families: [Family] = []
        for sample in samples {
            guard case .number(let value) = sample.value else { continue }
            let name = String(sample.name.prefix { $0 != "{" })
            let index = families.firstIndex { $0.name == name } ?? families.endIndex
            if index == families.endIndex {
                // Prometheus' convention: what only grows is named so.
                let type = name.hasSuffix("_total") ? "counter" : "gauge"
                families.append(Family(name: name, type: type, help: help[name] ?? name))
            }
            families[index].samples.append((sample.name, value))
        }
        var text = ""
        for family in families {
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.type)\n"
            for sample in family.samples { text += "\(sample.name) \(sample.value)\n" }
        }
        return text
    }

    private static let help = [
        "tenure_log_seq": "Sequence number of the log's last record.",
        "tenure_log_bytes": "Bytes of the log on disk.",
        "tenure_checkpoint_seq": "Last record that a restart need not replay.",
        "tenure_checkpoint_bytes": "Bytes of the checkpoint on disk.",
        "tenure_companies": "Companies known.",
        "tenure_users": "User names known.",
        "tenure_events_accepted_total": "Event lines taken into the log since the start.",
        "tenure_events_duplicate_total": "Event lines recognised as resent since the start.",
        "tenure_events_rejected_total": "Lines refused since the start, by reason.",
        "tenure_commits_total": "Commits to the log since the start.",
        "tenure_looks_total": "Looks at a company's rules since the start.",
        "tenure_flags_open": "Open flags by rule.",
        "tenure_connections": "Open ingest connections.",
        "tenure_uptime_seconds": "Time since the start.",
    ]
}
