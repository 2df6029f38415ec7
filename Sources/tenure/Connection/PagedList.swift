import UsageModel

extension HTTPConnection {
    /// As many as one page holds; the daemon answers a page in a few milliseconds between two lines.
    static let pageLimit = 1_000

    /// Reads a list page by page, handing out each element, up to `limit` of them (nil: all).
    /// - Returns: whether the daemon has more than were asked for.
    @discardableResult
    func list(
        _ target: RequestTarget, named name: String, limit: Int?, element: (JSON) throws -> Void
    ) throws -> Bool {
        var left = limit ?? .max
        var cursor: String?
        while left > 0 {
            let page = try get(target.with("limit", String(min(left, Self.pageLimit))).with("cursor", cursor))
            guard let elements = page[name]?.arrayValue else {
                throw CommandError(.failed, "the daemon's answer has no list \"\(name)\"")
            }
            for value in elements.prefix(left) { try element(value) }
            left -= min(left, elements.count)
            guard let next = Self.cursor(page["next"]), next != cursor else { return false }
            cursor = next
        }
        return true
    }

    /// All elements of a list, up to `limit`.
    func list(_ target: RequestTarget, named name: String, limit: Int?) throws -> (elements: [JSON], hasMore: Bool) {
        var elements: [JSON] = []
        let hasMore = try list(target, named: name, limit: limit) { elements.append($0) }
        return (elements, hasMore)
    }

    private static func cursor(_ next: JSON?) -> String? {
        switch next {
        case .string(let text): text
        case .number(let text): text
        default: nil
        }
    }
}
