import EventLog
import Portraits
import Rules
import UsageModel
import WireFormat

/// The numbers behind `/metrics`. Built by the writer between two lines, in time that grows with the
/// companies: some milliseconds for 100,000 of them.
extension Writer {
    var metrics: [MetricFamily] { lineMetrics + commitMetrics + logMetrics + stateMetrics + ruleMetrics }

    private var lineMetrics: [MetricFamily] {
        var accepted = MetricFamily(
            "tenure_events_accepted_total", .counter, "Lines taken into the log since the start, by source.")
        var duplicates = MetricFamily(
            "tenure_events_duplicate_total", .counter, "Lines recognised as resent since the start, by source.")
        var rejected = MetricFamily(
            "tenure_events_rejected_total", .counter, "Lines refused since the start, by source and code.")
        for (place, row) in counters.lines.rows.enumerated() {
            let source = place == LineTally.besides ? "(others)" : row.source.isNone ? "" : names.name(row.source)
            let isSeen = row.accepted + row.duplicates > 0 || row.refused.contains { $0 > 0 }
            guard isSeen || source.isEmpty else { continue }
            accepted.add(row.accepted, ("source", source))
            duplicates.add(row.duplicates, ("source", source))
            for error in LineError.allCases {
                let count = row.refused[Int(error.rawValue)]
                // Without a source every code is there from the start, so that an increase can be seen.
                guard count > 0 || source.isEmpty else { continue }
                rejected.add(count, ("source", source), ("code", error.code))
            }
        }
        return [accepted, duplicates, rejected]
    }

    private var commitMetrics: [MetricFamily] {
        [
            MetricFamily(
                "tenure_commit_duration_seconds", "Time to make one block durable.", commits.tally.durations),
            MetricFamily("tenure_commit_records", "Records that became durable together.", commits.tally.records),
        ]
    }

    private var logMetrics: [MetricFamily] {
        let statistics = try? log.statistics()
        return [
            MetricFamily("tenure_log_seq", .gauge, "Sequence number of the log's last record.", lastSeq),
            MetricFamily("tenure_log_bytes", .gauge, "Bytes of the log's segments on disk.", statistics?.bytes ?? 0),
            MetricFamily("tenure_log_segments", .gauge, "Segments of the log.", statistics?.segments ?? 0),
            MetricFamily(
                "tenure_log_map_bytes", .gauge, "Address space that the growing segment is mapped into.",
                configuration.log.mapBytes),
            MetricFamily(
                "tenure_log_available_bytes", .gauge, "Free bytes of the file system that holds the log.",
                FileSystemRoom(at: configuration.stateDirectory)?.availableBytes ?? 0),
            MetricFamily(
                "tenure_log_reserve_bytes", .gauge, "Free bytes below which senders are held up (log.reserve).",
                configuration.log.reserveBytes),
            MetricFamily(
                "tenure_checkpoint_seq", .gauge, "Last record that a restart need not replay; 0 without a checkpoint.",
                checkpointer?.savedSeq ?? 0),
            MetricFamily(
                "tenure_checkpoint_timestamp_seconds", .gauge,
                "When the checkpoint was written; its age is time() less this. 0 without a checkpoint.",
                checkpointer?.thread.store.writtenAtSeconds ?? 0),
            MetricFamily(
                "tenure_checkpoint_bytes", .gauge, "Bytes of the checkpoint on disk.",
                checkpointer?.thread.store.byteCount ?? 0),
            MetricFamily("tenure_disk_full", .gauge, "1 while senders hear busy: disk.", isDiskFull ? 1 : 0),
            MetricFamily(
                "tenure_replay_seq", .gauge, "Sequence number through which the last start replayed the log.",
                recovery.seq),
            MetricFamily(
                "tenure_replay_duration_seconds", .gauge, "How long the last start replayed.",
                recovery.duration / .seconds(1)),
        ]
    }

    private var stateMetrics: [MetricFamily] {
        var stages = MetricFamily("tenure_companies", .gauge, "Companies by stage; without a stage, stage is empty.")
        var counts: [String: Int] = ["": 0]
        for stage in desk.rules.stages { counts[stage.name] = 0 }
        for company in portraits.companies() { counts[desk.book.stage(of: company)?.name ?? "", default: 0] += 1 }
        for (stage, count) in counts.sorted(by: { $0.key < $1.key }) { stages.add(count, ("stage", stage)) }
        return [
            stages,
            MetricFamily("tenure_users", .gauge, "User names known.", names.count(.user)),
            MetricFamily("tenure_tasks", .gauge, "Task names known.", names.count(.task)),
            MetricFamily(
                "tenure_clock_held", .gauge,
                "1 while the machine's clock is behind the log or has leapt, and is not believed.",
                clock.state == .steady ? 0 : 1),
        ]
    }

    private var ruleMetrics: [MetricFamily] {
        var open = MetricFamily("tenure_flags_open", .gauge, "Open flags by rule.")
        for rule in desk.rules.flags { open.add(desk.book.counts(ofRule: rule.name).open, ("rule", rule.name)) }
        var silent = MetricFamily("tenure_source_silent", .gauge, "1 while a source with a heartbeat is silent.")
        for source in watch.sources {
            silent.add(source.silence == nil ? 0 : 1, ("source", source.flag.source))
        }
        return [
            MetricFamily("tenure_looks_total", .counter, "Looks at a company's rules since the start.", counters.looks),
            open, silent,
        ]
    }

    /// A time series a company: only for who asks for it.
    var companyMetrics: [MetricFamily] {
        var events = MetricFamily("tenure_company_events_28d", .gauge, "Events in 28 days, by company.")
        var users = MetricFamily("tenure_company_active_users_28d", .gauge, "Active users in 28 days, by company.")
        var flags = MetricFamily("tenure_company_flags_open", .gauge, "Open flags, by company.")
        let companies = portraits.companies().prefix(Page.greatestLimit).map { (names.name($0), $0) }
        for (name, company) in companies.sorted(by: { $0.0 < $1.0 }) {
            guard let portrait = portraits.portrait(company) else { continue }
            let card = CompanyCard(writer: self, portrait: portrait)
            let window = Window(days: 28)
            events.add(card.value(.events(.all, window)).doubleValue ?? 0, ("company", name))
            users.add(card.value(.activeUsers(window)).doubleValue ?? 0, ("company", name))
            flags.add(desk.book.openFlags(of: company).count, ("company", name))
        }
        return [events, users, flags]
    }
}
