/// Cuts an expression's text into tokens. What is no token is reported and left out, so that the
/// parser can go on and find the next mistake.
struct Lexer {
    private let bytes: [UInt8]
    private var index = 0
    private(set) var mistakes: [ExpressionMistake] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    /// All tokens, the last one `.end`. O(length).
    mutating func tokens() -> [Token] {
        var tokens: [Token] = []
        guard bytes.count <= ExpressionLimits.byteCount else {
            report(0, "the expression has \(bytes.count) bytes; at most \(ExpressionLimits.byteCount) are allowed")
            return [Token(kind: .end, start: 0, end: 0)]
        }
        while let token = next() {
            tokens.append(token)
            if tokens.count > ExpressionLimits.tokens {
                report(token.start, "the expression has more than \(ExpressionLimits.tokens) words and signs")
                break
            }
            if mistakes.count >= ExpressionLimits.mistakes { break }
        }
        tokens.append(Token(kind: .end, start: index, end: index))
        return tokens
    }

    private mutating func report(_ offset: Int, _ message: String, suggestion: String? = nil) {
        mistakes.append(
            ExpressionMistake(offset: offset, end: max(index, offset + 1), message: message, suggestion: suggestion))
    }

    /// Nil at the end.
    private mutating func next() -> Token? {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                index += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                if let token = number() { return token }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if let token = quoted(by: byte) { return token }
            case _ where Self.startsName(byte):
                return name()
            default:
                if let token = symbol() { return token }
            }
        }
        return nil
    }

    private static func startsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// As a message quotes it: so many digits tell nobody more than the first of them.
    private func quoted(_ range: Range<Int>) -> String {
        let longest = 40
        return range.count <= longest ? text(range) : text(range.prefix(longest)) + "…"
    }

    private mutating func name() -> Token {
        let start = index
        while index < bytes.count, Self.startsName(bytes[index]) || Self.isDigit(bytes[index]) { index += 1 }
        return Token(kind: .name(text(start..<index)), start: start, end: index)
    }

    private mutating func skipDigits() {
        while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
    }

    /// A number, or a number with a unit of time behind it.
    private mutating func number() -> Token? {
        let start = index
        skipDigits()
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            skipDigits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e"), exponentFollows() { skipExponent() }
        let digits = text(start..<index)
        let value = digits == "." ? nil : Double(digits)
        let unitStart = index
        while index < bytes.count, Self.startsName(bytes[index]) || Self.isDigit(bytes[index]) { index += 1 }
        guard let value, value.isFinite else {
            report(start, "\"\(quoted(start..<index))\" is not a number")
            return nil
        }
        if unitStart < index { return duration(value, digits: digits, start: start, unit: text(unitStart..<index)) }
        if index < bytes.count, bytes[index] == UInt8(ascii: "%") {
            index += 1
            report(
                start, "percentages are written as fractions",
                suggestion: "write \(NumberText.shortText(value)) % as \(value / 100)")
        }
        return Token(kind: .number(value), start: start, end: index)
    }

    /// Whether the `e` at the index begins an exponent rather than a unit.
    private func exponentFollows() -> Bool {
        var next = index + 1
        if next < bytes.count, bytes[next] == UInt8(ascii: "+") || bytes[next] == UInt8(ascii: "-") { next += 1 }
        return next < bytes.count && Self.isDigit(bytes[next])
    }

    private mutating func skipExponent() {
        index += 1
        if !Self.isDigit(bytes[index]) { index += 1 }
        skipDigits()
    }

    private mutating func duration(_ value: Double, digits: String, start: Int, unit: String) -> Token {
        if let length = DurationText.millisecondsPer(unit) {
            if let milliseconds = DurationText.milliseconds(value, unit: length) {
                return Token(kind: .duration(milliseconds), start: start, end: index)
            }
            report(start, "\"\(quoted(start..<index))\" is longer than ten years")
        } else {
            let guess = DurationText.units.first { unit.lowercased().hasPrefix($0) }
            report(
                start, "unknown unit \"\(unit)\"; durations are written as 7d, 36h, 2w, 30m or 90s",
                suggestion: guess.map { "did you mean \"\(digits)\($0)\"?" })
        }
        // A day in its place keeps the rest of the expression checkable.
        return Token(kind: .duration(86_400_000), start: start, end: index)
    }

    private mutating func quoted(by quote: UInt8) -> Token? {
        let start = index
        var content: [UInt8] = []
        index += 1
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            content.append(bytes[index])
            index += 1
        }
        guard index < bytes.count else {
            report(start, "the text that begins here has no closing quote")
            return nil
        }
        index += 1
        if content.count > ExpressionLimits.textBytes {
            report(start, "a text may have at most \(ExpressionLimits.textBytes) bytes")
        }
        return Token(kind: .text(String(decoding: content, as: UTF8.self)), start: start, end: index)
    }

    private mutating func symbol() -> Token? {
        let start = index
        if index + 1 < bytes.count, let symbol = Token.Symbol(rawValue: text(index..<(index + 2))) {
            index += 2
            return Token(kind: .symbol(symbol), start: start, end: index)
        }
        let single = text(index..<(index + 1))
        if let symbol = Token.Symbol(rawValue: single) {
            index += 1
            return Token(kind: .symbol(symbol), start: start, end: index)
        }
        return unknownCharacter(start)
    }

    /// Says what the sign of another language is here; takes its meaning where there is one.
    private mutating func unknownCharacter(_ start: Int) -> Token? {
        let rest = text(index..<min(index + 2, bytes.count))
        let meant: (sign: String, word: String, kind: Token.Kind)? =
            rest == "&&"
            ? ("&&", "and", .name("and"))
            : rest == "||"
                ? ("||", "or", .name("or"))
                : rest.hasPrefix("=")
                    ? ("=", "==", .symbol(.equal))
                    : rest.hasPrefix("!") ? ("!", "not", .name("not")) : nil
        if let meant {
            index += meant.sign.utf8.count
            report(start, "unexpected \"\(meant.sign)\"", suggestion: "did you mean \"\(meant.word)\"?")
            return Token(kind: meant.kind, start: start, end: index)
        }
        index += 1
        while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
        report(start, "unexpected \"\(text(start..<index))\"")
        return nil
    }
}
