public import UsageModel

/// What is wrong with one point, and where in the text.
public struct LineProtocolError: Error, Sendable, Equatable {
    public var error: LineError
    /// Bytes from the beginning of the whole text.
    public var offset: Int
    public var detail: String

    /// The object that `tenure decode` prints.
    public var json: JSON {
        ["error": .string(error.code), "offset": .int(offset), "detail": .string(detail)]
    }
}

/// The points of a text, in order. It is resumable like the decoder of event lines, shares its grammar
/// and cuts the text by the same rules: a bad point ends at its first newline.
public struct LineProtocolReader {
    private var framer: LineFramer
    private var grammar = LineProtocolGrammar()
    private let precision: TimestampPrecision
    /// Bytes consumed by earlier calls, so that offsets count from the beginning of the whole text.
    private var consumedBefore = 0

    public init(precision: TimestampPrecision = .ns, limits: DecoderLimits = DecoderLimits()) {
        self.precision = precision
        framer = LineFramer(lineBytes: limits.lineBytes)
    }

    /// Reads complete points of `input`, which is everything received so far that was not consumed,
    /// and hands each to `body`. Returns how many bytes were consumed; the rest must be passed again
    /// with more behind it. O(length).
    public mutating func read(
        _ input: UnsafeRawBufferPointer, atEnd: Bool,
        _ body: (Result<LineProtocolPoint, LineProtocolError>) throws -> Void
    ) rethrows -> Int {
        var start = 0
        while let frame = framer.next(input, from: start, atEnd: atEnd, givesUpOpenString: false) {
            switch outcome(of: frame, from: start, in: input) {
            case .point(let point):
                start = frame.next
                try body(.success(point))
            case .refused(let refusal):
                let line = input.slice(start..<frame.firstEnd)
                let error = LineProtocolError(
                    error: refusal.code, offset: consumedBefore + start + refusal.offset,
                    detail: refusal.detail(in: line))
                start = frame.firstNext
                try body(.failure(error))
            case .nothing: start = frame.next
            case .unfinished: continue
            }
        }
        consumedBefore += start
        return start
    }

    private enum Outcome {
        case point(LineProtocolPoint)
        case refused(LineRefusal)
        case nothing, unfinished
    }

    private mutating func outcome(
        of frame: LineFramer.Frame, from start: Int, in input: UnsafeRawBufferPointer
    ) -> Outcome {
        switch frame.kind {
        case .skipped: return .nothing
        case .tooLong: return .refused(.tooLong(framer.lineBytes))
        case .stringLeftOpen: return .refused(.stringLeftOpen)
        case .line: break
        }
        let line = input.slice(start..<frame.end)
        switch LineStart(line) {
        case .blank: return .nothing
        case .comment(let offset): return LineRefusal.comment(line, from: offset).map(Outcome.refused) ?? .nothing
        case .json, .point: break
        }
        var sink = LineProtocolPointSink(line, precision: precision)
        do throws(LineRefusal) {
            switch try grammar.parse(line, readable: input.count - start, into: &sink) {
            case .point: return .point(sink.point)
            case .openString: return framer.extend(frame, from: start) ? .unfinished : .refused(.stringLeftOpen)
            }
        } catch {
            return .refused(error)
        }
    }
}

/// Collects a point's parts as values.
private struct LineProtocolPointSink: LineProtocolSink {
    private let line: UnsafeRawBufferPointer
    private let precision: TimestampPrecision
    var point = LineProtocolPoint(name: "", tags: [], fields: [], time: nil)

    init(_ line: UnsafeRawBufferPointer, precision: TimestampPrecision) {
        self.line = line
        self.precision = precision
    }

    mutating func measurement(_ name: LineProtocolToken) { point.name = text(name, isMeasurement: true) }

    mutating func tag(_ name: LineProtocolToken, _ value: LineProtocolToken) {
        point.tags.append(.init(name: text(name), value: text(value)))
    }

    mutating func field(_ name: LineProtocolToken, _ value: LineProtocolFieldValue) {
        let value: LineProtocolPoint.Value =
            switch value {
            case .float(let token, _): .float(LineProtocolNumber.double(line.slice(token.range)))
            case .int(let value, _): .int(value)
            case .uint(let value, _): .uint(value)
            case .bool(let value): .bool(value)
            case .string(let token): .string(string(token))
            }
        point.fields.append(.init(name: text(name), value: value))
    }

    mutating func time(_ value: Int64, at offset: Int) throws(LineRefusal) {
        guard let nanoseconds = precision.nanoseconds(value) else {
            throw LineRefusal(.badTime, "a timestamp has 64 bits in nanoseconds", at: offset)
        }
        point.time = nanoseconds
    }

    private func text(_ token: LineProtocolToken, isMeasurement: Bool = false) -> String {
        var bytes: [UInt8] = []
        LineProtocolText.unescape(name: line.slice(token.range), isMeasurement: isMeasurement, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func string(_ token: LineProtocolToken) -> String {
        var bytes: [UInt8] = []
        LineProtocolText.unescape(string: line.slice(token.range), into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
