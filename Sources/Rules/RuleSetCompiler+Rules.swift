// The rules themselves, from compiled expressions.
extension RuleSetCompiler {
    struct CompiledFlag {
        /// Index into `flags`.
        var source: Int
        var when: CompiledExpression
        var clear: CompiledExpression?
        var owner: CompiledExpression?
        var summary: CompiledSummary
        var brief: CompiledSummary?
    }

    struct CompiledSummary {
        enum Part {
            case text(String)
            case value(CompiledExpression, decimals: Int?)
        }

        var text: String
        var parts: [Part]
    }

    mutating func compileSegment(_ index: Int) -> CompiledExpression? {
        let segment = segments[index]
        let compiled = compile(segment.when, segment.subject, .condition)
        names.segments[segment.draft.name.text] = .some(compiled?.root)
        return compiled
    }

    mutating func compileScore(_ index: Int) -> [CompiledExpression]? {
        let score = scores[index]
        let values = score.values.map { compile($0, score.subject, .number) }
        for case (.some(let value), let source) in zip(values, score.values) where value.kind == .duration {
            report(
                source.source.start, score.subject, "\(value.text) is a duration, but a score adds up numbers",
                suggestion: "\(value.text) / 1d is its number of days")
        }
        let known = values.compactMap { $0 }
        guard known.count == values.count else {
            names.scores[score.draft.name.text] = .some(nil)
            return nil
        }
        names.scores[score.draft.name.text] = builder.scores.count
        builder.addScore(
            score.draft.combine,
            zip(known, score.draft.components).map { ScorePart(weight: $1.weight, node: Int32($0.root)) })
        return known
    }

    mutating func compileFlag(_ index: Int) -> CompiledFlag? {
        let flag = flags[index]
        let when = compile(flag.when, flag.subject, .condition)
        let clear = flag.clear.flatMap { compile($0, flag.subject, .condition, allowsAtRaise: true) }
        let owner = flag.draft.owner.flatMap { compileOwner($0, flag.subject) }
        let summary = compileSummary(
            flag.draft.summary ?? SourceText("\(flag.draft.name.text) at {company}", at: flag.draft.name.start),
            "summary", atMost: RuleSetLimits.summaryBytes, flag.subject)
        let brief = flag.draft.brief.map {
            compileSummary($0, "brief", atMost: RuleSetLimits.briefBytes, flag.subject)
        }
        guard let when else { return nil }
        return CompiledFlag(source: index, when: when, clear: clear, owner: owner, summary: summary, brief: brief)
    }

    private mutating func compileOwner(_ source: SourceText, _ subject: String) -> CompiledExpression? {
        guard let compiled = compile(ParsedExpression(source), subject, .any) else { return nil }
        if compiled.kind != .text && compiled.kind != .dynamic {
            report(
                source.start, subject, "owner must be a name",
                suggestion: "write trait(\"csm\"), or a name in quotes")
        }
        return compiled
    }

    private mutating func compileSummary(
        _ source: SourceText, _ field: String, atMost longest: Int, _ subject: String
    ) -> CompiledSummary {
        if source.text.utf8.count > longest {
            report(source.start, subject, "a \(field) has at most \(longest) bytes")
        }
        let template = Summary.Template(source.text)
        report(template.mistakes, in: source, subject)
        var parts: [CompiledSummary.Part] = []
        for piece in template.pieces {
            switch piece {
            case .text(let text): if !text.isEmpty { parts.append(.text(text)) }
            case .hole(let hole):
                if let part = compileHole(hole, in: source, subject) { parts.append(part) }
            }
        }
        return CompiledSummary(text: source.text, parts: parts)
    }

    private mutating func compileHole(
        _ hole: Summary.Template.Hole, in source: SourceText, _ subject: String
    ) -> CompiledSummary.Part? {
        let end = hole.offset + hole.text.utf8.count
        let place = SourceText(hole.text, positions: Array(source.positions[hole.offset...end]))
        var lexer = Lexer(hole.text)
        var parser = Parser(lexer.tokens())
        report(lexer.mistakes, in: place, subject)
        do throws(ExpressionMistake) {
            let (syntax, decimals) = try parser.summaryPart()
            var compiler = ExpressionCompiler(
                text: hole.text, names: names, builder: builder, allowsAtRaise: false, taskID: taskID)
            let compiled = compiler.compile(syntax, wanted: .any)
            report(compiler.mistakes, in: place, subject)
            return compiled.map { .value($0, decimals: decimals) }
        } catch {
            if lexer.mistakes.isEmpty { report([error], in: place, subject) }
            return nil
        }
    }

    func assemble(
        _ order: EvaluationOrder, segments segmentRoots: [Int: CompiledExpression],
        scores scoreParts: [Int: [CompiledExpression]], stages stageExpressions: [CompiledExpression?],
        flags compiledFlags: [CompiledFlag?]
    ) -> RuleSet {
        let program = Program(builder)
        let versions = RuleVersions(self)
        var inhibitors = [[Int]](repeating: [], count: flags.count)
        for (index, source) in order.flags.enumerated() {
            for name in flags[source].draft.inhibits {
                if let inhibited = names.flags[name.text] { inhibitors[inhibited].append(index) }
            }
        }
        var drifts = DriftAnalysis(program)
        let flagRules = compiledFlags.compactMap { $0 }.enumerated().map { index, flag in
            rule(flag, index: index, inhibitedBy: inhibitors[index], program, versions, &drifts)
        }
        let position = Dictionary(uniqueKeysWithValues: order.flags.enumerated().map { ($1, $0) })
        return RuleSet(
            text: draft.text, sets: draft.sets.map { TaskSet(name: $0.name.text, tasks: $0.tasks) },
            flags: flagRules, fileOrder: flags.indices.compactMap { position[$0] },
            flagsBeforeStages: order.flagsBeforeStages,
            scores: scores.indices.map { scoreRule(scores[$0], scoreParts[$0] ?? [], program) },
            stages: zip(stages, stageExpressions).compactMap { stage, when in
                when.map { StageRule(name: stage.draft.name.text, when: $0.expression(in: program)) }
            },
            segments: segments.indices.compactMap { index in
                segmentRoots[index].map {
                    SegmentRule(name: segments[index].draft.name.text, when: $0.expression(in: program))
                }
            },
            warnings: warnings.sorted { $0.position < $1.position }.withExcerpts(of: draft.text), program: program,
            names: names)
    }

    private func scoreRule(_ score: ParsedScore, _ parts: [CompiledExpression], _ program: Program) -> ScoreRule {
        ScoreRule(
            name: score.draft.name.text, combine: score.draft.combine,
            components: zip(score.draft.components, parts).map {
                ScoreRule.Component(name: $0.name.text, weight: $0.weight, value: $1.expression(in: program))
            })
    }

    private func rule(
        _ flag: CompiledFlag, index: Int, inhibitedBy: [Int], _ program: Program, _ versions: RuleVersions,
        _ drifts: inout DriftAnalysis
    ) -> FlagRule {
        let source = flags[flag.source]
        let draft = source.draft
        let when = flag.when.expression(in: program)
        let clear = flag.clear?.expression(in: program)
        return FlagRule(
            index: index, draft: draft, when: when, clear: clear, inhibitedBy: inhibitedBy,
            owner: flag.owner?.expression(in: program),
            summary: flag.summary.summary(in: program), brief: flag.brief?.summary(in: program),
            version: versions.version(of: source), text: RuleVersions.text(of: draft),
            absence: drifts.absence(when: when, clear: clear))
    }
}

extension RuleSetCompiler.CompiledSummary {
    fileprivate func summary(in program: Program) -> Summary {
        Summary(
            text: text,
            parts: parts.map { part in
                switch part {
                case .text(let text): .text(text)
                case .value(let value, let decimals): .value(value.expression(in: program), decimals: decimals)
                }
            })
    }
}
