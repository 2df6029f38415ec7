import Clients
import Engine
import Hummingbird
import NIOCore
import UsageModel

/// A request that gets no answer, and why: the status, a code for programs and a sentence for people.
///
/// The body has four names for the sentence because every client library reads another one.
struct RequestRefusal: Error, Equatable {
    var status: HTTPResponse.Status
    var code: String
    var detail: String

    static func badRequest(_ detail: String) -> RequestRefusal {
        RequestRefusal(status: .badRequest, code: "bad_request", detail: detail)
    }

    static func notFound(_ detail: String) -> RequestRefusal {
        RequestRefusal(status: .notFound, code: "not_found", detail: detail)
    }

    /// A TCP connection without a token that is known.
    static let unauthorized = RequestRefusal(
        status: .unauthorized, code: "unauthorized",
        detail: "this listener needs a token: `Authorization: Bearer TOKEN`, with one of the file http.tokens")

    static func forbidden(_ detail: String) -> RequestRefusal {
        RequestRefusal(status: .forbidden, code: "forbidden", detail: detail)
    }

    static func tooLarge(_ detail: String) -> RequestRefusal {
        RequestRefusal(status: .contentTooLarge, code: "too_large", detail: detail)
    }

    /// Not now, and later yes: `response` says when.
    static func busy(_ detail: String) -> RequestRefusal {
        RequestRefusal(status: .serviceUnavailable, code: "busy", detail: detail)
    }

    init(status: HTTPResponse.Status, code: String, detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    init(_ error: QuestionError) {
        let status: HTTPResponse.Status =
            switch error {
            case .notFound: .notFound
            case .badRequest: .badRequest
            case .refused: .conflict
            case .stopping: .serviceUnavailable
            }
        self.init(status: status, code: error.code, detail: error.detail)
    }

    /// What any error thrown on the way to an answer means for the client.
    init(_ error: any Error) {
        switch error {
        case let error as RequestRefusal: self = error
        case let error as QuestionError: self.init(error)
        case let error as BodyError: self.init(status: .badRequest, code: error.code, detail: error.detail)
        case is NIOTooManyBytesError: self = .tooLarge("the body is longer than this path takes (limits.small_body)")
        case let error as any HTTPResponseError:
            self.init(
                status: error.status, code: Self.code(of: error.status),
                detail: "\(error.status.reasonPhrase): this is not one of the daemon's paths; INTERFACE has the list")
        default:
            self.init(status: .internalServerError, code: "internal", detail: "\(error)")
        }
    }

    private static func code(of status: HTTPResponse.Status) -> String {
        status == .notFound ? "not_found" : "bad_request"
    }

    /// The sentence in one line; several stay in `detail` alone, where lines that are indented show the place.
    private var message: String {
        guard detail.contains("\n") else { return detail }
        let lines = detail.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        return lines.count > 1 ? "refused for \(lines.count) reasons" : String(lines.first ?? "")
    }

    var response: Response {
        let body: JSON = [
            "code": .string(code), "message": .string(message), "error": .string(message), "detail": .string(detail),
        ]
        var response = Response(json: body, status: status)
        // Busy is never for long: the sender should come again.
        if status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

/// Turns whatever a route throws into the one error body.
struct RefusalMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is CancellationError {
            return RequestRefusal(QuestionError.stopping).response
        } catch let error as any HTTPResponseError where error.status == .notFound {
            return RequestRefusal.notFound("\(request.method) \(request.uri.path) is not one of the daemon's paths")
                .response
        } catch {
            return RequestRefusal(error).response
        }
    }
}

extension Response {
    /// `json` and a line feed, so that an answer shown in a terminal ends its line.
    init(json: JSON, status: HTTPResponse.Status = .ok) {
        var bytes = json.utf8
        bytes.append(UInt8(ascii: "\n"))
        self.init(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
