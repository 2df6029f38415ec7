public import UsageModel

extension Expression {
    public enum Purpose: Sendable {
        /// Must be a condition (`companies --where`).
        case condition
        /// May be anything (a sort key).
        case any
    }

    /// Parses an expression that stands on its own; it may name the sets, scores, segments, flags and
    /// stages of `rules`. Throws every mistake found.
    ///
    /// - Parameter taskID: must not intern names that only a question mentions; a task that was never
    ///   seen may be `.none`, which no event carries.
    public static func parse(
        _ text: String, purpose: Purpose, rules: RuleSet, taskID: (String) -> TaskID
    ) throws(ExpressionError) -> Expression {
        var (syntax, mistakes) = Syntax.parse(text)
        let builder = ProgramBuilder(extending: rules.program)
        var compiled: CompiledExpression?
        if let syntax {
            withoutActuallyEscaping(taskID) { taskID in
                var compiler = ExpressionCompiler(
                    text: text, names: rules.names, builder: builder, allowsAtRaise: false, taskID: taskID)
                compiled = compiler.compile(syntax, wanted: purpose == .condition ? .condition : .any)
                mistakes += compiler.mistakes
            }
        }
        guard mistakes.isEmpty, let compiled else {
            mistakes.sort { $0.offset < $1.offset }
            throw ExpressionError(text: text, mistakes: mistakes)
        }
        return compiled.expression(in: Program(builder))
    }
}

extension Syntax {
    /// The syntax, nil when its grammar is broken, and the mistakes met on the way.
    static func parse(_ text: String) -> (Syntax?, [ExpressionMistake]) {
        var lexer = Lexer(text)
        let tokens = lexer.tokens()
        var mistakes = lexer.mistakes
        var parser = Parser(tokens)
        do throws(ExpressionMistake) {
            return (try parser.expression(), mistakes)
        } catch {
            // A sign that was left out explains why the grammar is broken better than what follows.
            if mistakes.isEmpty { mistakes.append(error) }
            return (nil, mistakes)
        }
    }
}
