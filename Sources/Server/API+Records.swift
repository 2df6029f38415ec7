import Engine
import Hummingbird
import NIOCore
import UsageModel

extension API {
    func addRecords(to router: some RouterMethods<APIContext>) {
        router.get("/v1/events") { request, context in
            let query = try QueryParameters(request.uri.query, known: ["from", "kind", "follow", "limit", "cursor"])
            let from = try firstSeq(query)
            let kinds = try query.recordKinds("kind")
            if try query.flag("follow") {
                let stream = RecordStream(
                    engine: engine, kinds: kinds, channel: context.channel, peer: try await context.peer(),
                    limits: limits, logger: logger)
                return Response(
                    status: .ok, headers: [.contentType: "application/x-ndjson"],
                    body: ResponseBody { try await stream.run(from: from, to: &$0) })
            }
            return try await list(try await engine.records(of: kinds, from: from, limit: query.page().limit))
        }
        router.get("/v1/companies/{id}/events") { request, context in
            let query = try QueryParameters(request.uri.query, known: ["from", "kind", "limit", "cursor"])
            let page = try await engine.companyRecords(
                context.part("id"), of: query.recordKinds("kind"), from: firstSeq(query), limit: query.page().limit)
            return try await list(page)
        }
    }

    /// Where a list or a stream of records begins: a page's cursor is the seq of its successor's first record.
    private func firstSeq(_ query: QueryParameters) throws(RequestRefusal) -> UInt64 {
        if let cursor: UInt64 = try query.number("cursor") { return max(1, cursor) }
        return max(1, try query.number("from") ?? 1)
    }

    private func list(_ page: RecordsPage) async throws -> Response {
        let hasMore = page.next <= engine.durableSeq
        return Response(json: ["events": .array(page.records), "next": hasMore ? .int(page.next) : .null])
    }
}
