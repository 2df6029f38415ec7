import Rules
import Yams

/// Turns the YAML of a rule file into a draft; reports what is wrong with its form and goes on.
struct RulesReader {
    let fileName: String
    let text: String
    let map: SourceMap
    var diagnostics: [Diagnostic] = []
    let shielded: String

    init(text: String, fileName: String) {
        self.fileName = fileName
        self.text = text
        // Checked again, and reported, in `read`; here so that a huge file is not even looked through.
        let isReadable = text.utf8.count <= RuleSetLimits.byteCount && !ExpressionShield.isAmbiguous(text)
        shielded = isReadable ? ExpressionShield.shield(text) : ""
        map = SourceMap(shielded)
    }

    mutating func read() -> RuleSetDraft {
        var draft = RuleSetDraft(fileName: fileName, text: text)
        guard text.utf8.count <= RuleSetLimits.byteCount else {
            report(.first, nil, "the file has \(text.utf8.count) bytes; at most \(RuleSetLimits.byteCount) are read")
            return draft
        }
        guard !ExpressionShield.isAmbiguous(text) else {
            report(.first, nil, "the private-use characters U+E0F0 to U+E0F5 cannot stand in a rule file")
            return draft
        }
        guard !refusesDeepNesting(), refusesNoAliases(), let root = compose() else { return draft }
        if isEmpty(root) { return draft }
        guard let fields = fields(of: root, allowed: ["sets", "flags", "scores", "stages", "segments"], nil) else {
            return draft
        }
        readSets(fields["sets"], into: &draft)
        // One more than the limit is enough for the compiler to say that there are too many.
        for item in items(fields["flags"]).prefix(RuleSetLimits.flags + 1) { readFlag(item, into: &draft) }
        for item in items(fields["scores"]).prefix(RuleSetLimits.scores + 1) { readScore(item, into: &draft) }
        for item in items(fields["stages"]).prefix(RuleSetLimits.stages + 1) {
            if let stage = condition(item, "stage") { draft.stages.append(stage) }
        }
        for item in items(fields["segments"]).prefix(RuleSetLimits.segments + 1) {
            if let segment = condition(item, "segment") { draft.segments.append(segment) }
        }
        return draft
    }

    /// The document's root; nil when it is empty or no YAML.
    private mutating func compose() -> Node? {
        // Yams keeps a pointer into the string; short strings have no stable one, so none is short.
        let padded = shielded + String(repeating: "\n", count: 16)
        do {
            return try Yams.compose(yaml: padded, .basic, .default, .utf8)
        } catch let error as YamlError {
            report(error)
        } catch {
            report(.first, nil, "the file cannot be read as YAML: \(error)")
        }
        return nil
    }

    private mutating func report(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // What breaks off at the end is noticed behind the padding.
            let position = map.withinText(SourcePosition(line: mark.line, column: mark.column))
            report(position, nil, "not valid YAML: \(context.map { $0.text + ", " } ?? "")\(problem)")
        case .reader(let problem, let offset, _, _):
            // Yams counts characters as Swift does, the map scalars: CRLF is one and two.
            let index = offset.map { shielded.prefix($0).unicodeScalars.count }
            let position = index.map { map.position(at: $0) } ?? .first
            report(position, nil, "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let position = SourcePosition(line: max(1, context.mark.line), column: max(1, context.mark.column))
            report(position, nil, "the key \"\(duplicates.first ?? "")\" is given twice")
        default:
            report(.first, nil, "the file cannot be read as YAML: \(error)")
        }
    }
}

extension RulesReader {
    mutating func report(
        _ position: SourcePosition, _ subject: String?, _ message: String,
        suggestion: @autoclosure () -> String? = nil
    ) {
        guard diagnostics.count <= RuleSetLimits.mistakes else { return }
        diagnostics.append(
            Diagnostic(
                file: fileName, position: position, subject: subject, message: message, suggestion: suggestion()))
    }

    func position(_ node: Node) -> SourcePosition {
        node.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .first
    }

    /// Aliases make a small file a huge tree; a rule file has no use for them.
    private mutating func refusesNoAliases() -> Bool {
        let bytes = Array(shielded.utf8)
        let anchors = names(behind: UInt8(ascii: "&"), in: bytes)
        let aliases = names(behind: UInt8(ascii: "*"), in: bytes)
        let known = Set(anchors.map(\.name))
        guard let alias = aliases.first(where: { known.contains($0.name) }) else { return true }
        let index = String(decoding: bytes[..<alias.offset], as: UTF8.self).unicodeScalars.count
        report(map.position(at: index), nil, "aliases such as *\(alias.name) cannot stand in a rule file")
        return false
    }

    /// Words that follow `sign` where YAML may read an anchor or an alias.
    private func names(behind sign: UInt8, in bytes: [UInt8]) -> [(name: String, offset: Int)] {
        let before = Array(" \t\r\n[]{},:-?".utf8)
        let after = Array(" \t\r\n[]{},".utf8)
        var found: [(String, Int)] = []
        for (offset, byte) in bytes.enumerated()
        where byte == sign && (offset == 0 || before.contains(bytes[offset - 1])) {
            let end = bytes[(offset + 1)...].firstIndex { after.contains($0) } ?? bytes.count
            if end > offset + 1 { found.append((String(decoding: bytes[(offset + 1)..<end], as: UTF8.self), offset)) }
        }
        return found
    }
}

/// The keys of a mapping that are known, with their values.
struct Fields {
    var node: Node
    var values: [String: Node]

    subscript(key: String) -> Node? { values[key] }
}

extension RulesReader {
    /// `null`, `~` or nothing.
    func isEmpty(_ node: Node?) -> Bool {
        guard let node else { return true }
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    /// Nil, and reported, when `node` is no mapping. Reports unknown keys.
    mutating func fields(of node: Node, allowed: [String], _ subject: String?) -> Fields? {
        guard case .mapping(let mapping) = node else {
            report(
                position(node), subject,
                "keys and values are expected here: \(allowed.joined(separator: ", "))")
            return nil
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                report(position(key), subject, "a key must be a word")
                continue
            }
            guard allowed.contains(scalar.string) else {
                report(
                    position(key), subject, "unknown key \"\(scalar.string)\"",
                    suggestion: Suggestion.nearest(to: scalar.string, among: allowed) ?? "known are "
                        + allowed.joined(separator: ", "))
                continue
            }
            if !isEmpty(value) { values[scalar.string] = value }
        }
        return Fields(node: node, values: values)
    }

    /// The elements of a list; reports what is no list.
    mutating func items(_ node: Node?, _ subject: String? = nil) -> [Node] {
        guard let node, !isEmpty(node) else { return [] }
        if case .sequence(let sequence) = node { return Array(sequence) }
        report(position(node), subject, "a list is expected here")
        return []
    }

    /// Reports what is no text.
    mutating func source(_ node: Node?, _ subject: String?) -> SourceText? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node else {
            report(position(node), subject, "one value is expected here, not a list or a mapping")
            return nil
        }
        return map.trace(scalar).source
    }

    /// Reports the key when it is missing.
    mutating func required(_ key: String, _ fields: Fields, _ subject: String?) -> SourceText? {
        guard let node = fields[key] else {
            report(position(fields.node), subject, "\"\(key)\" is missing")
            return nil
        }
        return source(node, subject)
    }

    mutating func word<T: RawRepresentable & CaseIterable>(
        _ key: String, _ fields: Fields, _ subject: String?, as: T.Type, default fallback: T? = nil
    ) -> T? where T.RawValue == String {
        if fields[key] == nil, let fallback { return fallback }
        guard let source = required(key, fields, subject) else { return nil }
        if let value = T(rawValue: source.text) { return value }
        let known = T.allCases.map(\.rawValue)
        report(
            source.start, subject, "\(key) \"\(source.text)\" is unknown",
            suggestion: Suggestion.nearest(to: source.text, among: known) ?? "known are "
                + known.joined(separator: ", "))
        return nil
    }

    /// Milliseconds; nil where the key is missing or wrong.
    mutating func duration(_ key: String, _ fields: Fields, _ subject: String?) -> Int64? {
        guard let source = source(fields[key], subject) else { return nil }
        if let milliseconds = DurationText.milliseconds(source.text) { return milliseconds }
        let isBare = Double(source.text) != nil
        report(
            source.start, subject, "\(key) must be a duration of at most ten years, such as 28d or 36h",
            suggestion: isBare ? "write \(source.text)d" : nil)
        return nil
    }

    /// The name of an item for diagnostics, before its fields are read.
    func name(of node: Node) -> String? {
        guard case .mapping(let mapping) = node else { return nil }
        for (key, value) in mapping {
            if case .scalar(let key) = key, key.string == "name", case .scalar(let name) = value { return name.string }
        }
        return nil
    }

    func subject(_ what: String, _ node: Node) -> String { name(of: node).map { "\(what) \"\($0)\"" } ?? what }
}
