import Clients
import Engine
import Hummingbird
import NIOCore
import UsageModel
import WireFormat

extension API {
    /// Takes the events of a request and answers when all are settled and durable. Refused ones change nothing about
    /// the others.
    ///
    /// - Parameter precision: the unit of times in line protocol; nil for the configured one.
    func takeEvents(
        _ call: ClientCall, _ request: Request, _ context: APIContext, precision: TimestampPrecision? = nil
    ) async throws -> Response {
        do {
            let reply =
                call.takesLines
                ? try await takeLines(call, request, context, precision ?? ingest.precision)
                : try await takeBody(call, request, context)
            return try Response(reply)
        } catch {
            var refusal = RequestRefusal(error)
            if refusal.status == .contentTooLarge { refusal.status = .init(code: call.tooLargeStatus) }
            throw refusal
        }
    }

    // MARK: Lines, decoded as they arrive

    private func takeLines(
        _ call: ClientCall, _ request: Request, _ context: APIContext, _ precision: TimestampPrecision
    ) async throws -> ClientReply {
        let mapping = try await mapping(request, context)
        var content = try ContentDecoding(
            request.headers, limit: .init(bytes: limits.bodyBytes, setting: "limits.body"))
        let sink = EventsRequest(eventLoop: context.channel.eventLoop)
        let session = engine.openSession(peer: try await context.peer().named(mapping.source), sink: sink)
        var feed = LineFeed(limits: ingest.decoderLimits, precision: precision)
        var mapper = RowMapper(mapping, call: call, limits: ingest.decoderLimits)
        var failure: RequestRefusal?
        do {
            for try await buffer in request.body {
                content.feed(buffer)
                while let piece = try content.next() {
                    feed.receive(piece)
                    try await submit(&feed, &mapper, session, sink)
                }
            }
            try content.finish()
        } catch {
            failure = RequestRefusal(error)
        }
        // There is no batch to be had, not even an empty one to end the session with.
        if let failure, failure.status == .serviceUnavailable { throw failure }
        // Whatever went wrong, what was taken must be settled and the session must end. A body that
        // broke off may end within a line, which must then not be taken for a whole one.
        try await submitEnd(&feed, &mapper, decodes: failure == nil, session, sink)
        try await sink.finished()
        if let failure { throw failure }
        return call.reply(to: sink.settlement, isSingle: false)
    }

    /// Decodes and submits the whole lines that have come.
    private func submit(
        _ feed: inout LineFeed, _ mapper: inout RowMapper, _ session: Session, _ sink: EventsRequest
    ) async throws(RequestRefusal) {
        while feed.isDecodable(atEnd: false) {
            var batch = try await sink.batch(from: session)
            Self.decode(&feed, &mapper, into: &batch, atEnd: false)
            if batch.lines.isEmpty {
                session.returnBatch(batch)
                return
            }
            session.submit(consume batch, last: false)
        }
    }

    private func submitEnd(
        _ feed: inout LineFeed, _ mapper: inout RowMapper, decodes: Bool, _ session: Session, _ sink: EventsRequest
    ) async throws(RequestRefusal) {
        var isLast = false
        while !isLast {
            var batch = try await sink.batch(from: session)
            if decodes, feed.isDecodable(atEnd: true) { Self.decode(&feed, &mapper, into: &batch, atEnd: true) }
            isLast = !decodes || !feed.isDecodable(atEnd: true)
            session.submit(consume batch, last: isLast)
        }
    }

    private static func decode(
        _ feed: inout LineFeed, _ mapper: inout RowMapper, into batch: inout LineBatch, atEnd: Bool
    ) {
        mapper.begin(&batch)
        feed.decode(into: &batch, atEnd: atEnd)
        mapper.complete(from: 0, in: &batch)
    }

    // MARK: One JSON value, read whole

    /// What Segment's clients send at most.
    private static let expectedBodyBytes = 512 << 10

    private func takeBody(
        _ call: ClientCall, _ request: Request, _ context: APIContext
    ) async throws -> ClientReply {
        var share = BodyShare(of: bodies)
        let body = try await body(of: request, call, &share)
        let sink = EventsRequest(eventLoop: context.channel.eventLoop)
        let peer = try await context.peer()
        let unnamed = engine.openSession(peer: peer, sink: sink)
        var decoder = EventDecoder(call, limits: ingest.decoderLimits)
        var batch = try await sink.batch(from: unnamed)
        let list: EventList
        do {
            list = try body.withUnsafeReadableBytes {
                try decoder.read($0, into: &batch, maximumLines: linesPerBatch)
            }
            decoder.mapping = try await mapping(request, context, keyInBody: list.key)
        } catch {
            unnamed.returnBatch(batch)
            throw error
        }
        let session = engine.openSession(peer: peer.named(decoder.mapping.source), sink: sink)
        var next = 0
        while true {
            next = body.withUnsafeReadableBytes {
                decoder.decode(list, of: $0, from: next, into: &batch, maximumLines: linesPerBatch)
            }
            let isLast = next == list.events.count
            session.submit(consume batch, last: isLast)
            if isLast { break }
            batch = try await sink.batch(from: session)
        }
        try await sink.finished()
        var settlement = sink.settlement
        if call == .postHogEvents {
            settlement.identifiers = body.withUnsafeReadableBytes { list.identifiers(in: $0) }
        }
        return call.reply(to: settlement, isSingle: list.isSingle)
    }

    /// The body, unpacked. A CloudEvent whose attributes stand in headers becomes one that holds them.
    private func body(
        of request: Request, _ call: ClientCall, _ share: inout BodyShare
    ) async throws -> ByteBuffer {
        var content = try ContentDecoding(
            request.headers, limit: .init(bytes: limits.jsonBodyBytes, setting: "limits.json_body"))
        var body = ByteBuffer()
        // Bounded, since a length is easily claimed.
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        body.reserveCapacity(min(max(length, 0), Self.expectedBodyBytes))
        for try await buffer in request.body {
            content.feed(buffer)
            while var piece = try content.next() {
                try share.take(piece.readableBytes)
                body.writeBuffer(&piece)
            }
        }
        try content.finish()
        let attributes = call == .cloudEvents ? request.headers.cloudEventAttributes : []
        guard !attributes.isEmpty else { return body }
        return ByteBuffer(
            bytes: try body.withUnsafeReadableBytes { try CloudEvent.structured(attributes: attributes, data: $0) })
    }

    /// What the sender's key says. Without a key that is known, who may change something may send too.
    private func mapping(
        _ request: Request, _ context: APIContext, keyInBody: String? = nil
    ) async throws -> SourceMapping {
        let header = request.headers[.authorization]
        let presented = AuthorizationHeader.keys(header) + [keyInBody].compactMap { $0 }
        if let known = try ingest.keys.mapping(presented: presented, isRemote: isRemote) { return known }
        let caller = try await access.caller(on: context.channel, authorization: header)
        guard caller.right == .change else { throw access.refusal(of: caller) }
        return SourceMapping()
    }
}

extension HTTPFields {
    /// The attributes of a CloudEvent in binary mode, whose values are percent-encoded (HTTP binding, 3.1.3.2).
    fileprivate var cloudEventAttributes: [(name: String, value: String)] {
        compactMap { field in
            guard field.name.canonicalName.hasPrefix("ce-") else { return nil }
            let name = String(field.name.canonicalName.dropFirst("ce-".count))
            return (name, PercentDecoding.decode(field.value) ?? field.value)
        }
    }
}

extension Response {
    fileprivate init(_ reply: ClientReply) throws(RequestRefusal) {
        switch reply {
        case .answer(let status, let body):
            let status = HTTPResponse.Status(code: status)
            if let body { self.init(json: body, status: status) } else { self.init(status: status) }
        case .error(let status, let code, let detail):
            throw RequestRefusal(status: .init(code: status), code: code, detail: detail)
        }
    }
}
