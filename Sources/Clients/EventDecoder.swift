import UsageModel
public import WireFormat

/// The events of one body → rows, each event exactly one, so that row N is event N.
public struct EventDecoder {
    private let call: ClientCall
    private let limits: DecoderLimits
    private let decoder: LineDecoder
    private var postHog: PostHogEvent
    private var mapper: RowMapper
    private var line = LineText()

    /// Bytes after which a batch is full, whatever its number of rows: some receive buffers' worth, as
    /// batches of lines hold.
    private static let batchBytes = 1 << 20

    public init(_ call: ClientCall, limits: DecoderLimits) {
        self.call = call
        self.limits = limits
        decoder = LineDecoder(limits: limits)
        postHog = PostHogEvent(groupType: Array(mapping.groupType.utf8))
        mapper = RowMapper(mapping, call: call, limits: limits)
    }

    /// What the sender's key says, which may stand in the body itself: to be set between `read` and `decode`.
    public var mapping = SourceMapping() {
        didSet {
            postHog = PostHogEvent(groupType: Array(mapping.groupType.utf8))
            mapper = RowMapper(mapping, call: call, limits: limits)
        }
    }

    /// Finds the events of a body, and decodes those of a Segment batch in the same pass as long as the empty `batch`
    /// takes them. `decode` goes on from there.
    public func read(
        _ body: UnsafeRawBufferPointer, into batch: inout LineBatch, maximumLines: Int
    ) throws(BodyError) -> EventList {
        guard call == .segmentBatch else { return try EventList(body, call: call) }
        let list = try EventList(body, call: call) { (scanner, depth) throws(JSONError) in
            guard Self.hasRoom(batch, maximumLines) else { return try scanner.skipValue(depth: depth) }
            _ = try scanner.nextKind()
            let start = scanner.offset
            let end = try decoder.decodeValue(
                of: body, at: start, depthLimit: JSONObject.depthLimit - depth, into: &batch)
            Self.refuseControl(&batch)
            scanner.advance(to: end)
            return JSONSlice(kind: .object, offset: start, count: end - start)
        }
        // The rows of a list that another one has replaced.
        if list.listCount > 1 { batch.removeAll() }
        return list
    }

    private static func hasRoom(_ batch: LineBatch, _ maximumLines: Int) -> Bool {
        batch.lines.count < maximumLines && batch.bytes.count < batchBytes
    }

    /// Decodes events of `list` into `batch`, from number `first` on, until it is full. Rows that it holds already are
    /// those of the first such events.
    ///
    /// - Returns: the number of the first event that was not decoded.
    public mutating func decode(
        _ list: EventList, of body: UnsafeRawBufferPointer, from first: Int, into batch: inout LineBatch,
        maximumLines: Int
    ) -> Int {
        mapper.begin(&batch)
        let inherited = InheritedContext(list.context, of: body, limits: limits, in: &batch)
        var index = first
        while index < list.events.count {
            let event = body.slice(list.events[index].indices)
            let row = index - first
            if row == batch.lines.count {
                guard Self.hasRoom(batch, maximumLines) else { break }
                decode(event, into: &batch)
            }
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
        Self.refuseControl(&batch)
    }

    /// A request has nobody to say hello to, and is answered when it is settled anyway.
    private static func refuseControl(_ batch: inout LineBatch) {
        let row = batch.lines.count - 1
        guard batch.lines[row].kind != .record, batch.lines[row].kind != .refused else { return }
        batch.refuse(row, .badJSON, "\"type\" must be a call that brings an event: hello, sync and ping are for lines")
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
