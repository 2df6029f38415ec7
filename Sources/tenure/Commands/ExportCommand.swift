import ArgumentParser
import UsageModel

/// `tenure export`.
struct ExportCommand: ParsableCommand {
    enum Subject: String, ExpressibleByArgument, CaseIterable { case events, companies, flags }
    enum Format: String, ExpressibleByArgument, CaseIterable { case ndjson, csv }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write everything out: events with the control records of senders, companies, or all flags.",
        discussion: Help.text(
            "tenure export events > events.ndjson",
            "tenure export companies --format csv > companies.csv"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "What to write.")
    var subject: Subject

    @Option(help: "In which format.")
    var format = Format.ndjson

    @Option(help: ArgumentHelp("Events only: begin at this seq.", valueName: "seq"))
    var from: UInt64?

    func validate() throws {
        if from != nil, subject != .events { throw ValidationError("--from belongs to `export events`") }
    }

    func run() throws {
        let connection = try shared.connect()
        var rows = ExportedRows(format: format, table: Self.table(subject))
        switch subject {
        case .events:
            let target = RequestTarget("v1", "events").with("from", from.map { String($0) })
            try connection.list(target, named: "events", limit: nil) { record in
                guard Self.senderKinds.contains(record["type"]?.stringValue ?? "") else { return }
                rows.add(format == .ndjson ? Self.asSent(record) : record)
            }
        case .companies:
            try connection.list(RequestTarget("v1", "companies"), named: "companies", limit: nil) { rows.add($0) }
        case .flags:
            let target = RequestTarget("v1", "flags").with("all", "1")
            try connection.list(target, named: "flags", limit: nil) { rows.add($0) }
        }
        rows.finish()
    }

    /// Records that senders wrote; rules, settings, zones and moves are the daemon's own.
    private static let senderKinds: Set = [
        "track", "page", "screen", "identify", "group", "alias", "leave", "outcome", "touch", "clock",
    ]

    /// A record as a sender would write it, so that an export can be imported elsewhere.
    private static func asSent(_ record: JSON) -> JSON {
        let type = record["type"]?.stringValue
        return .object(
            (record.members ?? []).map { member in
                switch (member.name, member.value) {
                // Answers write decimals as strings, events write them as numbers; the digits are the same.
                case ("amount", .string(let digits)): JSON.Member("amount", .number(digits))
                case ("previous_user", let user) where type == "alias": JSON.Member("previousId", user)
                default: member
                }
            })
    }

    private static func table(_ subject: Subject) -> ([JSON]) -> Table {
        switch subject {
        case .events: EventsTable.table
        case .companies: CompaniesTable.table
        case .flags: FlagsTable.table
        }
    }
}

/// The columns of exported events.
enum EventsTable {
    private static let names = [
        "seq", "type", "time", "company", "user", "task", "count", "amount", "unit", "id", "source", "props",
    ]

    static func table(_ events: [JSON]) -> Table {
        let rows = events.map { event in
            names.map { name in .text(event[name] ?? (name == "props" ? event["traits"] : nil)) as Cell }
        }
        return Table(columns: names.map { Column($0, $0.uppercased()) }, rows: rows)
    }
}

/// Rows on their way to standard output, some at a time, so that an export of any size fits in memory.
private struct ExportedRows {
    let format: ExportCommand.Format
    let table: ([JSON]) -> Table
    private var waiting: [JSON] = []
    private var hasBegun = false

    private static let rowsAtOnce = 512

    init(format: ExportCommand.Format, table: @escaping ([JSON]) -> Table) {
        self.format = format
        self.table = table
    }

    mutating func add(_ row: JSON) {
        waiting.append(row)
        if waiting.count == Self.rowsAtOnce { write() }
    }

    mutating func finish() { write() }

    private mutating func write() {
        switch format {
        case .ndjson:
            var bytes: [UInt8] = []
            for row in waiting {
                row.write(to: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            }
            bytes.withUnsafeBytes { StandardOutput.write($0) }
        case .csv:
            let table = table(waiting)
            StandardOutput.write((hasBegun ? "" : table.csvHeader) + table.csvRows)
            hasBegun = true
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
