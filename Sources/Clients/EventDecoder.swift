import UsageModel
public import WireFormat

/// The events of one body → rows, each event exactly one, so that row N is event N.
public struct EventDecoder {
    private let call: ClientCall
    private let limits: DecoderLimits
    private let decoder: LineDecoder
    private let postHog: PostHogEvent
    private var mapper: RowMapper
    private var line = LineText()

    /// Bytes after which a batch is full, whatever its number of rows: some receive buffers' worth, as
    /// batches of lines hold.
    private static let batchBytes = 1 << 20

    public init(_ call: ClientCall, mapping: SourceMapping, limits: DecoderLimits) {
        self.call = call
        self.limits = limits
        decoder = LineDecoder(limits: limits)
        postHog = PostHogEvent(groupType: Array(mapping.groupType.utf8))
        mapper = RowMapper(mapping, call: call, limits: limits)
    }

    /// Decodes events of `list` into the empty `batch`, from number `first` on, until it is full.
    ///
    /// - Returns: the number of the first event that was not decoded.
    public mutating func decode(
        _ list: EventList, of body: UnsafeRawBufferPointer, from first: Int, into batch: inout LineBatch,
        maximumLines: Int
    ) -> Int {
        mapper.begin(&batch)
        let inherited = InheritedContext(list.context, of: body, limits: limits, in: &batch)
        var index = first
        while index < list.events.count, batch.lines.count < maximumLines, batch.bytes.count < Self.batchBytes {
            let event = body.slice(list.events[index].indices)
            decode(event, into: &batch)
            let row = batch.lines.count - 1
            inherited.complete(row, in: &batch)
            mapper.complete(row: row, of: event, in: &batch)
            index += 1
        }
        return index
    }

    private mutating func decode(_ event: UnsafeRawBufferPointer, into batch: inout LineBatch) {
        switch call {
        case .segmentBatch: decoder.decodeObject(event, into: &batch)
        case .segment(let type): decoder.decodeObject(event, type: type, into: &batch)
        case .postHog, .postHogEvents, .cloudEvents:
            // Longer events are refused as they are: a line made from one could be shorter.
            guard event.count <= limits.lineBytes, let object = JSONObject(event) else {
                return decoder.decodeObject(event, into: &batch)
            }
            guard write(object) else {
                var ignored = Line(kind: .record)
                ignored.isIgnored = true
                return batch.lines.append(ignored)
            }
            line.bytes.withUnsafeBytes { decoder.decodeObject($0, into: &batch) }
        case .lines, .influx1, .influx2: preconditionFailure("lines have a decoder of their own")
        }
        // A request has nobody to say hello to, and is answered when it is settled anyway.
        let row = batch.lines.count - 1
        if batch.lines[row].kind != .record, batch.lines[row].kind != .refused {
            batch.refuse(
                row, .badJSON, "\"type\" must be a call that brings an event: hello, sync and ping are for lines")
        }
    }

    /// False when the event is one to leave.
    private mutating func write(_ event: JSONObject) -> Bool {
        if call != .cloudEvents { return postHog.write(event, to: &line) }
        CloudEvent.write(event, to: &line)
        return true
    }
}

/// What the calls of a Segment batch take from the batch's `context` where they have none of their own.
private struct InheritedContext {
    private var company = ByteRange()
    private var email = ByteRange()

    init(
        _ context: ByteRange, of body: UnsafeRawBufferPointer, limits: DecoderLimits, in batch: inout LineBatch
    ) {
        guard let object = JSONObject(body.slice(context.indices)) else { return }
        func place(_ slice: JSONSlice?, of object: JSONObject) -> ByteRange {
            guard let text = slice.flatMap(object.plainText), text.count <= limits.nameBytes else { return ByteRange() }
            return batch.add(text)
        }
        company = place(object.value("groupId"), of: object)
        if let traits = object.object("traits") { email = place(traits.value("email"), of: traits) }
    }

    func complete(_ row: Int, in batch: inout LineBatch) {
        if !company.isEmpty, batch.lines[row].company.isEmpty { batch.lines[row].company = company }
        if !email.isEmpty, batch.lines[row].email.isEmpty { batch.lines[row].email = email }
    }
}
