// What is no mistake, but a surprise to somebody some day.
extension RuleSetCompiler {
    mutating func collectWarnings(flags compiled: [CompiledFlag?], stages stageExpressions: [CompiledExpression?]) {
        for (stage, when) in zip(stages, stageExpressions) {
            if let when { warnOfCurves(when, stage.when, stage.subject) }
        }
        let check = UnknownCheck(
            segments: Dictionary(
                segments.compactMap { segment in segment.when.part.map { (segment.draft.name.text, $0) } },
                uniquingKeysWith: { first, _ in first }),
            scores: Dictionary(
                scores.map { ($0.draft.name.text, $0.values.compactMap(\.part)) },
                uniquingKeysWith: { first, _ in first }),
            emptySets: Set(draft.sets.filter(\.tasks.isEmpty).map(\.name.text)))
        for case .some(let flag) in compiled {
            let source = flags[flag.source]
            warnOfCurves(flag.when, source.when, source.subject)
            if let clear = flag.clear, let parsed = source.clear { warnOfCurves(clear, parsed, source.subject) }
            warnOfUnknown(source, check)
        }
    }

    private mutating func warn(
        _ part: Range<Int>, in source: SourceText, _ subject: String, _ message: String, suggestion: String? = nil
    ) {
        warnings.append(
            Diagnostic(
                weight: .warning, file: draft.fileName, position: source.position(at: part.lowerBound),
                end: source.end(at: part.upperBound), subject: subject, message: message, suggestion: suggestion))
    }

    private mutating func warnOfCurves(
        _ compiled: CompiledExpression, _ parsed: ParsedExpression, _ subject: String
    ) {
        for curve in compiled.curved {
            warn(
                curve.part, in: parsed.source, subject,
                "\(curve.text) is not linear in time: between records it is looked at on each UTC hour only")
        }
    }

    /// A flag whose clear condition cannot come true is open for ever.
    private mutating func warnOfUnknown(_ flag: ParsedFlag, _ check: UnknownCheck) {
        let parsed = flag.clear ?? flag.when
        let needed: Verdict = flag.clear == nil ? .false : .true
        guard let part = parsed.part else { return }
        let culprits = check.culprits(part, needed: needed)
        guard let first = culprits.first else { return }
        var texts: [String] = []
        for culprit in culprits {
            let text = String(decoding: Array(part.text.utf8)[culprit.start..<culprit.end], as: UTF8.self)
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if !texts.contains(text) { texts.append(text) }
        }
        let named = texts.prefix(Self.culpritsNamed).joined(separator: " and ") + (texts.count > 1 ? " are" : " is")
        let state = flag.clear == nil ? "when cannot be false" : "clear cannot be true"
        warn(
            first.start..<first.end, in: parsed.source, flag.subject,
            "while \(named) unknown, \(state), and an open flag stays open",
            suggestion: flag.clear == nil
                ? "give it a clear with not is_known(\(texts[0]))" : "add: or not is_known(\(texts[0]))")
    }

    /// As many as one can read in a sentence.
    private static let culpritsNamed = 3
}
