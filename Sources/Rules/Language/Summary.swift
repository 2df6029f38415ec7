/// A text with expressions in braces: `Nobody at {company} for {user_idle_days:0} days`.
public struct Summary: Sendable {
    enum Part: Sendable {
        case text(String)
        case value(Expression, decimals: Int?)
    }

    /// As written.
    public let text: String
    let parts: [Part]

    /// The text with the values of this look. Unknown values read `unknown`; numbers have the decimals
    /// asked for, else at most two.
    public func text(in context: EvaluationContext) -> String { text(in: context, unknown: "unknown") ?? "" }

    /// The same, where every value is known; nil else, for what would rather say nothing.
    public func knownText(in context: EvaluationContext) -> String? { text(in: context, unknown: nil) }

    private func text(in context: EvaluationContext, unknown: String?) -> String? {
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .value(let expression, let decimals):
                switch expression.value(in: context) {
                case .unknown:
                    guard let unknown else { return nil }
                    result += unknown
                case .number(let number):
                    result += decimals.map { NumberText.text(number, decimals: $0) } ?? NumberText.shortText(number)
                case .text(let text): result += text
                case .truth(let isTrue): result += isTrue ? "true" : "false"
                }
            }
        }
        return result
    }
}

extension Summary {
    /// A summary cut at its braces. `{{` and `}}` stand for the braces themselves.
    struct Template {
        struct Hole {
            /// UTF-8 offset of the first byte behind the brace.
            var offset: Int
            var text: String
        }

        enum Piece {
            case text(String)
            case hole(Hole)
        }

        var pieces: [Piece] = []
        var mistakes: [ExpressionMistake] = []

        init(_ text: String) {
            let bytes = Array(text.utf8)
            var literal: [UInt8] = []
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                let doubled = index + 1 < bytes.count && bytes[index + 1] == byte
                switch byte {
                case UInt8(ascii: "{") where !doubled:
                    pieces.append(.text(String(decoding: literal, as: UTF8.self)))
                    literal = []
                    guard let end = Self.closingBrace(bytes, from: index + 1) else {
                        mistakes.append(ExpressionMistake(offset: index, message: "the brace is not closed"))
                        return
                    }
                    let inner = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
                    pieces.append(.hole(Hole(offset: index + 1, text: inner)))
                    index = end + 1
                case UInt8(ascii: "}") where !doubled:
                    mistakes.append(
                        ExpressionMistake(
                            offset: index, message: "unexpected \"}\"", suggestion: "write }} for a brace"))
                    index += 1
                case UInt8(ascii: "{"), UInt8(ascii: "}"):
                    literal.append(byte)
                    index += 2
                default:
                    literal.append(byte)
                    index += 1
                }
            }
            pieces.append(.text(String(decoding: literal, as: UTF8.self)))
        }

        /// Where the hole ends; braces inside quotes do not count.
        private static func closingBrace(_ bytes: [UInt8], from start: Int) -> Int? {
            var quote: UInt8?
            var index = start
            while index < bytes.count {
                let byte = bytes[index]
                if let open = quote {
                    if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    quote = byte
                } else if byte == UInt8(ascii: "}") {
                    return index
                }
                index += 1
            }
            return nil
        }
    }
}
