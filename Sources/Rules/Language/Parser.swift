/// Builds the syntax of an expression. The first mistake in the grammar ends it: what follows would
/// be guesses.
struct Parser {
    private let tokens: [Token]
    private var position = 0
    private var depth = 0

    /// - Parameter tokens: the last one must be `.end`.
    init(_ tokens: [Token]) {
        precondition(tokens.last?.kind == .end, "tokens must end with .end")
        self.tokens = tokens
    }

    /// A whole expression; nothing may follow it.
    mutating func expression() throws(ExpressionMistake) -> Syntax {
        let syntax = try anyOf()
        if current.kind != .end { throw unexpected("the end of the expression") }
        return syntax
    }

    /// An expression and, behind a colon, the number of decimals: what stands in a summary's braces.
    mutating func summaryPart() throws(ExpressionMistake) -> (Syntax, decimals: Int?) {
        let syntax = try anyOf()
        var decimals: Int?
        if take(.colon) {
            guard case .number(let value) = current.kind, value == value.rounded(),
                value >= 0, value <= Double(NumberText.greatestDecimals)
            else { throw mistake("the number of decimals behind \":\" must be 0 to \(NumberText.greatestDecimals)") }
            decimals = Int(value)
            position += 1
        }
        if current.kind != .end { throw unexpected("the closing brace") }
        return (syntax, decimals)
    }
}

extension Parser {
    private var current: Token { tokens[position] }

    private func mistake(_ message: String, suggestion: String? = nil) -> ExpressionMistake {
        ExpressionMistake(offset: current.start, end: current.end, message: message, suggestion: suggestion)
    }

    private func unexpected(_ wanted: String) -> ExpressionMistake {
        switch current.kind {
        case .end: mistake("the expression ends where \(wanted) should stand")
        case .number: mistake("unexpected number; expected \(wanted)")
        case .duration: mistake("unexpected duration; expected \(wanted)")
        case .text(let text): mistake("unexpected text \"\(text)\"; expected \(wanted)")
        case .name(let name): mistake("unexpected \"\(name)\"; expected \(wanted)", suggestion: keyword(near: name))
        case .symbol(let symbol): mistake("unexpected \"\(symbol.rawValue)\"; expected \(wanted)")
        }
    }

    private func keyword(near name: String) -> String? {
        Suggestion.nearest(to: name, among: ["and", "or", "not", "in"])
    }

    private mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard current.kind == .name(word) else { return false }
        position += 1
        return true
    }

    private func make(_ form: Syntax.Form, from start: Int, _ parts: [Syntax]) throws(ExpressionMistake) -> Syntax {
        let depth = 1 + (parts.map(\.depth).max() ?? 0)
        if depth > ExpressionLimits.depth {
            throw ExpressionMistake(
                offset: start, message: "the expression is nested deeper than \(ExpressionLimits.depth) levels")
        }
        return Syntax(form: form, start: start, end: position > 0 ? tokens[position - 1].end : start, depth: depth)
    }

    /// Counts the levels that the parser itself has recursed into, which the syntax shows only afterwards.
    private mutating func descend() throws(ExpressionMistake) {
        depth += 1
        if depth > ExpressionLimits.depth {
            throw mistake("the expression is nested deeper than \(ExpressionLimits.depth) levels")
        }
    }

    private mutating func anyOf() throws(ExpressionMistake) -> Syntax {
        try descend()
        defer { depth -= 1 }
        let first = try allOf()
        guard current.kind == .name("or") else { return first }
        var parts = [first]
        while take(word: "or") { parts.append(try allOf()) }
        return try make(.any(parts), from: first.start, parts)
    }

    private mutating func allOf() throws(ExpressionMistake) -> Syntax {
        let first = try negation()
        guard current.kind == .name("and") else { return first }
        var parts = [first]
        while take(word: "and") { parts.append(try negation()) }
        return try make(.all(parts), from: first.start, parts)
    }

    private mutating func negation() throws(ExpressionMistake) -> Syntax {
        let start = current.start
        guard take(word: "not") else { return try comparison() }
        try descend()
        defer { depth -= 1 }
        let part = try negation()
        return try make(.not(part), from: start, [part])
    }

    private mutating func comparison() throws(ExpressionMistake) -> Syntax {
        let left = try sum()
        if let sign = comparisonSign {
            position += 1
            let right = try sum()
            if comparisonSign != nil {
                throw mistake("comparisons cannot be chained", suggestion: "write a < b and b < c")
            }
            return try make(.compare(sign, left, right), from: left.start, [left, right])
        }
        let negated = current.kind == .name("not") && tokens[min(position + 1, tokens.count - 1)].kind == .name("in")
        if negated { position += 1 }
        guard take(word: "in") else { return left }
        let list = try list()
        return try make(.isIn(left, list, negated: negated), from: left.start, [left] + list)
    }

    private var comparisonSign: Comparison? {
        guard case .symbol(let symbol) = current.kind else { return nil }
        return switch symbol {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        default: nil
        }
    }

    private mutating func list() throws(ExpressionMistake) -> [Syntax] {
        guard take(.openList) else { throw unexpected("a list such as [\"a\", \"b\"]") }
        var elements: [Syntax] = []
        repeat { elements.append(try sum()) } while take(.comma)
        guard take(.closeList) else { throw unexpected("\",\" or \"]\"") }
        return elements
    }

    private mutating func sum() throws(ExpressionMistake) -> Syntax {
        var left = try product()
        while true {
            let sign: Syntax.Sign
            if take(.plus) { sign = .add } else if take(.minus) { sign = .subtract } else { return left }
            let right = try product()
            left = try make(.arithmetic(sign, left, right), from: left.start, [left, right])
        }
    }

    private mutating func product() throws(ExpressionMistake) -> Syntax {
        var left = try signed()
        while true {
            let sign: Syntax.Sign
            if take(.times) { sign = .multiply } else if take(.divide) { sign = .divide } else { return left }
            let right = try signed()
            left = try make(.arithmetic(sign, left, right), from: left.start, [left, right])
        }
    }

    private mutating func signed() throws(ExpressionMistake) -> Syntax {
        let start = current.start
        guard take(.minus) else { return try primary() }
        try descend()
        defer { depth -= 1 }
        let part = try signed()
        return try make(.negate(part), from: start, [part])
    }

    private mutating func primary() throws(ExpressionMistake) -> Syntax {
        let token = current
        switch token.kind {
        case .number(let value):
            position += 1
            return try make(.number(value), from: token.start, [])
        case .duration(let value):
            position += 1
            return try make(.duration(value), from: token.start, [])
        case .text(let value):
            position += 1
            return try make(.text(value), from: token.start, [])
        case .symbol(.openBracket):
            position += 1
            var inner = try anyOf()
            guard take(.closeBracket) else { throw unexpected("\")\"") }
            // The brackets belong to the text of what they enclose: evidence quotes `(a + b) > 3` whole.
            inner.start = token.start
            inner.end = tokens[position - 1].end
            return inner
        case .name(let name):
            if ["and", "or", "not", "in"].contains(name) { throw unexpected("a value") }
            position += 1
            return try named(name, token)
        case .symbol, .end:
            throw unexpected("a value")
        }
    }

    private mutating func named(_ name: String, _ token: Token) throws(ExpressionMistake) -> Syntax {
        guard take(.openBracket) else {
            if name == "true" || name == "false" { return try make(.truth(name == "true"), from: token.start, []) }
            return try make(.name(name), from: token.start, [])
        }
        var arguments: [Syntax.Argument] = []
        if !take(.closeBracket) {
            repeat { arguments.append(try argument()) } while take(.comma)
            guard take(.closeBracket) else { throw unexpected("\",\" or \")\"") }
        }
        return try make(.call(name, arguments), from: token.start, arguments.map(\.value))
    }

    private mutating func argument() throws(ExpressionMistake) -> Syntax.Argument {
        let start = current.start
        if case .name(let label) = current.kind, tokens[position + 1].kind == .symbol(.colon) {
            position += 2
            return Syntax.Argument(label: label, start: start, value: try anyOf())
        }
        return Syntax.Argument(label: nil, start: start, value: try anyOf())
    }
}
