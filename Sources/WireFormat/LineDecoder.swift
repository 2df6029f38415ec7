public import UsageModel

/// Bytes of one sender → lines. Pure: it reads no clock and does no I/O. One for each connection; not
/// shared between threads.
///
/// Each line is a JSON object, a point of line protocol, or a control comment; formats may mix. Rows
/// refer to their batch's bytes, into which each line is copied once, so that decoding allocates
/// nothing once the batch has grown. A malformed line becomes one row that says why; its neighbours
/// are unaffected. Blank lines and comments become nothing.
public struct LineDecoder {
    public let limits: DecoderLimits
    private var framer: LineFramer
    private var grammar = LineProtocolGrammar()
    private var sink: EventLineSink
    private let table = JSONLineTable()

    public init(limits: DecoderLimits = DecoderLimits(), precision: TimestampPrecision = .ns) {
        self.limits = limits
        framer = LineFramer(lineBytes: limits.lineBytes)
        sink = EventLineSink(limits: limits, precision: precision)
    }

    /// A quoted string of line protocol was opened and not closed, and a newline stands behind it: the
    /// lines that follow wait for its end. After a silence the caller gives it up.
    public var isInOpenString: Bool { framer.isInOpenString }

    /// Decodes the complete lines of `input` into `batch`, until `maximumLines` rows were added.
    ///
    /// `input` is everything received so far that was not consumed. Returns how many bytes were
    /// consumed; the rest must be passed again with more behind it. What the decoder has seen of an
    /// unfinished line it does not scan again, so one byte at a time costs O(1) each. At most
    /// `lineBytes` bytes and one read stay unconsumed.
    ///
    /// `atEnd`: nothing more will come, so the last line needs no newline. `giveUpOpenString`: the
    /// sender has been silent inside an open string, which is refused; decoding resumes behind its
    /// first newline.
    public mutating func decode(
        _ input: UnsafeRawBufferPointer, into batch: inout LineBatch, atEnd: Bool, maximumLines: Int,
        giveUpOpenString: Bool = false
    ) -> Int {
        let lineLimit = batch.lines.count + maximumLines
        var start = 0
        while batch.lines.count < lineLimit,
            let frame = framer.next(input, from: start, atEnd: atEnd, givesUpOpenString: giveUpOpenString)
        {
            start = decode(frame, from: start, in: input, into: &batch)
        }
        return start
    }

    /// Decodes one JSON object, a line's or one element of a body, into one row of `batch`. `type` is what it
    /// is where it does not say so itself.
    public func decodeObject(
        _ object: UnsafeRawBufferPointer, type: RecordKind = .track, into batch: inout LineBatch
    ) {
        guard object.count <= limits.lineBytes else {
            refuse(.tooLong(limits.lineBytes), kept(object), into: &batch)
            return
        }
        var reader = JSONLineReader(object, type: type, limits: limits, table: table)
        let text = batch.add(line: object)
        do throws(LineRefusal) {
            try reader.scan()
            read(&reader, object, at: text, into: &batch)
        } catch {
            batch.lines.append(refused(error, object, at: text, in: &batch))
        }
    }

    /// Decodes the JSON value that begins at `offset` of `body` into one row of `batch`, in the pass that finds its
    /// end.
    ///
    /// - Returns: where the value ends. Throws where the body is no JSON; a value that is JSON and no event is refused
    ///   alone, be it nested as deep as `depthLimit`.
    public func decodeValue(
        of body: UnsafeRawBufferPointer, at offset: Int, depthLimit: Int, into batch: inout LineBatch
    ) throws(JSONError) -> Int {
        let rest = body.slice(offset..<body.count)
        var reader = JSONLineReader(rest, type: .track, limits: limits, table: table)
        guard let end = try? reader.scanObject() else {
            var scanner = JSONScanner(rest, depthLimit: depthLimit)
            do throws(JSONError) {
                _ = try scanner.skipValue(depth: 0)
            } catch {
                throw JSONError(error.reason, at: error.offset + offset)
            }
            // It says what is wrong with the value.
            decodeObject(rest.slice(0..<scanner.offset), into: &batch)
            return offset + scanner.offset
        }
        let object = rest.slice(0..<end)
        if end > limits.lineBytes {
            refuse(.tooLong(limits.lineBytes), kept(object), into: &batch)
        } else {
            let text = batch.add(line: object)
            read(&reader, object, at: text, into: &batch)
        }
        return offset + end
    }

    /// Makes a row of the object that `reader` has scanned and that stands at `text` in the batch.
    private func read(
        _ reader: inout JSONLineReader, _ object: UnsafeRawBufferPointer, at text: ByteRange,
        into batch: inout LineBatch
    ) {
        let bytesBefore = batch.bytes.count
        do throws(LineRefusal) {
            var line = Line(kind: .record)
            line.text = text
            try reader.read(into: &line, &batch)
            batch.lines.append(line)
        } catch {
            batch.bytes.removeLast(batch.bytes.count - bytesBefore)
            batch.lines.append(refused(error, object, at: text, in: &batch))
        }
    }

    /// Decodes one frame, or asks for a longer one. Returns where to go on.
    private mutating func decode(
        _ frame: LineFramer.Frame, from start: Int, in input: UnsafeRawBufferPointer, into batch: inout LineBatch
    ) -> Int {
        let line = input.slice(start..<frame.end)
        switch frame.kind {
        case .skipped: return frame.next
        case .tooLong:
            refuse(.tooLong(limits.lineBytes), kept(line), into: &batch)
            return frame.next
        case .stringLeftOpen:
            refuse(.stringLeftOpen, line, into: &batch)
            return frame.next
        case .line: break
        }
        switch LineStart(line) {
        case .blank: return frame.next
        case .comment(let offset):
            decodeComment(line, from: offset, into: &batch)
            return frame.next
        case .json:
            decodeObject(line, into: &batch)
            return frame.next
        case .point: return decodePoint(line, frame, from: start, in: input, into: &batch)
        }
    }

    private mutating func decodePoint(
        _ point: UnsafeRawBufferPointer, _ frame: LineFramer.Frame, from start: Int, in input: UnsafeRawBufferPointer,
        into batch: inout LineBatch
    ) -> Int {
        let bytesBefore = batch.bytes.count
        let text = batch.add(line: point)
        sink.begin(point, at: Int(text.offset))
        do throws(LineRefusal) {
            switch try grammar.parse(point, readable: input.count - start, into: &sink) {
            case .point:
                try sink.end(&batch)
                return frame.next
            case .openString:
                guard framer.extend(frame, from: start) else { throw .stringLeftOpen }
                batch.bytes.removeLast(batch.bytes.count - bytesBefore)
                return start
            }
        } catch {
            batch.bytes.removeLast(batch.bytes.count - bytesBefore)
            refuse(error, input.slice(start..<frame.firstEnd), into: &batch)
            return frame.firstNext
        }
    }

    // MARK: Comments

    /// `#!hello NAME`, `#!sync TAG` and `#!ping` mean something; any other comment does not.
    private func decodeComment(_ line: UnsafeRawBufferPointer, from start: Int, into batch: inout LineBatch) {
        if let refusal = LineRefusal.comment(line, from: start) {
            refuse(refusal, line, into: &batch)
            return
        }
        let comment = line[(start + 1)...]
        guard comment.first == UInt8(ascii: "!") else { return }
        let words = comment.dropFirst()
        let verb = UnsafeRawBufferPointer(rebasing: words.prefix { !$0.isBlank })
        let argument = UnsafeRawBufferPointer(rebasing: words.dropFirst(verb.count).trimmed)
        let kind: LineKind
        if verb.isEqual(to: "hello") {
            kind = .hello
        } else if verb.isEqual(to: "sync") {
            kind = .sync
        } else if verb.isEqual(to: "ping") {
            kind = .ping
        } else {
            return
        }
        if kind == .hello, argument.isEmpty {
            refuse(LineRefusal(.badLine, "#!hello needs the producer's name", at: line.count), line, into: &batch)
        } else if UTF8Text.firstFault(in: argument) != nil {
            refuse(LineRefusal(.badUTF8, "invalid UTF-8 in a comment of ours", at: start), line, into: &batch)
        } else if argument.count > limits.nameBytes {
            let refusal = LineRefusal(limit: limits.nameBytes, .limit, "a name is too long in bytes", at: start)
            refuse(refusal, line, into: &batch)
        } else {
            var row = Line(kind: kind)
            row.text = batch.add(line: line)
            let range = batch.add(line: argument)
            if kind == .hello { row.producer = range } else { row.id = range }
            batch.lines.append(row)
        }
    }

    // MARK: Refusals

    /// The beginning of a line that is too long to be kept whole; never more than is there when its
    /// length first shows, so that it is the same however the bytes arrive.
    private func kept(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: line.prefix(min(DecoderLimits.keptOfLongLineBytes, limits.lineBytes)))
    }

    private func refuse(_ refusal: LineRefusal, _ line: UnsafeRawBufferPointer, into batch: inout LineBatch) {
        let text = batch.add(line: line)
        batch.lines.append(refused(refusal, line, at: text, in: &batch))
    }

    private func refused(
        _ refusal: LineRefusal, _ line: UnsafeRawBufferPointer, at text: ByteRange, in batch: inout LineBatch
    ) -> Line {
        var row = Line(kind: .refused)
        row.error = refusal.code
        row.text = text
        let detail = Array(refusal.detail(in: line).utf8)
        row.detail = ByteRange(offset: batch.bytes.count, count: detail.count)
        batch.bytes.append(contentsOf: detail)
        return row
    }
}

extension LineBatch {
    fileprivate mutating func add(line: UnsafeRawBufferPointer) -> ByteRange {
        let range = ByteRange(offset: bytes.count, count: line.count)
        bytes.append(contentsOf: line)
        return range
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Without blanks at both ends.
    fileprivate var trimmed: Slice<UnsafeRawBufferPointer> {
        var slice = drop { $0.isBlank }
        while let last = slice.last, last.isBlank { slice = slice.dropLast() }
        return slice
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
    }
}
