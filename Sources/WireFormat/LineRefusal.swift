import UsageModel

/// Why a line is refused, while it is decoded: trivial, so that throwing it allocates nothing. The
/// words for the sender are made by `detail` only when the refusal is written down.
struct LineRefusal: Error, Sendable {
    var code: LineError
    var explanation: StaticString
    /// Bytes from the line's beginning.
    var offset: Int
    /// The member that the explanation is about, when it is about one.
    var field: JSONLineField?
    /// For limits, in bytes; zero otherwise.
    var limit = 0

    init(_ code: LineError, _ explanation: StaticString, at offset: Int, field: JSONLineField? = nil) {
        self.code = code
        self.explanation = explanation
        self.offset = offset
        self.field = field
    }

    /// Says no more than the limit, so that the same line is refused with the same words however its
    /// bytes arrive.
    init(
        limit: Int, _ code: LineError, _ explanation: StaticString, at offset: Int = 0, field: JSONLineField? = nil
    ) {
        self.init(code, explanation, at: offset, field: field)
        self.limit = limit
    }

    init(_ error: JSONError) {
        let code: LineError =
            switch error.reason {
            case .badUTF8: .badUTF8
            case .tooDeep: .tooDeep
            case .numberOutOfRange: .badNumber
            default: .badJSON
            }
        self.init(code, error.explanation, at: error.offset)
    }

    /// How much of the line is quoted where it went wrong.
    private static let quotedBytes = 24

    /// Words that say what is wrong and where: the place, and what stands there.
    func detail(in line: UnsafeRawBufferPointer) -> String {
        let subject = field.map { "\"\($0.writtenName)\" " } ?? ""
        let what = subject + (limit > 0 ? "\(explanation) (at most \(limit))" : "\(explanation)")
        guard offset < line.count else { return "\(what), at the line's end" }
        let rest = line.dropFirst(offset)
        let quoted = String(decoding: rest.prefix(Self.quotedBytes), as: UTF8.self)
        return "\(what), at byte \(offset): \(quoted.debugDescription)\(rest.count > Self.quotedBytes ? "…" : "")"
    }
}
