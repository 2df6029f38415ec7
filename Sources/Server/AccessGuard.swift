import Hummingbird

/// Stands before routes that need a right: finds out who calls, and lets through who has it.
struct AccessGuard: RouterMiddleware {
    typealias Context = APIContext

    let policy: AccessPolicy
    let needed: AccessRight

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let caller = try await policy.caller(on: context.channel, authorization: request.headers[.authorization])
        if needed == .change, caller.right != .change { throw policy.refusal(of: caller) }
        var context = context
        context.caller = caller
        return try await next(request, context)
    }
}
