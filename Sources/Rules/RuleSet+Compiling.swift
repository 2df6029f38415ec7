public import UsageModel

/// Every mistake of a rule file, in the order of the file.
public struct RuleSetError: Error, Sendable, Hashable, CustomStringConvertible {
    public var diagnostics: [Diagnostic]

    /// - Parameters:
    ///   - diagnostics: in any order, and some perhaps twice.
    ///   - text: the whole text of the file.
    public init(diagnostics: [Diagnostic], text: String) {
        var seen: Set<Diagnostic> = []
        let sorted = diagnostics.filter { seen.insert($0).inserted }.sorted { $0.position < $1.position }
        self.diagnostics = Array(sorted.prefix(RuleSetLimits.mistakes)).withExcerpts(of: text)
        guard sorted.count > RuleSetLimits.mistakes, let last = self.diagnostics.last else { return }
        self.diagnostics.append(
            Diagnostic(
                file: last.file, position: last.position,
                message: "there are more mistakes; the first \(RuleSetLimits.mistakes) are named"))
    }

    /// Each mistake in a line, with the place in the file below it.
    public var description: String { diagnostics.map(\.report).joined(separator: "\n") }
}

extension RuleSet {
    /// Checks and compiles a whole draft, or says everything that is wrong with it.
    public static func compile(
        _ draft: RuleSetDraft, taskID: (String) -> TaskID
    ) throws(RuleSetError) -> RuleSet {
        let (rules, diagnostics) = check(draft, taskID: taskID)
        guard let rules else { throw RuleSetError(diagnostics: diagnostics, text: draft.text) }
        return rules
    }

    /// The rules, or nil and the mistakes. For readers that have found mistakes of their own and want
    /// to report all at once.
    public static func check(
        _ draft: RuleSetDraft, taskID: (String) -> TaskID
    ) -> (RuleSet?, [Diagnostic]) {
        withoutActuallyEscaping(taskID) { taskID in
            var compiler = RuleSetCompiler(draft: draft, taskID: taskID)
            let rules = compiler.compile()
            return (rules, compiler.diagnostics.sorted { $0.position < $1.position })
        }
    }
}

/// An expression of a draft with its syntax, nil where its grammar is broken.
struct ParsedExpression {
    var source: SourceText
    var syntax: Syntax?
    var mistakes: [ExpressionMistake]
    var references: [Reference]

    init(_ source: SourceText) {
        self.source = source
        (syntax, mistakes) = Syntax.parse(source.text)
        references = syntax?.references ?? []
    }

    /// For checks of the grammar alone.
    var part: UnknownCheck.Part? { syntax.map { UnknownCheck.Part(syntax: $0, text: source.text) } }
}

/// Turns a draft into rules: parse everything, order what names what, compile in that order.
struct RuleSetCompiler {
    struct ParsedFlag {
        var draft: RuleSetDraft.Flag
        var when: ParsedExpression
        var clear: ParsedExpression?
        var subject: String
    }

    struct ParsedScore {
        var draft: RuleSetDraft.Score
        var values: [ParsedExpression]
        var subject: String
    }

    struct ParsedCondition {
        var draft: RuleSetDraft.Condition
        var when: ParsedExpression
        var subject: String
    }

    let draft: RuleSetDraft
    let taskID: (String) -> TaskID
    let builder = ProgramBuilder()
    var names = RuleNames()
    var diagnostics: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    let flags: [ParsedFlag]
    let scores: [ParsedScore]
    let stages: [ParsedCondition]
    let segments: [ParsedCondition]

    init(draft: RuleSetDraft, taskID: @escaping (String) -> TaskID) {
        self.draft = draft
        self.taskID = taskID
        // Beyond the limit, which is reported, no name of `inhibits` is looked at.
        var inhibitsLeft = RuleSetLimits.inhibits
        flags = draft.flags.prefix(RuleSetLimits.flags).map { flag in
            var flag = flag
            flag.inhibits = Array(flag.inhibits.prefix(inhibitsLeft))
            inhibitsLeft -= flag.inhibits.count
            return ParsedFlag(
                draft: flag, when: ParsedExpression(flag.when), clear: flag.clear.map { ParsedExpression($0) },
                subject: flag.name.text.isEmpty ? "flag" : "flag \"\(flag.name.text)\"")
        }
        scores = draft.scores.prefix(RuleSetLimits.scores).map {
            ParsedScore(
                draft: $0, values: $0.components.map { ParsedExpression($0.value) },
                subject: "score \"\($0.name.text)\"")
        }
        stages = draft.stages.prefix(RuleSetLimits.stages).map {
            ParsedCondition(draft: $0, when: ParsedExpression($0.when), subject: "stage \"\($0.name.text)\"")
        }
        segments = draft.segments.prefix(RuleSetLimits.segments).map {
            ParsedCondition(draft: $0, when: ParsedExpression($0.when), subject: "segment \"\($0.name.text)\"")
        }
    }

    mutating func compile() -> RuleSet? {
        checkCounts()
        checkNames()
        for set in draft.sets { names.sets[set.name.text] = distinct(set.tasks).map(taskID) }
        names.stages = Set(stages.map(\.draft.name.text))
        // Until they are compiled, and for good where they have mistakes, scores and segments are
        // names without a meaning.
        for score in scores { names.scores[score.draft.name.text] = .some(nil) }
        for segment in segments { names.segments[segment.draft.name.text] = .some(nil) }
        let order = evaluationOrder()
        for (position, flag) in order.flags.enumerated() {
            names.flags[flags[flag].draft.name.text] = position
        }
        var segmentRoots: [Int: CompiledExpression] = [:]
        var scoreParts: [Int: [CompiledExpression]] = [:]
        for shared in order.shared {
            switch shared {
            case .segment(let index): segmentRoots[index] = compileSegment(index)
            case .score(let index): scoreParts[index] = compileScore(index)
            }
        }
        let stageExpressions = stages.map { compile($0.when, $0.subject, .condition) }
        let compiledFlags = order.flags.map { compileFlag($0) }
        if diagnostics.isEmpty { checkCost(flags: compiledFlags, stages: stageExpressions) }
        guard diagnostics.isEmpty else { return nil }
        collectWarnings(flags: compiledFlags, stages: stageExpressions)
        return assemble(
            order, segments: segmentRoots, scores: scoreParts, stages: stageExpressions, flags: compiledFlags)
    }

    private func distinct(_ tasks: [String]) -> [String] {
        var seen: Set<String> = []
        return tasks.filter { seen.insert($0).inserted }
    }
}

extension RuleSetCompiler {
    mutating func report(
        _ position: SourcePosition, _ subject: String?, _ message: String, suggestion: String? = nil
    ) {
        diagnostics.append(
            Diagnostic(
                file: draft.fileName, position: position, subject: subject, message: message, suggestion: suggestion))
    }

    mutating func report(_ mistakes: [ExpressionMistake], in source: SourceText, _ subject: String) {
        for mistake in mistakes {
            diagnostics.append(
                Diagnostic(
                    file: draft.fileName, position: source.position(at: mistake.offset),
                    end: mistake.end.map { source.end(at: $0) }, subject: subject, message: mistake.message,
                    suggestion: mistake.suggestion))
        }
    }

    private mutating func checkCounts() {
        func check(_ count: Int, _ limit: Int, _ what: String, _ position: SourcePosition?) -> Diagnostic? {
            guard count > limit, let position else { return nil }
            return Diagnostic(
                file: draft.fileName, position: position, message: "more than \(limit) \(what)")
        }
        let taskCount = draft.sets.reduce(0) { $0 + $1.tasks.count }
        let found = [
            check(draft.sets.count, RuleSetLimits.sets, "sets", draft.sets.last?.name.start),
            check(taskCount, RuleSetLimits.setTasks, "tasks in sets", draft.sets.last?.name.start),
            check(draft.flags.count, RuleSetLimits.flags, "flags", draft.flags.last?.name.start),
            check(
                draft.flags.reduce(0) { $0 + $1.inhibits.count }, RuleSetLimits.inhibits, "names in inhibits",
                draft.flags.last?.name.start),
            check(draft.scores.count, RuleSetLimits.scores, "scores", draft.scores.last?.name.start),
            check(draft.stages.count, RuleSetLimits.stages, "stages", draft.stages.last?.name.start),
            check(draft.segments.count, RuleSetLimits.segments, "segments", draft.segments.last?.name.start),
        ]
        diagnostics.append(contentsOf: found.compactMap { $0 })
        for score in scores where score.values.count > RuleSetLimits.components {
            report(score.draft.name.start, score.subject, "more than \(RuleSetLimits.components) components")
        }
    }

    private mutating func checkNames() {
        checkNames("set", draft.sets.map(\.name))
        checkNames("flag", flags.map(\.draft.name))
        checkNames("score", scores.map(\.draft.name))
        checkNames("stage", stages.map(\.draft.name))
        checkNames("segment", segments.map(\.draft.name))
        for score in scores {
            checkNames("component", score.draft.components.map(\.name))
            if score.values.isEmpty { report(score.draft.name.start, score.subject, "it has no components") }
            for component in score.draft.components where !(component.weight > 0 && component.weight.isFinite) {
                report(
                    component.name.start, score.subject,
                    "the weight of component \"\(component.name.text)\" must be above 0")
            }
        }
        let flagNames = flags.map(\.draft.name.text)
        for flag in flags {
            let name = flag.draft.name
            if name.text.hasPrefix(SourceFlag.rulePrefix) {
                report(
                    name.start, flag.subject,
                    "names that begin with \(SourceFlag.rulePrefix) are of silent sources' flags",
                    suggestion: "choose another name")
            }
            for name in flag.draft.inhibits {
                if name.text == flag.draft.name.text {
                    report(name.start, flag.subject, "it cannot inhibit itself")
                } else if !flagNames.contains(name.text) {
                    report(
                        name.start, flag.subject, "unknown flag \"\(name.text)\" in inhibits",
                        suggestion: Suggestion.nearest(to: name.text, among: flagNames))
                }
            }
        }
    }

    private mutating func checkNames(_ what: String, _ names: [SourceText]) {
        var first: [String: SourcePosition] = [:]
        for name in names {
            if name.text.isEmpty {
                report(name.start, nil, "a \(what) needs a name")
            } else if name.text.utf8.count > RuleSetLimits.nameBytes {
                report(name.start, nil, "the name of a \(what) has at most \(RuleSetLimits.nameBytes) bytes")
            } else if let other = first[name.text] {
                report(
                    name.start, "\(what) \"\(name.text)\"",
                    "there is another \(what) of this name on line \(other.line)")
            } else {
                first[name.text] = name.start
            }
        }
    }

    mutating func compile(
        _ parsed: ParsedExpression, _ subject: String, _ wanted: ExpressionCompiler.Wanted, allowsAtRaise: Bool = false
    ) -> CompiledExpression? {
        guard diagnostics.count <= RuleSetLimits.mistakes else { return nil }
        report(parsed.mistakes, in: parsed.source, subject)
        guard let syntax = parsed.syntax else { return nil }
        var compiler = ExpressionCompiler(
            text: parsed.source.text, names: names, builder: builder, allowsAtRaise: allowsAtRaise, taskID: taskID)
        let compiled = compiler.compile(syntax, wanted: wanted)
        report(compiler.mistakes, in: parsed.source, subject)
        return compiled
    }
}
