import ArgumentParser
import UsageModel
import WireFormat

/// `tenure import`.
struct ImportCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case ndjson, line, csv, tsv }

    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring a file of events in: JSON lines, line protocol, CSV or TSV, also packed with gzip.",
        discussion: Help.text(
            "tenure import --format tsv --columns time,company,user,task,id events.tsv.gz",
            "tenure import --format csv export.csv --dry-run",
            "tenure import --format ndjson events.ndjson",
            words: """
                Rows that are refused are reported with their line, all others count. At the end a sync makes \
                sure that everything is durable and that flags are evaluated.

                An import can be repeated: events of a file that have no id get one from the file's content and \
                their place in it, so what was taken before is a duplicate. Standard input can be read only once; \
                there events without an id count each time (--skip leaves out what was taken).
                """))

    @OptionGroup var shared: SharedOptions

    @Option(help: "The file's format.")
    var format: Format

    @Option(
        help: ArgumentHelp(
            "What the columns of CSV and TSV mean: time, company, user, task, id, amount, unit, count, source, "
                + "props.NAME, or - to leave one out. Without it the first row names them.",
            valueName: "names"))
    var columns: String?

    @Flag(help: "The first row is a header although --columns is given; leave it out.")
    var header = false

    @Option(help: ArgumentHelp("Leave out the first rows.", valueName: "rows"))
    var skip = 0

    @Flag(help: "Decode and report; send nothing, need no daemon.")
    var dryRun = false

    @Argument(help: "The file, or - for standard input.")
    var file: String

    func validate() throws {
        if skip < 0 { throw ValidationError("--skip must be 0 or more") }
        if columns != nil || header, format != .csv, format != .tsv {
            throw ValidationError("--columns and --header belong to --format csv and tsv")
        }
    }

    func run() throws {
        let columns = try columns.map { try ImportColumns(option: $0) }
        // Before the file is read: a daemon that is away should be heard of at once.
        let address = dryRun ? nil : try shared.socketAddress()
        let source = try ByteSource(path: file)
        let identity = try source.contentHash().map { RowIdentity(content: $0) }
        switch format {
        case .csv, .tsv:
            var rows = DelimitedEventRows(
                source: source, dialect: format == .csv ? .csv : .tsv, columns: columns, hasHeader: header,
                identity: identity, skipping: skip)
            try run(&rows, source, address)
        case .ndjson, .line:
            var rows = LineEventRows(source: source, identity: identity, skipping: skip)
            try run(&rows, source, address)
        }
    }

    private func run(_ rows: inout some EventRows, _ source: ByteSource, _ address: SocketAddress?) throws {
        if let address {
            try ImportRun(address: address, source: source, form: shared.outputForm).run(&rows)
        } else {
            try DryRun(source: source, form: shared.outputForm).run(&rows)
        }
    }
}
