import UsageModel
import WireFormat

/// Decodes a file as the daemon would and says what it found; sends nothing.
///
/// What only the daemon knows is not judged: whether a user without a company has one, whether an
/// event is a duplicate, whether a time lies too far ahead.
final class DryRun {
    private let source: ByteSource
    private let form: OutputForm
    private let progress = ProgressLine()
    private let watch = Stopwatch()
    private var decoder = LineDecoder()
    private var lines = LineBatch()
    private var report = DryRunReport()

    init(source: ByteSource, form: OutputForm) {
        self.source = source
        self.form = form
    }

    /// - Throws: `CommandError.partlyDone` when rows would be refused.
    func run(_ rows: inout some EventRows) throws {
        var batch = RowBatch()
        while try rows.next(into: &batch) {
            for refusal in batch.refusals { report.summary.add(refusal) }
            judge(batch)
            batch.removeAll()
            show()
        }
        progress.clear()
        report.summary.seconds = watch.seconds
        StandardOutput.write(report.text(form))
        report.summary.noteExamples(form)
        guard report.summary.refused == 0 else {
            throw CommandError(.partlyDone, "\(Quantity.count(report.summary.refused, "row")) would be refused")
        }
    }

    private func judge(_ batch: RowBatch) {
        lines.removeAll()
        _ = batch.bytes.withUnsafeBytes {
            decoder.decode($0, into: &lines, atEnd: true, maximumLines: .max)
        }
        var place = 0
        for line in lines.lines where line.kind == .record || line.kind == .refused {
            let fileLine = place < batch.places.count ? batch.places[place] : 0
            place += 1
            if line.kind == .refused {
                report.summary.add(
                    Refusal(line: fileLine, code: line.error.code, detail: lines.text(line.detail)))
            } else {
                report.add(line, in: lines)
            }
        }
    }

    private func show() {
        let seconds = watch.seconds
        progress.show(at: seconds) { width in
            let share = source.byteCount.map { $0 > 0 ? Double(source.position) / Double($0) : 1 }
            let rows = report.summary.sent + report.summary.refused
            return Progress(share: share, rows: rows, refused: report.summary.refused, seconds: seconds).text(
                width: width)
        }
    }
}

/// What a dry run found.
struct DryRunReport {
    /// `sent` counts the lines that would be.
    var summary = ImportSummary()
    private var companies: Set<String> = []
    private var users: Set<String> = []
    private var tasks: Set<String> = []
    private var least: Timestamp?
    private var greatest: Timestamp?
    private var withoutTime = 0
    private var withoutID = 0
    private var withoutCompany = 0

    mutating func add(_ line: Line, in batch: LineBatch) {
        summary.sent += 1
        if line.company.isEmpty { withoutCompany += 1 } else { companies.insert(batch.text(line.company)) }
        if !line.user.isEmpty { users.insert(batch.text(line.company) + "\u{0}" + batch.text(line.user)) }
        if !line.task.isEmpty { tasks.insert(batch.text(line.task)) }
        if line.id.isEmpty { withoutID += 1 }
        if line.hasTime {
            least = min(least ?? line.time, line.time)
            greatest = max(greatest ?? line.time, line.time)
        } else {
            withoutTime += 1
        }
    }

    private var json: JSON {
        [
            "events": .int(summary.sent), "refused": .int(summary.refused),
            "reasons": summary.json["reasons"] ?? .null, "companies": .int(companies.count),
            "users": .int(users.count), "tasks": .int(tasks.count), "first": .optional(least?.rfc3339),
            "last": .optional(greatest?.rfc3339), "without_time": .int(withoutTime),
            "without_id": .int(withoutID), "without_company": .int(withoutCompany),
        ]
    }

    func text(_ form: OutputForm) -> String {
        guard case .terminal(let width, let colour) = form else {
            return form == .json ? json.text + "\n" : json.tabSeparatedPaths
        }
        var page = Page(width: width, colour: colour)
        func entry(_ name: String, _ words: String) { page.entry(name, words, nameWidth: 10) }
        entry("good", Quantity.whole(summary.sent) + " events, not sent")
        entry("refused", Quantity.whole(summary.refused))
        for line in summary.reasonLines { page.paragraph(line.text, indent: line.indent, style: line.style) }
        entry("from", "\(Quantity.instant(least?.rfc3339)) to \(Quantity.instant(greatest?.rfc3339)) UTC")
        entry(
            "of",
            "\(Quantity.whole(companies.count)) companies, \(Quantity.whole(users.count)) users, "
                + "\(Quantity.whole(tasks.count)) tasks")
        if withoutTime > 0 { entry("no time", "\(Quantity.whole(withoutTime)) will be stamped on arrival") }
        if withoutCompany > 0 {
            entry(
                "no company", "\(Quantity.whole(withoutCompany)) count only where the user's group or e-mail names one")
        }
        if withoutID > 0 { entry("no id", "\(Quantity.whole(withoutID)) would count again if sent again") }
        return page.text
    }
}
