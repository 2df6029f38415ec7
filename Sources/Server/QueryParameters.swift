import Engine
import UsageModel

/// The part of a request's target behind `?`, with only the names that its path knows.
///
/// An unknown name is refused: a misspelt filter would otherwise answer another question. Only other systems'
/// clients, which name databases and buckets that we do not have, are let pass (`ignoresOthers`).
struct QueryParameters {
    private var values: [String: String] = [:]

    init(_ query: String?, known names: [String], ignoresOthers: Bool = false) throws(RequestRefusal) {
        for part in (query ?? "").split(separator: "&") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentDecoding.decode(pieces[0], plusIsSpace: true),
                let value = PercentDecoding.decode(pieces.count > 1 ? pieces[1] : "", plusIsSpace: true)
            else { throw .badRequest("the query part \"\(part)\" is not percent-encoded UTF-8") }
            guard names.contains(name) else {
                if ignoresOthers { continue }
                let list = names.isEmpty ? "none" : names.joined(separator: ", ")
                throw .badRequest("unknown query parameter \"\(name)\"; this path knows: \(list)")
            }
            values[name] = value
        }
    }

    /// Nil when absent or empty.
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// `name`, `name=1` or `name=true`.
    func flag(_ name: String) throws(RequestRefusal) -> Bool {
        switch values[name] {
        case nil, "0", "false": return false
        case "", "1", "true": return true
        case let value?: throw .badRequest("\(name)=\(value): give 1 or 0")
        }
    }

    func number<N: FixedWidthInteger>(_ name: String) throws(RequestRefusal) -> N? {
        guard let text = self[name] else { return nil }
        guard let number = N(text), number >= 0 else { throw .badRequest("\(name)=\(text): give a whole number") }
        return number
    }

    /// A date, which is its first instant in UTC, or an RFC 3339 time.
    func instant(_ name: String) throws(RequestRefusal) -> Timestamp? {
        guard let text = self[name] else { return nil }
        guard let instant = Day(iso: text)?.startUTC ?? Timestamp(rfc3339: text) else {
            throw .badRequest("\(name)=\(text): give a date such as 2026-01-01, or an RFC 3339 time")
        }
        return instant
    }

    /// Kinds of records as they are named in answers, separated by commas; all of them when absent.
    func recordKinds(_ name: String) throws(RequestRefusal) -> RecordKinds {
        guard let text = self[name] else { return .all }
        var kinds: RecordKinds = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = RecordKind.allCases.first(where: { "\($0)" == word }) else {
                let list = RecordKind.allCases.map { "\($0)" }.joined(separator: ", ")
                throw .badRequest("\(name)=\(text): give one or more of \(list), separated by commas")
            }
            kinds.formUnion(RecordKinds(kind))
        }
        return kinds
    }

    /// From `limit` and `cursor`.
    func page() throws(RequestRefusal) -> Page {
        guard let limit: Int = try number("limit") else { return Page(cursor: self["cursor"]) }
        guard (1...Page.greatestLimit).contains(limit) else {
            throw .badRequest("limit=\(limit): give 1 to \(Page.greatestLimit)")
        }
        return Page(limit: limit, cursor: self["cursor"])
    }
}
