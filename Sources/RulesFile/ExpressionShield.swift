/// Lets expressions stand in YAML without quotes.
///
/// `active_days(28d, ago: 8d)` is no plain scalar, because of the colon; in braces the comma would
/// end it as well. So, before YAML is read, the signs of an unquoted expression that YAML would take
/// for its own are replaced by private-use characters, one for one, and put back in what was read.
/// Lines and columns stay what they are.
struct ExpressionShield {
    /// What is shielded and what stands for it while YAML reads.
    private static let pairs: [(sign: UInt8, scalar: Unicode.Scalar)] = [
        (UInt8(ascii: " "), "\u{E0F0}"), (UInt8(ascii: ","), "\u{E0F1}"), (UInt8(ascii: "["), "\u{E0F2}"),
        (UInt8(ascii: "]"), "\u{E0F3}"), (UInt8(ascii: "{"), "\u{E0F4}"), (UInt8(ascii: "}"), "\u{E0F5}"),
    ]

    /// The keys whose plain values are expressions or summaries.
    private static let keys = ["when", "clear", "value", "owner", "summary"]

    private let bytes: [UInt8]
    private var index = 0
    private var shielded: [UInt8]
    /// How much of `bytes` stands in `shielded`.
    private var copied = 0

    /// Whether `text` itself uses one of the characters that shielding needs.
    static func isAmbiguous(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in pairs.contains { $0.scalar == scalar } }
    }

    /// `text` with its plain expressions shielded. O(length).
    static func shield(_ text: String) -> String {
        var shield = ExpressionShield(text)
        while shield.index < shield.bytes.count { shield.line() }
        shield.copy(to: shield.bytes.count)
        return String(decoding: shield.shielded, as: UTF8.self)
    }

    /// The sign that `scalar` stands for, else itself.
    static func original(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        pairs.first { $0.scalar == scalar }.map { Unicode.Scalar($0.sign) } ?? scalar
    }

    private init(_ text: String) {
        bytes = Array(text.utf8)
        shielded = []
        shielded.reserveCapacity(bytes.count)
    }
}

extension ExpressionShield {
    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func isBlank(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private func isLineEnd(_ byte: UInt8?) -> Bool {
        byte == nil || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private mutating func copy(to end: Int) {
        shielded.append(contentsOf: bytes[copied..<end])
        copied = end
    }

    private mutating func shieldSign(at position: Int) {
        guard let pair = Self.pairs.first(where: { $0.sign == bytes[position] }) else { return }
        copy(to: position)
        shielded.append(contentsOf: Array(UTF8.encode(pair.scalar) ?? UTF8.encodedReplacementCharacter))
        copied = position + 1
    }

    private mutating func skipBlanks() {
        while isBlank(byte(at: index)) { index += 1 }
    }

    private mutating func skipLine() {
        while !isLineEnd(byte(at: index)) { index += 1 }
        if index < bytes.count { index += 1 }
    }

    /// One line in block style, with what follows it in flow style or in quotes.
    private mutating func line() {
        let start = index
        skipBlanks()
        while byte(at: index) == UInt8(ascii: "-"), isBlank(byte(at: index + 1)) {
            index += 1
            skipBlanks()
        }
        let column = index - start
        guard let first = byte(at: index), first != UInt8(ascii: "#") else { return skipLine() }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return flow() }
        let key = word()
        guard byte(at: index) == UInt8(ascii: ":"), isBlank(byte(at: index + 1)) else { return skipLine() }
        index += 1
        skipBlanks()
        switch byte(at: index) {
        case UInt8(ascii: "{"), UInt8(ascii: "["): flow()
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            skipQuoted()
            skipLine()
        case UInt8(ascii: "|"), UInt8(ascii: ">"):
            skipLine()
            skipLines(deeperThan: column)
        default:
            if Self.keys.contains(key) { blockExpression(deeperThan: column) } else { skipLine() }
        }
    }

    /// No key of a rule file is longer; what is longer need not be looked at further.
    private static let longestKey = 32

    /// A key up to its colon, quotes left out; empty when there is none.
    private mutating func word() -> String {
        let start = index
        while let byte = byte(at: index), index - start < Self.longestKey, !isLineEnd(byte),
            !Self.endsKey.contains(byte)
        {
            index += 1
        }
        let key = bytes[start..<index].filter {
            $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'")
        }
        return String(decoding: key, as: UTF8.self)
    }

    private static let endsKey = Array(":,{}[]#(".utf8)

    private func indentation(of lineStart: Int) -> Int {
        var end = lineStart
        while byte(at: end) == UInt8(ascii: " ") { end += 1 }
        return end - lineStart
    }

    private mutating func skipLines(deeperThan column: Int) {
        while index < bytes.count {
            let indentation = indentation(of: index)
            if indentation <= column, !isLineEnd(byte(at: index + indentation)) { return }
            skipLine()
        }
    }

    /// The rest of the line, and the deeper lines that go on with it.
    private mutating func blockExpression(deeperThan column: Int) {
        repeat {
            while let current = byte(at: index), !isLineEnd(current) {
                if current == UInt8(ascii: "#"), index > 0, isBlank(bytes[index - 1]) { break }
                if current == UInt8(ascii: ":"), byte(at: index + 1) == UInt8(ascii: " ") { shieldSign(at: index + 1) }
                index += 1
            }
            skipLine()
        } while index < bytes.count && indentation(of: index) > column
            && !isLineEnd(byte(at: index + indentation(of: index)))
    }

    /// Behind the index's quote to its partner; YAML itself will complain when there is none.
    private mutating func skipQuoted() {
        let quote = bytes[index]
        index += 1
        while let current = byte(at: index), current != quote {
            index += current == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
    }

    /// From an opening brace or bracket to its partner.
    private mutating func flow() {
        var depth = 0
        while let current = byte(at: index) {
            switch current {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
                flowKey()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
                if depth == 0 { return skipLine() }
            case UInt8(ascii: ","):
                index += 1
                flowKey()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): skipQuoted()
            case UInt8(ascii: "#") where index > 0 && (isBlank(bytes[index - 1]) || isLineEnd(bytes[index - 1])):
                skipLine()
            default: index += 1
            }
        }
    }

    /// Where a key may stand in flow style: shields the value when it is an expression.
    private mutating func flowKey() {
        while isBlank(byte(at: index)) || (index < bytes.count && isLineEnd(byte(at: index))) { index += 1 }
        let start = index
        let key = word()
        guard byte(at: index) == UInt8(ascii: ":"), isBlank(byte(at: index + 1)), Self.keys.contains(key) else {
            index = start
            return
        }
        index += 1
        skipBlanks()
        guard let first = byte(at: index), first != UInt8(ascii: "\""), first != UInt8(ascii: "'") else { return }
        flowExpression()
    }

    /// Up to the comma or brace that closes it, those inside brackets and quotes shielded.
    private mutating func flowExpression() {
        var depth = 0
        while let current = byte(at: index), !isLineEnd(current) {
            switch current {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let end = closingQuote(from: index)
                for position in index..<end { shieldQuotedSign(at: position) }
                index = end
                continue
            case UInt8(ascii: "("), UInt8(ascii: "["):
                depth += 1
                if current != UInt8(ascii: "(") { shieldSign(at: index) }
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
                if current != UInt8(ascii: ")") { shieldSign(at: index) }
            case UInt8(ascii: ","), UInt8(ascii: "}"):
                if depth == 0 { return }
                shieldSign(at: index)
            case UInt8(ascii: ":") where byte(at: index + 1) == UInt8(ascii: " "): shieldSign(at: index + 1)
            default: break
            }
            index += 1
        }
    }

    /// Inside quotes a blank matters to YAML only where it would begin a comment or end a key.
    private mutating func shieldQuotedSign(at position: Int) {
        if bytes[position] != UInt8(ascii: " ") { return shieldSign(at: position) }
        let endsKey = position > 0 && bytes[position - 1] == UInt8(ascii: ":")
        let beginsComment = byte(at: position + 1) == UInt8(ascii: "#")
        if endsKey || beginsComment { shieldSign(at: position) }
    }

    /// Behind the partner of the quote at `start`; the end of the line when there is none.
    private func closingQuote(from start: Int) -> Int {
        var end = start + 1
        while let current = byte(at: end), !isLineEnd(current) {
            if current == bytes[start] { return end + 1 }
            end += current == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(end, bytes.count)
    }
}
