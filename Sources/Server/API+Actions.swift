import Engine
import Hummingbird
import NIOCore
import UsageModel

extension API {
    func addActions(to router: some RouterMethods<APIContext>) {
        router.post("/v1/reload") { _, context in
            Response(json: try await engine.act(.reload, by: context.peer()))
        }
        router.post("/v1/backup") { request, _ in
            let directory = try Self.text(
                "directory", of: try await body(of: request), "where the backup is to be made")
            guard directory.hasPrefix("/") else {
                throw RequestRefusal.badRequest(
                    "directory: \"\(directory)\" is relative; give a path that begins with /")
            }
            return Response(json: try await engine.backUp(to: directory))
        }
        router.post("/v1/checkpoint") { _, _ in Response(json: try await engine.checkpoint()) }
        router.post("/v1/clock/accept") { _, context in
            Response(json: try await engine.act(.acceptClock, by: context.peer()))
        }
        router.post("/v1/flags/{id}/{action}") { request, context in
            let body = try await body(of: request)
            let action = try Self.action(context.part("action"), on: context.part("id"), body)
            return Response(json: try await engine.act(action, by: context.peer()))
        }
    }

    /// The request's JSON object; an empty one when there is no body.
    func body(of request: Request) async throws -> JSON {
        let buffer = try await request.body.collect(upTo: limits.smallBodyBytes)
        guard buffer.readableBytes > 0 else { return .object([]) }
        do {
            let json = try buffer.withUnsafeReadableBytes { try JSON.parse($0) }
            guard case .object = json else { throw RequestRefusal.badRequest("the body must be a JSON object") }
            return json
        } catch let error as JSONError {
            throw RequestRefusal.badRequest("the body is not JSON: \(error)")
        }
    }

    /// What an operator means by `POST /v1/flags/{flag}/{name}` with `body`.
    static func action(_ name: String, on flag: String, _ body: JSON) throws(RequestRefusal) -> Action {
        switch name {
        case "ack": return .acknowledge(flag: flag)
        case "snooze":
            let text = try text("until", of: body, "an RFC 3339 time, such as 2026-12-01T09:00:00Z")
            guard let until = Timestamp(rfc3339: text) else {
                throw .badRequest("until: \"\(text)\" is not an RFC 3339 time, such as 2026-12-01T09:00:00Z")
            }
            return .snooze(flag: flag, until: until)
        case "wake": return .wake(flag: flag)
        case "assign":
            let owner = body["owner"]?.isNull == true ? nil : try text("owner", of: body, "who looks after it, or null")
            return .assign(flag: flag, owner: owner)
        case "note": return .note(flag: flag, text: try text("text", of: body, "what is to be remembered"))
        case "close":
            return .close(flag: flag, verdict: try text("as", of: body, "one of saved, lost, false_alarm"))
        default:
            throw .notFound(
                "\"\(name)\" is nothing one can do to a flag; there are ack, snooze, wake, assign, note, close")
        }
    }

    private static func text(_ name: String, of body: JSON, _ meaning: String) throws(RequestRefusal) -> String {
        guard let text = body[name]?.stringValue, !text.isEmpty else {
            throw .badRequest("the body needs \"\(name)\": \(meaning)")
        }
        return text
    }
}
