/// One row of a delimited file: its fields one behind the other.
struct DelimitedRow: Equatable, Sendable {
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { ends.count }
    var isEmpty: Bool { ends.isEmpty && bytes.isEmpty }

    /// The bytes of a field as they were, so that broken UTF-8 reaches the daemon and is refused there by name.
    subscript(index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

    var texts: [String] { ends.indices.map { String(decoding: self[$0], as: UTF8.self) } }

    fileprivate mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    fileprivate mutating func append(_ byte: UInt8) { bytes.append(byte) }

    fileprivate mutating func endField() { ends.append(bytes.count) }

    fileprivate var openField: ArraySlice<UInt8> { bytes[(ends.last ?? 0)...] }

    fileprivate mutating func dropLastByte() { bytes.removeLast() }

    fileprivate mutating func replaceLastByte(with byte: UInt8) { bytes[bytes.count - 1] = byte }
}

/// Cuts CSV (RFC 4180) or TSV bytes into rows of fields, however they arrive.
///
/// CSV: fields may be quoted, with quotes doubled, and then hold commas and line breaks. TSV: tabs
/// and line ends separate and nothing quotes; `\t`, `\n`, `\r` and `\\` stand for those characters.
struct DelimitedRows {
    enum Dialect: Sendable { case csv, tsv }

    /// A row beyond this is one that a missing quote made: it is refused, not held in memory.
    static let rowByteLimit = 1 << 20

    private enum State { case fieldStart, plain, escaped, quoted, quoteInQuoted, skipping }

    private let dialect: Dialect
    private let separator: UInt8
    private var state = State.fieldStart
    private var row = DelimitedRow()
    private var rowByteCount = 0
    /// Of the byte being read, from 1.
    private var line = 1
    private var rowLine = 1

    init(_ dialect: Dialect) {
        self.dialect = dialect
        separator = dialect == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t")
    }

    /// Calls `body` with every row that `bytes` complete and the number of its first line; with nil for
    /// one that is too long. Empty lines are skipped.
    mutating func read(_ bytes: [UInt8], _ body: (DelimitedRow?, Int) throws -> Void) rethrows {
        for byte in bytes {
            try take(byte, body)
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
    }

    /// The bytes have ended: a last row without a newline counts; one inside an open quote is nil.
    mutating func finish(_ body: (DelimitedRow?, Int) throws -> Void) rethrows {
        if state == .quoted {
            try body(nil, rowLine)
        } else if state != .skipping, !row.isEmpty || state == .quoteInQuoted {
            try endRow(body)
        }
        startRow()
    }

    private mutating func take(_ byte: UInt8, _ body: (DelimitedRow?, Int) throws -> Void) rethrows {
        rowByteCount += 1
        if rowByteCount > Self.rowByteLimit, state != .skipping {
            state = .skipping
            try body(nil, rowLine)
        }
        switch state {
        case .skipping:
            if byte == UInt8(ascii: "\n") { startRow() }
        case .quoted:
            if byte == UInt8(ascii: "\"") { state = .quoteInQuoted } else { row.append(byte) }
        case .quoteInQuoted where byte == UInt8(ascii: "\""):
            row.append(byte)
            state = .quoted
        case .escaped where Self.escapes[byte] != nil:
            row.replaceLastByte(with: Self.escapes[byte] ?? byte)
            state = .plain
        case .fieldStart where byte == UInt8(ascii: "\"") && dialect == .csv:
            state = .quoted
        case .fieldStart, .plain, .escaped, .quoteInQuoted:
            try takePlain(byte, body)
        }
    }

    /// What a backslash and this byte stand for in TSV.
    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "t"): UInt8(ascii: "\t"), UInt8(ascii: "n"): UInt8(ascii: "\n"),
        UInt8(ascii: "r"): UInt8(ascii: "\r"), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]

    private mutating func takePlain(_ byte: UInt8, _ body: (DelimitedRow?, Int) throws -> Void) rethrows {
        switch byte {
        case separator:
            row.endField()
            state = .fieldStart
        case UInt8(ascii: "\n"):
            // A quoted field's own carriage return stays; one before the line feed belongs to the line end.
            if state != .quoteInQuoted, row.openField.last == UInt8(ascii: "\r") { row.dropLastByte() }
            if row.isEmpty, state != .quoteInQuoted { startRow() } else { try endRow(body) }
        case UInt8(ascii: "\r") where state == .quoteInQuoted:
            break
        case UInt8(ascii: "\\") where dialect == .tsv:
            row.append(byte)
            state = .escaped
        default:
            row.append(byte)
            state = .plain
        }
    }

    private mutating func endRow(_ body: (DelimitedRow?, Int) throws -> Void) rethrows {
        row.endField()
        defer { startRow() }
        try body(row, rowLine)
    }

    private mutating func startRow() {
        row.removeAll()
        rowByteCount = 0
        state = .fieldStart
        rowLine = line + 1
    }
}
