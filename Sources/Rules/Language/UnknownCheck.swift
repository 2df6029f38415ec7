/// Finds what could keep a condition unknown: a flag whose clear condition stays unknown is open for
/// ever. `is_known` guards are understood where they stand beside what they guard:
/// `is_known(x) and x > 1`, `not is_known(x) or x > 1`.
struct UnknownCheck {
    /// Conditions of segments and values of score components, by name.
    var segments: [String: Syntax]
    var scores: [String: [Syntax]]
    var emptySets: Set<String>

    /// The first part that can become unknown, as written in `text`; nil when none can.
    func culprit(_ syntax: Syntax, in text: String) -> String? {
        culprit(syntax, Array(text.utf8), guarded: [])
    }

    /// For comparisons: without any white space.
    private func written(_ syntax: Syntax, _ bytes: [UInt8]) -> String {
        guard syntax.end <= bytes.count else { return "" }
        return String(decoding: bytes[syntax.start..<syntax.end], as: UTF8.self).filter { !$0.isWhitespace }
    }

    /// For messages: runs of white space as one blank.
    private func shown(_ syntax: Syntax, _ bytes: [UInt8]) -> String {
        guard syntax.end <= bytes.count else { return "" }
        return String(decoding: bytes[syntax.start..<syntax.end], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func culprit(_ syntax: Syntax, _ bytes: [UInt8], guarded: Set<String>) -> String? {
        if guarded.contains(written(syntax, bytes)) { return nil }
        let text = shown(syntax, bytes)
        switch syntax.form {
        case .all(let parts):
            let known = parts.compactMap { Self.knownArgument($0) }.map { written($0, bytes) }
            return first(parts, bytes, guarded.union(known))
        case .any(let parts):
            let known = parts.compactMap { part -> String? in
                guard case .not(let inner) = part.form else { return nil }
                return Self.knownArgument(inner).map { written($0, bytes) }
            }
            return first(parts, bytes, guarded.union(known))
        case .name(let name):
            return Vocabulary.metric(named: name)?.mayBeUnknown == true ? text : nil
        case .arithmetic(.divide, let left, let right):
            if let found = first([left, right], bytes, guarded) { return found }
            switch right.form {
            case .number, .duration: return nil
            default: return text
            }
        case .call(let function, let arguments):
            return call(function, arguments, text, syntax, bytes, guarded)
        default: return first(syntax.parts, bytes, guarded)
        }
    }

    private func call(
        _ function: String, _ arguments: [Syntax.Argument], _ text: String, _ syntax: Syntax, _ bytes: [UInt8],
        _ guarded: Set<String>
    ) -> String? {
        var name = ""
        if let first = arguments.first, case .text(let literal) = first.value.form { name = literal }
        switch function {
        case "is_known": return nil
        case "change": return text
        case "segment":
            // Another text stands behind it; only whether it can be unknown matters here.
            guard let condition = segments[name] else { return nil }
            return Self.anyUnknown(condition, self) ? text : nil
        case "score":
            guard let components = scores[name], !components.isEmpty else { return nil }
            return components.allSatisfy { Self.anyUnknown($0, self) } ? text : nil
        default:
            if let metric = Vocabulary.metric(named: function) {
                if metric.mayBeUnknown { return text }
                return name.hasPrefix("@") && emptySets.contains(String(name.dropFirst())) ? text : nil
            }
            return first(syntax.parts, bytes, guarded)
        }
    }

    private func first(_ parts: [Syntax], _ bytes: [UInt8], _ guarded: Set<String>) -> String? {
        for part in parts {
            if let found = culprit(part, bytes, guarded: guarded) { return found }
        }
        return nil
    }

    /// Without guards: those of another text cannot be compared.
    private static func anyUnknown(_ syntax: Syntax, _ check: UnknownCheck) -> Bool {
        check.culprit(syntax, [], guarded: []) != nil
    }

    /// The `x` of `is_known(x)`.
    private static func knownArgument(_ syntax: Syntax) -> Syntax? {
        guard case .call("is_known", let arguments) = syntax.form else { return nil }
        return arguments.first?.value
    }
}
