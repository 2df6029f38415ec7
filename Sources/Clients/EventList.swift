public import UsageModel
import WireFormat

/// The events of one JSON body: found, and the body checked.
///
/// All are found before any is taken, because a body that is not JSON is refused as a whole, and because what holds
/// for all of its events (`context`, the key) may stand behind them.
public struct EventList: Sendable {
    /// Where each event stands in the body.
    public private(set) var events: [ByteRange] = []
    /// `writeKey` or `api_key`, PostHog's other name for which is `token`.
    public private(set) var key: String?
    /// A batch's `context`, which its events inherit; empty when there is none.
    private(set) var context = ByteRange()
    /// The body is one event and no list.
    public private(set) var isSingle = false

    /// As many events as one commit holds records. Their places take 8 bytes each, and the shortest
    /// event 3, so that without a bound the places would outgrow the body.
    static let mostEvents = 65_536

    /// Reads an event and moves the scanner, which stands before it, behind it; returns its place.
    typealias ReadEvent = (_ scanner: inout JSONScanner, _ depth: Int) throws(JSONError) -> JSONSlice

    /// Passes over the events without reading them.
    public init(_ body: UnsafeRawBufferPointer, call: ClientCall) throws(BodyError) {
        try self.init(body, call: call) { (scanner, depth) throws(JSONError) in try scanner.skipValue(depth: depth) }
    }

    /// - Parameter read: called for each event of a list, in order.
    init(_ body: UnsafeRawBufferPointer, call: ClientCall, _ read: ReadEvent) throws(BodyError) {
        do throws(JSONError) {
            var scanner = JSONScanner(body, depthLimit: JSONObject.depthLimit)
            switch try scanner.nextKind() {
            case .object: try readObject(&scanner, body, call, read)
            case .array where call == .postHog || call == .cloudEvents: try readEvents(&scanner, depth: 0, read)
            default: _ = try scanner.skipValue(depth: 0)
            }
            try scanner.expectEnd()
        } catch {
            throw BodyError(error)
        }
        guard events.count <= Self.mostEvents else {
            throw BodyError(
                code: "bad_request", detail: "the body has more than \(Self.mostEvents) events; send it in parts")
        }
        guard isSingle || listCount > 0 else {
            throw BodyError(code: "bad_request", detail: "the body must be \(call.expectedBody)")
        }
    }

    /// PostHog's `uuid` of each event, nil where there is none. O(length).
    public func identifiers(in body: UnsafeRawBufferPointer) -> [String?] {
        events.map { range in
            guard let event = JSONObject(body.slice(range.indices)) else { return nil }
            return event.value("uuid").flatMap(event.plainText).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// How many lists there were, of which the last counts, were it an empty one.
    private(set) var listCount = 0

    private mutating func readObject(
        _ scanner: inout JSONScanner, _ body: UnsafeRawBufferPointer, _ call: ClientCall, _ read: ReadEvent
    ) throws(JSONError) {
        let start = scanner.offset
        var progress = try scanner.beginObject(depth: 0)
        while let name = try scanner.nextName(&progress) {
            let name = body.slice(name.offset..<(name.offset + name.count))
            if name.isEqual(to: "batch"), call.hasBatch, try scanner.nextKind() == .array {
                try readEvents(&scanner, depth: 1, read)
                continue
            }
            let value = try scanner.skipValue(depth: 1)
            if name.isEqual(to: "context"), call == .segmentBatch, value.kind == .object {
                context = ByteRange(offset: value.offset, count: value.count)
            } else if value.kind == .string, !value.hasEscapes, call.isKey(name) {
                key = String(decoding: body.slice(value.offset..<(value.offset + value.count)), as: UTF8.self)
            }
        }
        guard listCount == 0, call != .segmentBatch, call != .postHogEvents else { return }
        isSingle = true
        events = [ByteRange(offset: start, count: scanner.offset - start)]
    }

    /// Where a name stands twice the last list counts, as everywhere.
    private mutating func readEvents(
        _ scanner: inout JSONScanner, depth: Int, _ read: ReadEvent
    ) throws(JSONError) {
        events.removeAll()
        listCount += 1
        var progress = try scanner.beginArray(depth: depth)
        while try scanner.nextElement(&progress) {
            let value = try read(&scanner, depth + 1)
            // One more than may be, so that the excess shows.
            if events.count <= Self.mostEvents {
                events.append(ByteRange(offset: value.written.lowerBound, count: value.written.count))
            }
        }
    }
}

extension ClientCall {
    fileprivate var hasBatch: Bool { self == .segmentBatch || self == .postHog || self == .postHogEvents }

    fileprivate func isKey(_ name: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .segmentBatch, .segment: name.isEqual(to: "writeKey")
        case .postHog, .postHogEvents: name.isEqual(to: "api_key") || name.isEqual(to: "token")
        case .cloudEvents, .lines, .influx1, .influx2: false
        }
    }

    fileprivate var expectedBody: String {
        switch self {
        case .segmentBatch, .postHogEvents: "an object with the list of events in \"batch\""
        case .postHog: "an event, a list of events, or an object with the list in \"batch\""
        case .cloudEvents: "a CloudEvent in JSON, or a list of them"
        case .segment, .lines, .influx1, .influx2: "one JSON object"
        }
    }
}
