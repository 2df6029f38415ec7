import ArgumentParser
import Engine
import EventLog
import UsageModel

/// `tenure verify [DIR]`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the log from end to end, and that replaying it gives the same state.",
        discussion: Help.text(
            "tenure verify",
            "tenure verify /backups/tenure-2026-11",
            words: """
                Without a directory the running daemon replays its log into scratch state beside its work and \
                compares digests. With one, the log of a stopped daemon is read: every checksum, the chain of \
                headers, names and tail; then it is replayed, and its checkpoint read. Exit code 1 when something is \
                wrong with the log; a checkpoint that cannot be used only makes the next start read all of it.
                """))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "State directory of a stopped daemon.")
    var directory: String?

    func run() throws {
        if let directory {
            try verify(directory)
        } else {
            try verifyDaemon()
        }
    }

    private func verifyDaemon() throws {
        var answer = JSON.null
        // Replaying a large log takes minutes, so the answer may be silent for as long as it likes.
        try shared.connect().stream(RequestTarget("v1", "verify"), timeoutSeconds: 0) { line in
            answer = try RecordSink.parse(line)
            return true
        }
        let isGood = answer.at("ok")?.boolValue == true
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal:
            if isGood {
                StandardOutput.write(
                    "good through seq \(Quantity.whole(answer.at("seq")?.intValue)), "
                        + "\(Quantity.whole(answer.at("companies")?.intValue)) companies, each alike, "
                        + "digest \(answer.at("digest")?.plainText ?? "")\n")
            }
        }
        guard isGood else {
            throw CommandError(
                .failed, "the state does not equal a replay of the log\(Self.difference(answer))",
                advice: "restart the daemon, which rebuilds the state from the log, and report this with both digests")
        }
    }

    /// Where the two differ: `: 3 companies (acme, bolt, cyan)`.
    private static func difference(_ answer: JSON) -> String {
        let count = answer.at("different_companies")?.intValue ?? 0
        guard count > 0 else { return " in what belongs to no company" }
        let names = (answer.at("different")?.arrayValue ?? []).compactMap(\.stringValue).map(PrintableText.escaping)
        let more = names.count < count ? ", …" : ""
        return
            ": \(Quantity.whole(count)) \(count == 1 ? "company" : "companies") (\(names.joined(separator: ", "))\(more))"
    }

    private func verify(_ directory: String) throws {
        let progress = ProgressLine()
        let watch = Stopwatch()
        do {
            let reader = try EventLogReader.open(directory: directory)
            let report = try reader.verify { state in
                progress.show(at: watch.seconds) { width in
                    let share = state.lastSeq > 0 ? Double(state.seq) / Double(state.lastSeq) : 1
                    return Progress(share: share, rows: Int(state.seq), refused: 0, seconds: watch.seconds).text(
                        width: width)
                }
                return true
            }
            progress.clear()
            let replay = report.problems.isEmpty ? try ReplayReport(of: reader) : nil
            let checkpoint = ReplayReport.checkpoint(of: directory, logID: report.logID)
            try finish(Verification(report: report, replay: replay, checkpoint: checkpoint))
        } catch let error as EventLogError {
            progress.clear()
            throw CommandError(Self.status(of: error), "\(error)")
        } catch let error as EngineError {
            throw CommandError(.failed, "\(error)")
        }
    }

    static func status(of error: EventLogError) -> ExitStatus {
        switch error {
        case .locked: .refused
        case .system(_, _, let code) where code == 2: .notFound
        default: .failed
        }
    }

    private func finish(_ verification: Verification) throws {
        StandardOutput.write(verification.text(shared.outputForm))
        let problems = verification.report.problems
        guard problems.isEmpty else {
            throw CommandError(
                .failed, "the log is damaged: \(Quantity.count(problems.count, "problem"))",
                advice: problems.map(\.description).joined(separator: "\n"))
        }
    }
}

/// What `tenure verify DIR` found.
struct Verification {
    let report: VerifyReport
    /// Nil when the log is damaged, since a replay would only stumble over the same place.
    let replay: ReplayReport?
    let checkpoint: CheckpointFinding

    var json: JSON {
        [
            "ok": .bool(report.problems.isEmpty), "log_id": .string(report.logID.description),
            "seq": .int(report.lastSeq), "records": .int(report.records), "segments": .int(report.segments),
            "blocks": .int(report.blocks), "bytes": .int(report.bytes), "names": .int(report.names),
            "companies": .optional(replay?.companies), "chain": .string(report.lastHash.description),
            "digest": .optional(replay?.digest.description), "checkpoint": checkpointJSON,
            "problems": .array(report.problems.map { .string($0.description) }),
        ]
    }

    func text(_ form: OutputForm) -> String {
        guard case .terminal(let width, let colour) = form else {
            return form == .json ? json.text + "\n" : json.tabSeparatedPaths
        }
        var page = Page(width: width, colour: colour)
        func entry(_ name: String, _ words: String) { page.entry(name, words, nameWidth: 12) }
        page.line([report.problems.isEmpty ? ("the log is whole", .good) : ("the log is damaged", .bad)])
        entry(
            "log",
            "\(Quantity.whole(Int(report.records))) records through seq \(Quantity.whole(Int(report.lastSeq))), "
                + "\(Quantity.whole(report.blocks)) blocks in \(Quantity.whole(report.segments)) segments, "
                + "\(Quantity.bytes(Int(report.bytes))), \(Quantity.whole(report.names)) names")
        entry("chain", report.lastHash.description)
        if let replay {
            entry("digest", "\(replay.digest) after replaying \(Quantity.whole(replay.companies)) companies")
        }
        switch checkpoint {
        case .none: break
        case .whole(let seq, let byteCount):
            entry("checkpoint", "whole, through seq \(Quantity.whole(Int(seq))), \(Quantity.bytes(Int(byteCount)))")
        case .unusable(let why): entry("checkpoint", "cannot be used (\(why))")
        }
        return page.text
    }

    private var checkpointJSON: JSON {
        switch checkpoint {
        case .none: .null
        case .whole(let seq, let byteCount): ["ok": .bool(true), "seq": .int(seq), "bytes": .int(byteCount)]
        case .unusable(let why): ["ok": .bool(false), "problem": .string(why)]
        }
    }
}
