import Engine
import Hummingbird
import Logging

/// Writes down who did what, and what was refused and why, for whoever reads the daemon's log.
struct ActionLog: RouterMiddleware {
    typealias Context = APIContext

    let logger: Logger

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let peer = try await context.peer().name
        let action = "\(request.method) \(request.uri.path) by \(peer)"
        var metadata: Logger.Metadata = ["peer": "\(peer)", "path": "\(request.uri.path)"]
        do {
            let response = try await next(request, context)
            logger.notice("\(action)", metadata: metadata)
            return response
        } catch {
            let refusal = RequestRefusal(error)
            metadata["code"] = "\(refusal.code)"
            // Several lines show a place by their columns, so they begin where a line begins.
            let separator = refusal.detail.contains("\n") ? "\n" : " "
            logger.warning("\(action) refused:\(separator)\(refusal.detail)", metadata: metadata)
            throw error
        }
    }
}
