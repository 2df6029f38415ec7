import EventLog
import Portraits
import Rules
import UsageModel
import WireFormat

/// How the daemon itself is doing.
extension Writer {
    var status: JSON {
        let book = desk.book
        return .object([
            .init("state", .string("ready")),
            .init("clock", .string(portraits.settings.clock.rawValue)),
            .init("now", .string(queryNow.rfc3339)),
            .init("clock_complaint", .optional(clock.state.complaint)),
            .init("seq", .int(lastSeq)),
            .init("companies", .int(portraits.companyCount)),
            .init("users", .int(names.count(.user))),
            .init("tasks", .int(names.count(.task))),
            .init("events", .int(counters.logged)),
            .init("duplicates", .int(counters.lines.duplicates)),
            .init("conflicts", .int(counters.lines.refused(.conflict))),
            .init("rejects", .int(rejects.count)),
            .init("lines", linesStatus),
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
        ])
    }

    /// The status with the digest of a state that ends with a block.
    func statusOfBlocks() throws(QuestionError) -> JSON {
        let digest = try digestOfBlocks().digest.value.description
        return .object((status.members ?? []) + [.init("digest", .string(digest))])
    }

    private var logStatus: JSON {
        let statistics = try? log.statistics()
        return .object([
            .init("directory", .string(configuration.stateDirectory)),
            .init("segments", .optional(statistics?.segments)),
            .init("bytes", statistics.map { .int($0.bytes) } ?? .null),
            .init("last_commit", (commits.durableLogTime?.rfc3339).map(JSON.string) ?? .null),
            .init("is_full", .bool(isDiskFull)),
            .init(
                "available_bytes",
                FileSystemRoom(at: configuration.stateDirectory).map { .int($0.availableBytes) } ?? .null),
            .init("reserve_bytes", .int(configuration.log.reserveBytes)),
        ])
    }

    private var checkpointStatus: JSON {
        guard let checkpointer, checkpointer.savedSeq > 0 else { return .null }
        return .object([
            .init("seq", .int(checkpointer.savedSeq)), .init("bytes", .int(checkpointer.thread.store.byteCount)),
        ])
    }

    /// Since the start, unlike what is said of the log.
    private var linesStatus: JSON {
        let codes = LineError.allCases.filter { counters.lines.refused($0) > 0 }
        return .object([
            .init("accepted", .int(counters.lines.accepted)), .init("duplicate", .int(counters.lines.duplicates)),
            .init("refused", .object(codes.map { .init($0.code, .int(counters.lines.refused($0))) })),
        ])
    }
}
