import Engine
import Hummingbird
import NIOCore
import UsageModel
import WireFormat

extension API {
    /// `POST /v1/events`: lines as on `ingest.sock`, decoded as they arrive. Answers when all are
    /// settled and durable; refused lines stand in the answer and change nothing about the others.
    func takeEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.bodyBytes {
            throw tooLarge()
        }
        let sink = EventsRequest()
        let session = engine.openSession(peer: try await context.peer(), sink: sink)
        var feed = LineFeed(limits: ingest.decoderLimits, precision: ingest.precision)
        var failure: RequestRefusal?
        do {
            try await receive(request.body, into: &feed, session, sink)
        } catch {
            failure = RequestRefusal(error)
        }
        // Whatever went wrong, what was taken must be settled and the session must end. A body that
        // broke off may end within a line, which must then not be taken for a whole one.
        if failure == nil { await submit(&feed, atEnd: true, session, sink) }
        session.submit(await sink.batch(from: session), last: true)
        await sink.finished()
        if let failure { throw failure }
        return Response(json: sink.answer)
    }

    private func receive(
        _ body: RequestBody, into feed: inout LineFeed, _ session: Session, _ sink: EventsRequest
    ) async throws {
        var received = 0
        for try await buffer in body {
            received += buffer.readableBytes
            guard received <= limits.bodyBytes else { throw tooLarge() }
            feed.receive(buffer)
            await submit(&feed, atEnd: false, session, sink)
        }
    }

    private func submit(_ feed: inout LineFeed, atEnd: Bool, _ session: Session, _ sink: EventsRequest) async {
        while feed.isDecodable(atEnd: atEnd) {
            var batch = await sink.batch(from: session)
            feed.decode(into: &batch, atEnd: atEnd)
            if batch.lines.isEmpty {
                session.returnBatch(batch)
                return
            }
            session.submit(batch, last: false)
        }
    }

    private func tooLarge() -> RequestRefusal {
        .tooLarge("the body is longer than \(limits.bodyBytes) bytes (limits.body); send it in parts")
    }
}
