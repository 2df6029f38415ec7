import UsageModel

/// Makes an event of a point: measurement = task; tags `company`, `user`, `id`, `unit`, `source`; string
/// fields `user`, `id`, `unit`, `source`; number fields `amount`, `count`, `producer_seq`. All other tags
/// and fields are props. Where a name is given as tag and as field, the field counts.
///
/// Kept from line to line for the capacity of its buffers.
struct EventLineSink: LineProtocolSink {
    private let limits: DecoderLimits
    private let precision: TimestampPrecision
    private var text = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Where the line's bytes stand in the batch.
    private var textOffset = 0
    private var line = Line(kind: .record)
    /// Texts that had escapes; they go behind the line's bytes.
    private var unescaped: [UInt8] = []
    /// The members of the props object, each with a comma before it.
    private var props: [UInt8] = []

    init(limits: DecoderLimits, precision: TimestampPrecision) {
        self.limits = limits
        self.precision = precision
    }

    /// Begins the line `text`, whose bytes stand at `textOffset` of the batch.
    mutating func begin(_ text: UnsafeRawBufferPointer, at textOffset: Int) {
        self.text = text
        self.textOffset = textOffset
        line = Line(kind: .record)
        line.text = ByteRange(offset: textOffset, count: text.count)
        if !unescaped.isEmpty { unescaped.removeAll(keepingCapacity: true) }
        if !props.isEmpty { props.removeAll(keepingCapacity: true) }
    }

    /// Appends the event to `batch`, its made texts behind the line's own bytes.
    mutating func end(_ batch: inout LineBatch) throws(LineRefusal) {
        if !unescaped.isEmpty { batch.bytes.append(contentsOf: unescaped) }
        if !props.isEmpty { try addPayload(&batch) }
        batch.lines.append(line)
    }

    private mutating func addPayload(_ batch: inout LineBatch) throws(LineRefusal) {
        guard props.count + 1 <= limits.propsBytes else {
            throw LineRefusal(limit: limits.propsBytes, .limit, "the props are too long, as JSON in bytes")
        }
        line.payload = ByteRange(offset: batch.bytes.count, count: props.count + 1)
        props[0] = UInt8(ascii: "{")
        batch.bytes.append(contentsOf: props)
        batch.bytes.append(UInt8(ascii: "}"))
    }

    @inline(__always)
    mutating func measurement(_ name: LineProtocolToken) throws(LineRefusal) {
        line.task = try range(name, .name(isMeasurement: true))
    }

    @inline(__always)
    mutating func tag(_ name: LineProtocolToken, _ value: LineProtocolToken) throws(LineRefusal) {
        switch EventMember(text, name) {
        case .company: line.company = try range(value, .name())
        case .user: line.user = try range(value, .name())
        case .id: line.id = try range(value, .name())
        case .unit: line.unit = try range(value, .name())
        case .source: line.source = try range(value, .name())
        default:
            addProp(name)
            addString(value, .name())
        }
    }

    @inline(__always)
    mutating func field(_ name: LineProtocolToken, _ value: LineProtocolFieldValue) throws(LineRefusal) {
        let member = EventMember(text, name)
        switch (member, value) {
        case (.user, .string(let token)): line.user = try range(token, .string)
        case (.id, .string(let token)): line.id = try range(token, .string)
        case (.unit, .string(let token)): line.unit = try range(token, .string)
        case (.source, .string(let token)): line.source = try range(token, .string)
        case (.amount, _):
            line.amount = try amount(value, at: name.offset)
            line.flags.insert(.hasAmount)
        case (.count, _):
            guard let count = WholeNumber.count(value, text) else {
                throw LineRefusal(.badNumber, "the field \"count\" is a whole number from 1 to 2^53", at: name.offset)
            }
            line.count = count
        case (.producerSeq, _):
            guard let seq = WholeNumber.uint64(value, text) else {
                throw LineRefusal(.badNumber, "the field \"producer_seq\" is a whole number", at: name.offset)
            }
            line.producerSeq = seq
            line.flags.insert(.hasProducerSeq)
        default:
            if member == .passive {
                if case .bool(true) = value { line.flags.insert(.passive) } else { line.flags.remove(.passive) }
            }
            addProp(name)
            add(value)
        }
    }

    @inline(__always)
    private func amount(_ value: LineProtocolFieldValue, at offset: Int) throws(LineRefusal) -> Amount {
        if case .float(_, let amount?) = value { return amount }
        guard let token = value.number else {
            throw LineRefusal(.badNumber, "the field \"amount\" is a number", at: offset)
        }
        guard let amount = Amount(parsing: text.slice(token.range)) else {
            throw LineRefusal(.badNumber, "an amount lies within ±10^18", at: token.offset)
        }
        return amount
    }

    @inline(__always)
    mutating func time(_ value: Int64, at offset: Int) throws(LineRefusal) {
        guard let time = precision.time(value) else {
            throw LineRefusal(.badTime, "a time lies in the years 0001 to 9999", at: offset)
        }
        line.time = time
        line.hasTime = true
    }

    // MARK: Texts

    private enum TokenKind {
        case name(isMeasurement: Bool = false)
        case string
    }

    /// Where the token's text stands in the batch: in the line itself, or behind it when it had escapes.
    @inline(__always)
    private mutating func range(_ token: LineProtocolToken, _ kind: TokenKind) throws(LineRefusal) -> ByteRange {
        if token.hasEscapes { return try unescapedRange(token, kind) }
        guard token.count <= limits.nameBytes else { throw nameTooLong(token) }
        return ByteRange(offset: textOffset + token.offset, count: token.count)
    }

    @inline(never)
    private mutating func unescapedRange(
        _ token: LineProtocolToken, _ kind: TokenKind
    ) throws(LineRefusal) -> ByteRange {
        let start = unescaped.count
        unescape(token, kind, into: &unescaped)
        let range = ByteRange(offset: textOffset + text.count + start, count: unescaped.count - start)
        guard range.count <= limits.nameBytes else { throw nameTooLong(token) }
        return range
    }

    private func nameTooLong(_ token: LineProtocolToken) -> LineRefusal {
        LineRefusal(limit: limits.nameBytes, .limit, "a name is too long in bytes", at: token.offset)
    }

    private func unescape(_ token: LineProtocolToken, _ kind: TokenKind, into bytes: inout [UInt8]) {
        switch kind {
        case .name(let isMeasurement):
            LineProtocolText.unescape(name: text.slice(token.range), isMeasurement: isMeasurement, into: &bytes)
        case .string: LineProtocolText.unescape(string: text.slice(token.range), into: &bytes)
        }
    }

    // MARK: Props

    private mutating func addProp(_ name: LineProtocolToken) {
        props.append(UInt8(ascii: ","))
        addString(name, .name())
        props.append(UInt8(ascii: ":"))
    }

    private mutating func addString(_ token: LineProtocolToken, _ kind: TokenKind) {
        guard token.hasEscapes else {
            LineProtocolText.writeJSON(string: text.slice(token.range), to: &props)
            return
        }
        var bytes: [UInt8] = []
        unescape(token, kind, into: &bytes)
        bytes.withUnsafeBytes { LineProtocolText.writeJSON(string: $0, to: &props) }
    }

    private mutating func add(_ value: LineProtocolFieldValue) {
        switch value {
        case .float(let token, _): LineProtocolNumber.writeJSON(float: text.slice(token.range), to: &props)
        case .int(let value, _): props.append(contentsOf: String(value).utf8)
        case .uint(let value, _): props.append(contentsOf: String(value).utf8)
        case .bool(let value): props.append(contentsOf: (value ? "true" : "false").utf8)
        case .string(let token): addString(token, .string)
        }
    }
}

/// The names that mean something to us in a point.
private enum EventMember {
    case company, user, id, unit, source, amount, count, producerSeq, passive, other

    /// Escaped names are never one of these, since nothing in them could be escaped.
    @inline(__always)
    init(_ text: UnsafeRawBufferPointer, _ name: LineProtocolToken) {
        let text = text.slice(name.range)
        switch text.count {
        case 2: self = text.isEqual(to: "id") ? .id : .other
        case 4: self = text.isEqual(to: "user") ? .user : text.isEqual(to: "unit") ? .unit : .other
        case 5: self = text.isEqual(to: "count") ? .count : .other
        case 6: self = text.isEqual(to: "amount") ? .amount : text.isEqual(to: "source") ? .source : .other
        case 7: self = text.isEqual(to: "company") ? .company : text.isEqual(to: "passive") ? .passive : .other
        case 12: self = text.isEqual(to: "producer_seq") ? .producerSeq : .other
        default: self = .other
        }
    }
}

extension LineProtocolFieldValue {
    /// The number's text; nil for strings and booleans.
    fileprivate var number: LineProtocolToken? {
        switch self {
        case .float(let token, _), .int(_, let token), .uint(_, let token): token
        case .bool, .string: nil
        }
    }
}

extension WholeNumber {
    fileprivate static func uint64(_ value: LineProtocolFieldValue, _ text: UnsafeRawBufferPointer) -> UInt64? {
        switch value {
        case .int(let value, _): UInt64(exactly: value)
        case .uint(let value, _): value
        case .float(let token, _): uint64(text.slice(token.range))
        case .bool, .string: nil
        }
    }

    fileprivate static func count(_ value: LineProtocolFieldValue, _ text: UnsafeRawBufferPointer) -> UInt64? {
        guard let count = uint64(value, text), counts.contains(count) else { return nil }
        return count
    }
}
