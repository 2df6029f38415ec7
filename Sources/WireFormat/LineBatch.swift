public import UsageModel

/// What one line (or one HTTP body's element) turned out to be.
public enum LineKind: UInt8, Sendable, BitwiseCopyable {
    /// An event or a control record that a sender wrote; `Line.record` says which.
    case record
    /// A refused line: `Line.error` and `Line.detail` say why.
    case refused
    /// `{"type":"hello",…}`: `Line.producer` is the producer's name.
    case hello
    /// `{"type":"sync","tag":…}`: `Line.id` is the tag.
    case sync
    case ping
}

/// Why a line is refused: the words of the wire protocol.
public enum LineError: UInt8, Error, Sendable, BitwiseCopyable, CaseIterable {
    case badJSON, badLine, badUTF8, badTime, badNumber, tooLong, tooDeep, noCompany, noTask, tooFarInFuture, conflict,
        limit

    public var code: String {
        switch self {
        case .badJSON: "bad_json"
        case .badLine: "bad_line"
        case .badUTF8: "bad_utf8"
        case .badTime: "bad_time"
        case .badNumber: "bad_number"
        case .tooLong: "too_long"
        case .tooDeep: "too_deep"
        case .noCompany: "no_company"
        case .noTask: "no_task"
        case .tooFarInFuture: "too_far_in_future"
        case .conflict: "conflict"
        case .limit: "limit"
        }
    }
}

/// One decoded line: a flat row whose texts are ranges of its batch's bytes, so decoding
/// allocates nothing. Empty ranges mean absent.
public struct Line: Sendable, BitwiseCopyable {
    public var kind: LineKind
    /// For `.record`: what it will be in the log.
    public var record: RecordKind = .track
    /// `hasAmount`, `passive` and `hasProducerSeq` as decoded; the other flags are the engine's.
    public var flags: RecordFlags = []
    /// False when the sender gave no time.
    public var hasTime = false
    /// A record that is settled without becoming one: a task that is not to be taken from its source.
    public var isIgnored = false
    public var error: LineError = .badJSON
    /// Company as sent: `company`, `context.groupId`, or `groupId` of a call.
    public var company = ByteRange()
    /// The company of last resort, from the sender's key: where neither the line nor anything known of its
    /// user names one.
    public var fallbackCompany = ByteRange()
    /// `user`, `userId`, else `anonymousId`.
    public var user = ByteRange()
    /// `alias`: the user that is merged and vanishes.
    public var previousUser = ByteRange()
    public var task = ByteRange()
    public var unit = ByteRange()
    public var source = ByteRange()
    /// The event's id; the tag of a `sync`.
    public var id = ByteRange()
    /// The user's e-mail where the line carries one (`traits.email`, `context.traits.email`,
    /// `properties.email` is not one).
    public var email = ByteRange()
    public var producer = ByteRange()
    /// As `Record.payload`: props, traits, or a control record's object.
    public var payload = ByteRange()
    /// Why the line is refused, in words that name place and remedy.
    public var detail = ByteRange()
    public var time = Timestamp(milliseconds: 0)
    public var count: UInt64 = 1
    public var amount = Amount.zero
    public var producerSeq: UInt64 = 0
    /// The whole line as received: the engine quotes its beginning when it refuses the line.
    public var text = ByteRange()

    @inlinable
    public init(kind: LineKind) { self.kind = kind }
}

/// Decoded lines in the order received, with the bytes they refer to. Taken from a pool, filled by
/// a decoder, handed to the engine, given back; `removeAll` keeps the capacity.
public struct LineBatch: Sendable {
    public var lines: [Line] = []
    public var bytes: [UInt8] = []

    public init() {}

    public mutating func removeAll() {
        lines.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Calls `body` with the lines and the bytes that they refer to.
    @inlinable
    public func withLines<R, E: Error>(
        _ body: (UnsafeBufferPointer<Line>, UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try lines.withUnsafeBufferPointer { (lines) throws(E) in
            try bytes.withUnsafeBufferPointer { (bytes) throws(E) in try body(lines, UnsafeRawBufferPointer(bytes)) }
        }
    }

    /// The text in `range`, malformed UTF-8 repaired. For cold paths.
    public func text(_ range: ByteRange) -> String { String(decoding: bytes[range.indices], as: UTF8.self) }
}
