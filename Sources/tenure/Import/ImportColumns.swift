/// What the columns of a CSV or TSV file mean.
struct ImportColumns: Equatable, Sendable {
    enum Meaning: Equatable, Sendable {
        /// A field of an event, by its name in the short form.
        case field(String)
        /// A member of `props`.
        case property(String)
        case ignored
    }

    static let fieldNames = ["time", "company", "user", "task", "id", "amount", "unit", "count", "source"]

    /// One for each column; empty until they are known.
    var meanings: [Meaning] = []

    init() {}

    /// From `--columns time,company,user,task,id`: the names of fields, `props.NAME`, or `-` for a column to leave out.
    init(option: String) throws {
        let names = option.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingPrefix { $0 == " " }
        }
        meanings = try names.map { name in
            if name == "-" || name.isEmpty { return .ignored }
            if Self.fieldNames.contains(String(name)) { return .field(String(name)) }
            if name.hasPrefix("props."), name.count > 6 { return .property(String(name.dropFirst(6))) }
            throw CommandError(
                .usage, "--columns: no column is called \"\(name)\"",
                advice: "columns are \(Self.fieldNames.joined(separator: ", ")), props.NAME, and - for one to leave out"
            )
        }
        try check("--columns")
    }

    /// From a header row: fields by their names, everything else becomes a prop, so nothing is lost.
    init(header: [String]) throws {
        meanings = header.map { name in
            if Self.fieldNames.contains(name.lowercased()) { return .field(name.lowercased()) }
            return name.isEmpty ? .ignored : .property(name)
        }
        try check("the header row")
    }

    private func check(_ place: String) throws {
        let fields = meanings.compactMap { if case .field(let name) = $0 { name } else { nil } }
        for field in Set(fields).sorted() where fields.count(where: { $0 == field }) > 1 {
            throw CommandError(.usage, "\(place): the column \"\(field)\" is named twice")
        }
        guard fields.contains("task") else {
            throw CommandError(
                .usage, "\(place) names no column \"task\", without which a row is no event",
                advice: "say what each column means with --columns, for example --columns time,company,user,task,id")
        }
    }
}
