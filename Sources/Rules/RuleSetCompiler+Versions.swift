/// Versions of flag rules. A rule's meaning depends on the sets, scores and segments that it names,
/// so their text is part of its version; a comment elsewhere in the file is not.
struct RuleVersions {
    private var sets: [String: String] = [:]
    private var scores: [String: (text: String, references: [Reference])] = [:]
    private var segments: [String: (text: String, references: [Reference])] = [:]

    init(_ compiler: RuleSetCompiler) {
        for set in compiler.draft.sets { sets[set.name.text] = set.tasks.joined(separator: "\n") }
        for score in compiler.scores {
            let lines = zip(score.draft.components, score.values).map {
                "\($0.name.text): \($0.weight) * \($1.source.text)"
            }
            let text = score.draft.combine.rawValue + "\n" + lines.joined(separator: "\n")
            scores[score.draft.name.text] = (text, score.values.flatMap(\.references))
        }
        for segment in compiler.segments {
            segments[segment.draft.name.text] = (segment.when.source.text, segment.when.references)
        }
    }

    func version(of flag: RuleSetCompiler.ParsedFlag) -> String {
        var text = Self.text(of: flag.draft)
        var seen: Set<String> = []
        var pending = Array((flag.when.references + (flag.clear?.references ?? [])).reversed())
        while let reference = pending.popLast() {
            let part: (text: String, references: [Reference])?
            switch reference.kind {
            case .set: part = sets[reference.name].map { ($0, []) }
            case .score: part = scores[reference.name]
            case .segment: part = segments[reference.name]
            case .flag, .stage: part = nil
            }
            guard let part, seen.insert("\(reference.kind) \(reference.name)").inserted else { continue }
            text += "\n\(reference.kind) \(reference.name)\n" + part.text
            pending.append(contentsOf: part.references.reversed())
        }
        return contentVersion(of: text)
    }

    /// The rule as written; where no file stands behind it, its parts.
    static func text(of draft: RuleSetDraft.Flag) -> String {
        if !draft.text.isEmpty { return draft.text }
        var lines = [
            "name: \(draft.name.text)", "kind: \(draft.kind.rawValue)", "severity: \(draft.severity.rawValue)",
            "when: \(draft.when.text)",
        ]
        if let clear = draft.clear { lines.append("clear: \(clear.text)") }
        return lines.joined(separator: "\n")
    }
}
