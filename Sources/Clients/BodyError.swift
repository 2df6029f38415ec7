import UsageModel

/// Why a body as a whole cannot be taken. Nothing of it was.
public struct BodyError: Error, Sendable, Equatable {
    /// For programs: `bad_json`, `too_deep` or `bad_request`.
    public var code: String
    /// For people: what is wrong, and where.
    public var detail: String

    init(code: String, detail: String) {
        self.code = code
        self.detail = detail
    }

    init(_ error: JSONError) {
        code = error.reason == .tooDeep ? "too_deep" : "bad_json"
        detail = "the body is not JSON that can be taken: \(error.message)"
    }
}
