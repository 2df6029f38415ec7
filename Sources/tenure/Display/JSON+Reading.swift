import UsageModel

extension JSON {
    /// The member at `path`; nil where it is absent or null.
    func at(_ path: String...) -> JSON? {
        var value = self
        for name in path {
            guard let member = value[name] else { return nil }
            value = member
        }
        return value.isNull ? nil : value
    }

    /// Text as it is, numbers as written, booleans as words, lists with commas; nil for null.
    var plainText: String? {
        switch self {
        case .null: nil
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): text
        case .array(let elements): elements.map { $0.plainText ?? "" }.joined(separator: ",")
        case .object: text
        }
    }

    /// The numbers of a list, unknown ones as nil.
    var numbers: [Double?] { (arrayValue ?? []).map(\.doubleValue) }

    /// Every value with the dotted path that leads to it, in order; lists of objects are numbered from 0.
    func flattened() -> [(path: String, value: String)] {
        var rows: [(String, String)] = []
        flatten(path: "", into: &rows)
        return rows
    }

    private func flatten(path: String, into rows: inout [(String, String)]) {
        func child(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
        switch self {
        case .object(let members):
            for member in members { member.value.flatten(path: child(member.name), into: &rows) }
        case .array(let elements) where elements.contains { $0.members != nil }:
            for (index, element) in elements.enumerated() { element.flatten(path: child(String(index)), into: &rows) }
        default:
            rows.append((path, plainText ?? ""))
        }
    }

    /// For a pipe: one path and value a line, tab-separated, unknown values empty.
    var tabSeparatedPaths: String {
        flattened().map { row in
            PrintableText.escaping(row.path) + "\t" + PrintableText.escaping(row.value) + "\n"
        }.joined()
    }
}
