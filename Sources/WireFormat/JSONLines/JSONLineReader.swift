import UsageModel

/// One JSON object → one row: what its members mean once all of them are known.
struct JSONLineReader: ~Copyable {
    private var text: UnsafeRawBufferPointer
    /// Where the line's bytes stand in the batch.
    private var textOffset = 0
    /// What the object is where it does not say so itself.
    private let defaultType: RecordKind
    private let limits: DecoderLimits
    private var members: JSONLineMembers

    /// `text` begins with a JSON object; `table` is for the reader alone as long as it lives.
    init(_ text: UnsafeRawBufferPointer, type: RecordKind, limits: DecoderLimits, table: JSONLineTable) {
        self.text = text
        defaultType = type
        self.limits = limits
        members = JSONLineMembers(text, depthLimit: limits.jsonDepth, table: table)
    }

    /// Scans the whole text, which must be one object.
    mutating func scan() throws(LineRefusal) {
        do throws(JSONError) {
            _ = try members.scanObject()
            try members.expectEnd()
        } catch {
            throw LineRefusal(error)
        }
    }

    /// Scans the object that the text begins with and returns where it ends; what follows is not the reader's.
    mutating func scanObject() throws(JSONError) -> Int {
        let end = try members.scanObject()
        text = text.slice(0..<end)
        return end
    }

    /// Fills the row `line`, a new one, whose object was scanned; texts that had escapes, and objects that are
    /// made, are appended to `batch`.
    mutating func read(into line: inout Line, _ batch: inout LineBatch) throws(LineRefusal) {
        textOffset = Int(line.text.offset)
        switch try type() {
        case .hello:
            line.kind = .hello
            line.producer = try name(.producer, &batch)
            guard !line.producer.isEmpty else { throw missing(.producer, "is needed in a hello") }
        case .sync:
            line.kind = .sync
            line.id = try name(.tag, &batch)
        case .ping: line.kind = .ping
        case .record(let kind):
            line.record = kind
            try readRecord(&line, &batch)
        }
    }

    private func type() throws(LineRefusal) -> JSONLineType {
        guard let slice = members[.type] else { return .record(defaultType) }
        let place = slice.written.lowerBound
        guard slice.kind == .string else {
            throw LineRefusal(.badJSON, "must be a string", at: place, field: .type)
        }
        let word = text.slice(slice.offset..<(slice.offset + slice.count))
        let type: JSONLineType?
        if slice.hasEscapes {
            var unescaped: [UInt8] = []
            JSONScanner.unescape(word, into: &unescaped)
            type = unescaped.withUnsafeBytes { JSONLineType($0) }
        } else {
            type = JSONLineType(word)
        }
        guard let type else {
            throw LineRefusal(
                .badJSON,
                "is none of track, page, screen, identify, group, alias, leave, outcome, touch, clock, hello, sync, ping",
                at: place, field: .type)
        }
        return type
    }

    // MARK: Records

    private func readRecord(_ line: inout Line, _ batch: inout LineBatch) throws(LineRefusal) {
        let kind = line.record
        line.company = try company(kind, &batch)
        line.user = try firstName(.user, .userID, .anonymousID, &batch)
        line.id = try firstName(.id, .messageID, nil, &batch)
        line.source = try name(.source, &batch)
        line.email = try email(&batch)
        if let seq = try wholeNumber(.producerSeq, 0...UInt64.max, "must be a whole number from 0 to 2^64 - 1") {
            line.producerSeq = seq
            line.flags.insert(.hasProducerSeq)
        }
        if let time = try time() {
            line.time = time
            line.hasTime = true
        }
        switch kind {
        case .track, .page, .screen: try readEvent(&line, &batch)
        case .identify, .group:
            line.payload = try object(.traits)
            if kind == .identify, line.user.isEmpty {
                throw missing(.userID, "or anonymousId is needed in an identify")
            }
        case .alias:
            line.previousUser = try name(.previousID, &batch)
            if line.previousUser.isEmpty { throw missing(.previousID, "is needed in an alias") }
            if line.user.isEmpty { throw missing(.userID, "is needed in an alias") }
        case .leave:
            if line.user.isEmpty { throw missing(.user, "is needed in a leave") }
        case .outcome: line.payload = try outcome(&batch)
        case .touch: line.payload = try touch(&batch)
        case .clock:
            if !line.hasTime { throw LineRefusal(.badTime, "is needed in a clock line", at: text.count, field: .time) }
        case .rules, .settings, .zone, .move: preconditionFailure("no line's type names a record of the daemon")
        }
    }

    private func readEvent(_ line: inout Line, _ batch: inout LineBatch) throws(LineRefusal) {
        line.task = try firstName(.event, .task, .name, &batch)
        guard !line.task.isEmpty else {
            throw LineRefusal(.noTask, "the event names no task (task, event or name)", at: 0)
        }
        line.payload = try object(.properties)
        line.unit = try name(.unit, &batch)
        if line.unit.isEmpty, members[.propertiesCurrency]?.kind == .string {
            line.unit = try name(.propertiesCurrency, &batch)
        }
        if let amount = try amount() {
            line.amount = amount
            line.flags.insert(.hasAmount)
        }
        if let count = try wholeNumber(.count, WholeNumber.counts, "must be a whole number from 1 to 2^53") {
            line.count = count
        }
        if members[.propertiesPassive]?.kind == .true { line.flags.insert(.passive) }
    }

    /// The company as sent. A group call is about the group it names; any other call says in its
    /// context for which company the user acts.
    private func company(_ kind: RecordKind, _ batch: inout LineBatch) throws(LineRefusal) -> ByteRange {
        if members[.company] != nil { return try name(.company, &batch) }
        return kind == .group
            ? try firstName(.groupID, .contextGroupID, nil, &batch)
            : try firstName(.contextGroupID, .groupID, nil, &batch)
    }

    /// Empty when there is none; what is no string is no address, whatever else it may be.
    private func email(_ batch: inout LineBatch) throws(LineRefusal) -> ByteRange {
        for field: JSONLineField in [.traitsEmail, .contextEmail] where members[field]?.kind == .string {
            return try name(field, &batch)
        }
        return ByteRange()
    }

    // MARK: Texts

    /// The first of the fields that is there and not empty.
    @inline(__always)
    private func firstName(
        _ first: JSONLineField, _ second: JSONLineField, _ third: JSONLineField?, _ batch: inout LineBatch
    ) throws(LineRefusal) -> ByteRange {
        let range = try name(first, &batch)
        if !range.isEmpty { return range }
        let other = try name(second, &batch)
        if !other.isEmpty { return other }
        guard let third else { return ByteRange() }
        return try name(third, &batch)
    }

    /// A name or an id: a string, or a number as it is written. Empty when absent.
    @inline(__always)
    private func name(_ field: JSONLineField, _ batch: inout LineBatch) throws(LineRefusal) -> ByteRange {
        guard let slice = members[field] else { return ByteRange() }
        guard slice.kind == .string || slice.kind == .number else {
            throw LineRefusal(.badJSON, "must be a string or a number", at: slice.written.lowerBound, field: field)
        }
        let range = plainText(slice, &batch)
        guard range.count <= limits.nameBytes else {
            throw LineRefusal(
                limit: limits.nameBytes, .limit, "is too long in bytes", at: slice.written.lowerBound, field: field)
        }
        return range
    }

    /// Where the slice's text stands in the batch: in the line itself, or behind it when it had escapes.
    private func plainText(_ slice: JSONSlice, _ batch: inout LineBatch) -> ByteRange {
        guard slice.hasEscapes else { return ByteRange(offset: textOffset + slice.offset, count: slice.count) }
        let start = batch.bytes.count
        JSONScanner.unescape(text.slice(slice.offset..<(slice.offset + slice.count)), into: &batch.bytes)
        return ByteRange(offset: start, count: batch.bytes.count - start)
    }

    private func missing(_ field: JSONLineField, _ explanation: StaticString) -> LineRefusal {
        LineRefusal(.badJSON, explanation, at: text.count, field: field)
    }

    // MARK: Numbers and times

    private func amount() throws(LineRefusal) -> Amount? {
        if let slice = members[.amount] {
            guard slice.kind == .number else {
                throw LineRefusal(.badNumber, "must be a number", at: slice.written.lowerBound, field: .amount)
            }
            return try amount(slice, .amount)
        }
        // Segment's property may be anything, so what is no number is just a property.
        for field: JSONLineField in [.propertiesAmount, .propertiesValue, .propertiesRevenue] {
            guard let slice = members[field] else { continue }
            if slice.kind == .number { return try amount(slice, field) }
            if slice.kind == .string, let amount = Amount(parsing: text.slice(slice.range)) { return amount }
        }
        return nil
    }

    private func amount(_ slice: JSONSlice, _ field: JSONLineField) throws(LineRefusal) -> Amount {
        guard let amount = Amount(parsing: text.slice(slice.range)) else {
            throw LineRefusal(.badNumber, "must lie within ±10^18", at: slice.offset, field: field)
        }
        return amount
    }

    private func wholeNumber(
        _ field: JSONLineField, _ bounds: ClosedRange<UInt64>, _ explanation: StaticString
    ) throws(LineRefusal) -> UInt64? {
        guard let slice = members[field] else { return nil }
        guard slice.kind == .number, let value = WholeNumber.uint64(text.slice(slice.range)), bounds.contains(value)
        else { throw LineRefusal(.badNumber, explanation, at: slice.written.lowerBound, field: field) }
        return value
    }

    private func time() throws(LineRefusal) -> Timestamp? {
        let field = members[.time] != nil ? JSONLineField.time : .timestamp
        guard let slice = members[field] else { return nil }
        let time: Timestamp?
        switch slice.kind {
        case .string: time = Timestamp(rfc3339: text.slice(slice.range))
        case .number: time = Timestamp(epoch: text.slice(slice.range))
        default: time = nil
        }
        guard let time else {
            throw LineRefusal(
                .badTime, "must be an RFC 3339 date-time or an epoch number, in the years 0001 to 9999",
                at: slice.written.lowerBound, field: field)
        }
        return time
    }

    // MARK: Objects

    /// The object as it is written; empty when absent.
    private func object(_ field: JSONLineField) throws(LineRefusal) -> ByteRange {
        guard let slice = members[field] else { return ByteRange() }
        guard slice.kind == .object else {
            throw LineRefusal(.badJSON, "must be an object", at: slice.written.lowerBound, field: field)
        }
        guard slice.count <= limits.propsBytes else {
            throw LineRefusal(
                limit: limits.propsBytes, .limit, "is too long in bytes", at: slice.offset, field: field)
        }
        return ByteRange(offset: textOffset + slice.offset, count: slice.count)
    }

    private static let outcomes: [StaticString] = ["renewed", "expanded", "contracted", "converted", "churned"]

    private func outcome(_ batch: inout LineBatch) throws(LineRefusal) -> ByteRange {
        guard let slice = members[.outcome] else { throw missing(.outcome, "is needed in an outcome") }
        let word = text.slice(slice.range)
        guard slice.kind == .string, Self.outcomes.contains(where: { word.isEqual(to: $0) }) else {
            throw LineRefusal(
                .badJSON, "must be one of renewed, expanded, contracted, converted, churned",
                at: slice.written.lowerBound, field: .outcome)
        }
        return object([(.outcome, slice)], &batch)
    }

    private func touch(_ batch: inout LineBatch) throws(LineRefusal) -> ByteRange {
        var present: [(JSONLineField, JSONSlice)] = []
        for field: JSONLineField in [.channel, .by, .note] {
            guard let slice = members[field] else { continue }
            guard slice.kind == .string || slice.kind == .number else {
                throw LineRefusal(.badJSON, "must be a string or a number", at: slice.offset, field: field)
            }
            present.append((field, slice))
        }
        let range = object(present, &batch)
        guard range.count <= limits.propsBytes else {
            throw LineRefusal(limit: limits.propsBytes, .limit, "the touch is too long in bytes")
        }
        return range
    }

    /// Makes an object of strings behind the line's bytes.
    private func object(_ members: [(JSONLineField, JSONSlice)], _ batch: inout LineBatch) -> ByteRange {
        let start = batch.bytes.count
        for (index, member) in members.enumerated() {
            batch.bytes.append(contentsOf: index == 0 ? "{\"".utf8 : ",\"".utf8)
            batch.bytes.append(contentsOf: "\(member.0.writtenName)\":\"".utf8)
            batch.bytes.append(contentsOf: text.slice(member.1.range))
            batch.bytes.append(UInt8(ascii: "\""))
        }
        batch.bytes.append(contentsOf: members.isEmpty ? "{}".utf8 : "}".utf8)
        return ByteRange(offset: start, count: batch.bytes.count - start)
    }
}

extension JSONSlice {
    /// A string's text without its quotes, any other value as written.
    fileprivate var range: Range<Int> { offset..<(offset + count) }
}
