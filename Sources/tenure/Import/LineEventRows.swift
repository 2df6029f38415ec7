import UsageModel
import WireFormat

/// A file of JSON lines or line protocol as event lines.
///
/// Lines are cut by the daemon's own decoder, so a quoted string with a newline in it stays whole. What
/// it cannot read is refused here and not sent: without its end it could swallow its neighbour.
struct LineEventRows: EventRows {
    private let source: ByteSource
    private let identity: RowIdentity?
    private let skipping: Int
    private var decoder = LineDecoder(limits: cuttingLimits)
    private var batch = LineBatch()
    private var input: [UInt8] = []
    private var isAtEnd = false
    private var rowNumber = 0
    /// Newlines before `input`.
    private var linesBefore = 0

    /// As long as the daemon's lines, and lenient in all else, where the daemon's own configuration decides.
    static let cuttingLimits = DecoderLimits(
        lineBytes: DecoderLimits().lineBytes, nameBytes: DecoderLimits().lineBytes,
        propsBytes: DecoderLimits().lineBytes, jsonDepth: 128)

    /// - Parameters:
    ///   - identity: gives ids to events without one.
    ///   - skipping: this many event lines are left out; they keep their numbers.
    init(source: ByteSource, identity: RowIdentity?, skipping: Int) {
        self.source = source
        self.identity = identity
        self.skipping = skipping
    }

    mutating func next(into rows: inout RowBatch) throws -> Bool {
        guard !isAtEnd else { return false }
        isAtEnd = !(try source.read(into: &input))
        var start = 0
        // One line at a time, since what it consumed says where in the file it stood.
        while true {
            batch.removeAll()
            let end = isAtEnd
            let consumed = input.withUnsafeBytes {
                decoder.decode(
                    UnsafeRawBufferPointer(rebasing: $0[start...]), into: &batch, atEnd: end, maximumLines: 1)
            }
            let newlines = Self.newlines(in: input[start..<(start + consumed)])
            if let line = batch.lines.first {
                let endsLine = consumed > 0 && input[start + consumed - 1] == UInt8(ascii: "\n")
                let inside = Self.newlines(in: batch.bytes[line.text.indices]) + (endsLine ? 1 : 0)
                add(
                    line, fileLine: linesBefore + max(0, newlines - inside) + 1, raw: input[start..<(start + consumed)],
                    to: &rows)
            }
            linesBefore += newlines
            start += consumed
            if consumed == 0 || start == input.count { break }
        }
        input.removeFirst(start)
        return true
    }

    private static func newlines(in bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 == UInt8(ascii: "\n") } }

    private mutating func add(_ line: Line, fileLine: Int, raw: ArraySlice<UInt8>, to rows: inout RowBatch) {
        switch line.kind {
        case .sync, .ping:
            // Requests of the connection that the file was recorded from, and none of ours.
            return
        case .hello:
            rows.bytes.append(contentsOf: batch.bytes[line.text.indices])
            rows.bytes.append(UInt8(ascii: "\n"))
            return
        case .refused:
            rowNumber += 1
            guard rowNumber > skipping else { return }
            rows.refusals.append(
                Refusal(line: fileLine, code: line.error.code, detail: batch.text(line.detail)))
        case .record:
            rowNumber += 1
            guard rowNumber > skipping else { return }
            rows.places.append(fileLine)
            let text = batch.bytes[line.text.indices]
            if line.id.isEmpty, let identity {
                IdentifiedLine.write(text, id: identity.id(ofRow: rowNumber), time: nil, to: &rows.bytes)
            } else {
                rows.bytes.append(contentsOf: text)
            }
            rows.bytes.append(UInt8(ascii: "\n"))
        }
    }
}

/// A valid event line with an id put into it, and a time.
enum IdentifiedLine {
    /// Segment's calls name the id `messageId`.
    private static let segmentTypes: Set = ["track", "page", "screen", "identify", "group", "alias"]

    /// `id` and `time` where the line has none; only objects take a time.
    static func write(_ line: ArraySlice<UInt8>, id: String?, time: Timestamp?, to bytes: inout [UInt8]) {
        guard let first = line.firstIndex(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else {
            return
        }
        if line[first] == UInt8(ascii: "{") {
            writeObject(line, brace: first, id: id, time: time, to: &bytes)
        } else if let id {
            writePoint(line, id: id, to: &bytes)
        } else {
            bytes.append(contentsOf: line)
        }
    }

    private static func writeObject(
        _ line: ArraySlice<UInt8>, brace: Int, id: String?, time: Timestamp?, to bytes: inout [UInt8]
    ) {
        let parsed = line.withUnsafeBytes { try? JSON.parse($0) }
        let isSegment = segmentTypes.contains(parsed?["type"]?.stringValue ?? "")
        let id = id.map { (isSegment ? "messageId" : "id", $0) }
        let time = time.map { (isSegment ? "timestamp" : "time", $0.rfc3339) }
        bytes.append(contentsOf: line[...brace])
        // Before its own members, of which a valid line has at least one.
        for (name, value) in [id, time].compactMap({ $0 }) {
            JSON.write(string: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSON.write(string: value, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.append(contentsOf: line[(brace + 1)...])
    }

    /// As a tag right behind the measurement, which ends at the first comma or space that no backslash escapes.
    private static func writePoint(_ line: ArraySlice<UInt8>, id: String, to bytes: inout [UInt8]) {
        var index = line.startIndex
        while index < line.endIndex, line[index] != UInt8(ascii: ","), line[index] != UInt8(ascii: " ") {
            index += line[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index, line.endIndex)
        bytes.append(contentsOf: line[..<index])
        bytes.append(contentsOf: ",id=\(id)".utf8)
        bytes.append(contentsOf: line[index...])
    }
}
