import EventLog
import Portraits
import Rules
import UsageModel
import WireFormat

/// How the daemon itself is doing.
extension Writer {
    func status(withDigest: Bool) -> JSON {
        let book = desk.book
        var members: [JSON.Member] = [
            .init("state", .string("ready")),
            .init("clock", .string(portraits.settings.clock.rawValue)),
            .init("now", .string(queryNow.rfc3339)),
            .init("clock_complaint", .optional(clock.state.complaint)),
            .init("seq", .int(log.lastSeq)),
            .init("companies", .int(portraits.companyCount)),
            .init("users", .int(names.count(.user))),
            .init("tasks", .int(names.count(.task))),
            .init("events", .int(counters.logged)),
            .init("duplicates", .int(counters.duplicates)),
            .init("conflicts", .int(counters.refused[Int(LineError.conflict.rawValue)])),
            .init("rejects", .int(rejects.count)),
            .init("flags_open", .int(book.openFlags.count)),
            .init("sources", sourcesStatus),
            .init("log", logStatus),
            .init("checkpoint", checkpointStatus),
            .init(
                "rules",
                .object([
                    .init("version", .string(desk.rules.version)), .init("file", .string(desk.fileName)),
                    .init("count", .int(desk.rules.flags.count)),
                ])),
        ]
        if withDigest { members.append(.init("digest", .string(digest().value.description))) }
        return .object(members)
    }

    private var logStatus: JSON {
        let statistics = try? log.statistics()
        return .object([
            .init("directory", .string(configuration.stateDirectory)),
            .init("segments", .optional(statistics?.segments)),
            .init("bytes", statistics.map { .int($0.bytes) } ?? .null),
        ])
    }

    private var checkpointStatus: JSON {
        guard let checkpointer, checkpointer.savedSeq > 0 else { return .null }
        return .object([
            .init("seq", .int(checkpointer.savedSeq)), .init("bytes", .int(checkpointer.thread.store.byteCount)),
        ])
    }

    /// The numbers behind `/metrics`, as pairs of a Prometheus sample's name with labels and its value.
    var metrics: JSON {
        var samples: [JSON.Member] = [
            .init("tenure_log_seq", .int(log.lastSeq)),
            .init("tenure_log_bytes", logStatus["bytes"] ?? .null),
            .init("tenure_checkpoint_seq", .int(checkpointer?.savedSeq ?? 0)),
            .init("tenure_checkpoint_bytes", .int(checkpointer?.thread.store.byteCount ?? 0)),
            .init("tenure_companies", .int(portraits.companyCount)),
            .init("tenure_users", .int(names.count(.user))),
            .init("tenure_events_accepted_total", .int(counters.accepted)),
            .init("tenure_events_duplicate_total", .int(counters.duplicates)),
            .init("tenure_commits_total", .int(counters.commits)),
            .init("tenure_looks_total", .int(counters.looks)),
        ]
        for error in LineError.allCases {
            samples.append(
                .init(
                    "tenure_events_rejected_total{code=\"\(error.code)\"}",
                    .int(counters.refused[Int(error.rawValue)])))
        }
        for source in watch.sources {
            samples.append(
                .init(
                    "tenure_source_silent{source=\"\(source.flag.source)\"}", .int(source.silence == nil ? 0 : 1)))
        }
        for rule in desk.rules.flags {
            samples.append(
                .init("tenure_flags_open{rule=\"\(rule.name)\"}", .int(desk.book.counts(ofRule: rule.name).open)))
        }
        return .object(samples)
    }
}
