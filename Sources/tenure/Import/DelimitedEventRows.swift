import UsageModel

/// A CSV or TSV file as event lines in JSON's short form.
struct DelimitedEventRows: EventRows {
    private let source: ByteSource
    private var rows: DelimitedRows
    private var writer: DelimitedEventWriter
    private var columnsAreKnown: Bool
    private var skipsHeader: Bool
    private var input: [UInt8] = []
    private var isAtEnd = false

    /// - Parameters:
    ///   - columns: what the columns mean; nil: the first row says it.
    ///   - hasHeader: the first row is a header although `columns` are given; it is left out.
    ///   - identity: gives ids to rows without one.
    ///   - skipping: this many rows are left out; they keep their numbers.
    init(
        source: ByteSource, dialect: DelimitedRows.Dialect, columns: ImportColumns?, hasHeader: Bool,
        identity: RowIdentity?, skipping: Int
    ) {
        self.source = source
        rows = DelimitedRows(dialect)
        columnsAreKnown = columns != nil
        skipsHeader = columns != nil && hasHeader
        writer = DelimitedEventWriter(
            columns: columns ?? ImportColumns(), identity: identity, skipping: skipping)
    }

    mutating func next(into batch: inout RowBatch) throws -> Bool {
        guard !isAtEnd else { return false }
        input.removeAll(keepingCapacity: true)
        isAtEnd = !(try source.read(into: &input))
        var writer = writer
        var columnsAreKnown = columnsAreKnown
        var skipsHeader = skipsHeader
        let take: (DelimitedRow?, Int) throws -> Void = { row, line in
            if skipsHeader {
                skipsHeader = false
            } else if columnsAreKnown {
                writer.write(row, line: line, into: &batch)
            } else {
                writer.columns = try ImportColumns(header: row?.texts ?? [])
                columnsAreKnown = true
            }
        }
        if isAtEnd { try rows.finish(take) } else { try rows.read(input, take) }
        self.writer = writer
        self.columnsAreKnown = columnsAreKnown
        self.skipsHeader = skipsHeader
        return true
    }
}

/// Writes a row's fields as one JSON line.
struct DelimitedEventWriter {
    var columns: ImportColumns
    let identity: RowIdentity?
    let skipping: Int
    private var rowNumber = 0

    init(columns: ImportColumns, identity: RowIdentity?, skipping: Int) {
        self.columns = columns
        self.identity = identity
        self.skipping = skipping
    }

    /// Adds `row` to `batch`, or a refusal; nil stands for a row that could not be cut.
    mutating func write(_ row: DelimitedRow?, line: Int, into batch: inout RowBatch) {
        rowNumber += 1
        guard rowNumber > skipping else { return }
        guard let row else {
            batch.refusals.append(
                Refusal(
                    line: line, code: "bad_line",
                    detail: "a row is longer than \(DelimitedRows.rowByteLimit) bytes or ends inside a quoted field; "
                        + "is a closing quote missing?"))
            return
        }
        guard row.count == columns.meanings.count else {
            batch.refusals.append(
                Refusal(
                    line: line, code: "bad_line",
                    detail: "the row has \(row.count) columns, expected \(columns.meanings.count)"))
            return
        }
        append(row, to: &batch.bytes)
        batch.places.append(line)
    }

    private func append(_ row: DelimitedRow, to bytes: inout [UInt8]) {
        var separator = UInt8(ascii: "{")
        func name(_ name: String) {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            JSON.write(string: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
        }
        var hasID = false
        var hasProperties = false
        for (index, meaning) in columns.meanings.enumerated() {
            guard case .field(let field) = meaning else {
                if case .property = meaning, !row[index].isEmpty { hasProperties = true }
                continue
            }
            let value = row[index]
            guard !value.isEmpty else { continue }
            if field == "id" { hasID = true }
            name(field)
            Self.append(value, asNumber: ["time", "amount", "count"].contains(field), to: &bytes)
        }
        if !hasID, let identity {
            name("id")
            JSON.write(string: identity.id(ofRow: rowNumber), to: &bytes)
        }
        if hasProperties {
            name("props")
            appendProperties(row, to: &bytes)
        }
        if separator == UInt8(ascii: "{") { bytes.append(separator) }
        bytes.append(contentsOf: [UInt8(ascii: "}"), UInt8(ascii: "\n")])
    }

    private func appendProperties(_ row: DelimitedRow, to bytes: inout [UInt8]) {
        var separator = UInt8(ascii: "{")
        for (index, meaning) in columns.meanings.enumerated() {
            guard case .property(let name) = meaning, !row[index].isEmpty else { continue }
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            JSON.write(string: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            Self.append(row[index], asNumber: false, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// A number where one is expected and the text is one in JSON's grammar; else a string, which the
    /// daemon refuses by name where it needs a number.
    private static func append(_ value: ArraySlice<UInt8>, asNumber: Bool, to bytes: inout [UInt8]) {
        if asNumber, value.withUnsafeBytes({ isNumber($0) }) {
            bytes.append(contentsOf: value)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in value { JSON.writeEscaped(byte, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        if case .number = try? JSON.parse(text) { true } else { false }
    }
}
