/// Why a text is not JSON, and where. Trivial, so that throwing it allocates nothing; the words are
/// made only when someone reads them.
public struct JSONError: Error, Hashable, Sendable, BitwiseCopyable {
    public enum Reason: UInt8, Sendable, BitwiseCopyable {
        case unexpectedEnd, expectedValue, expectedName, expectedColon, expectedCommaOrBrace, expectedCommaOrBracket
        case controlCharacter, badEscape, loneSurrogate, badUTF8, badNumber, numberOutOfRange, tooDeep, trailingBytes
    }

    public var reason: Reason
    /// Bytes from the start of the text.
    public var offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What is wrong, without the place.
    public var explanation: StaticString {
        switch reason {
        case .unexpectedEnd: "the text ends inside a value"
        case .expectedValue: "expected a value"
        case .expectedName: "expected a member's name in double quotes"
        case .expectedColon: "expected ':' after a member's name"
        case .expectedCommaOrBrace: "expected ',' or '}' after a member"
        case .expectedCommaOrBracket: "expected ',' or ']' after an element"
        case .controlCharacter: "a control character in a string must be escaped"
        case .badEscape: "unknown escape in a string"
        case .loneSurrogate: "half of a surrogate pair in a string"
        case .badUTF8: "invalid UTF-8"
        case .badNumber: "malformed number"
        case .numberOutOfRange: "a number beyond ±1.8e308"
        case .tooDeep: "objects and arrays are nested too deep"
        case .trailingBytes: "something follows the value"
        }
    }

    public var message: String { "\(explanation) at byte \(offset)" }
}

extension JSONError: CustomStringConvertible {
    public var description: String { message }
}
