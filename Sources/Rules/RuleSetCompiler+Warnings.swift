// What is no mistake, but a surprise to somebody some day.
extension RuleSetCompiler {
    mutating func collectWarnings(flags compiled: [CompiledFlag?], stages stageExpressions: [CompiledExpression?]) {
        for (stage, when) in zip(stages, stageExpressions) {
            if let when { warnOfCurves(when, stage.when, stage.subject) }
        }
        let check = UnknownCheck(
            segments: Dictionary(
                segments.compactMap { segment in segment.when.syntax.map { (segment.draft.name.text, $0) } },
                uniquingKeysWith: { first, _ in first }),
            scores: Dictionary(
                scores.map { ($0.draft.name.text, $0.values.compactMap(\.syntax)) },
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
        _ position: SourcePosition, _ subject: String, _ message: String, suggestion: String? = nil
    ) {
        warnings.append(
            Diagnostic(
                weight: .warning, file: draft.fileName, position: position, subject: subject, message: message,
                suggestion: suggestion))
    }

    private mutating func warnOfCurves(
        _ compiled: CompiledExpression, _ parsed: ParsedExpression, _ subject: String
    ) {
        for text in compiled.curved {
            warn(
                parsed.source.start, subject,
                "\(text) is not linear in time: between records it is looked at on each UTC hour only")
        }
    }

    /// A flag whose clear condition stays unknown is open for ever.
    private mutating func warnOfUnknown(_ flag: ParsedFlag, _ check: UnknownCheck) {
        let parsed = flag.clear ?? flag.when
        guard let syntax = parsed.syntax, let culprit = check.culprit(syntax, in: parsed.source.text) else { return }
        warn(
            parsed.source.start, flag.subject,
            "while \(culprit) is unknown, \(flag.clear == nil ? "when" : "clear") is neither true nor false and "
                + "would hold an open flag",
            suggestion: flag.clear == nil
                ? "give it a clear with not is_known(\(culprit))" : "add: or not is_known(\(culprit))")
    }
}
