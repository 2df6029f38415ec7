import Engine
import Hummingbird
import NIOCore
import UsageModel

extension API {
    func addBacktest(to router: some RouterMethods<APIContext>) {
        router.post("/v1/backtest") { request, _ in
            let query = try QueryParameters(
                request.uri.query, known: ["file", "since", "against", "churned_after", "known_at", "part", "flags"])
            let body = try await request.body.collect(upTo: limits.smallBodyBytes)
            guard let text = String(validating: body.readableBytesView, as: UTF8.self), !text.isEmpty else {
                throw RequestRefusal.badRequest("the body must be a rule file, in UTF-8")
            }
            var backtest = BacktestRequest(rules: RulesSource(fileName: query["file"] ?? "the body", text: text))
            backtest.since = try query.instant("since")
            backtest.truth = try Self.truth(against: query["against"], churnedAfter: query["churned_after"])
            backtest.knownAt = try Self.knownAt(query["known_at"])
            backtest.part = try Self.part(query["part"])
            backtest.listsFlags = try query.flag("flags")
            return Response(json: try await engine.backtest(backtest))
        }
    }

    private static func truth(
        against: String?, churnedAfter: String?
    ) throws(RequestRefusal) -> BacktestTruth? {
        if against == nil, churnedAfter == nil { return nil }
        guard let truth = BacktestTruth(against: against, churnedAfter: churnedAfter) else {
            throw .badRequest(
                "give either against=outcome:churned (or another outcome), or churned_after in whole days, such as 180d"
            )
        }
        return truth
    }

    private static func knownAt(_ text: String?) throws(RequestRefusal) -> BacktestRequest.KnownAt? {
        guard let text else { return nil }
        guard let knownAt = BacktestRequest.KnownAt(rawValue: text) else {
            throw .badRequest("known_at=\(text): give log or event")
        }
        return knownAt
    }

    private static func part(_ text: String?) throws(RequestRefusal) -> BacktestPart? {
        guard let text else { return nil }
        guard let part = BacktestPart(text) else {
            throw .badRequest("part=\(text): give a part such as 1/2, of at most \(BacktestPart.greatestCount)")
        }
        return part
    }
}
