import UsageModel

/// Line protocol's numbers and booleans: their grammar and their ranges.
enum LineProtocolNumber {
    /// The value that `text`, not empty, says.
    @inline(__always)
    static func value(
        _ text: UnsafeRawBufferPointer, _ token: LineProtocolToken
    ) throws(LineRefusal) -> LineProtocolFieldValue {
        switch text[0] {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try number(text, token)
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"):
            guard let value = bool(text) else {
                throw LineRefusal(.badLine, "a boolean is t, true, f, false, or the same in capitals", at: token.offset)
            }
            return .bool(value)
        default:
            throw LineRefusal(
                .badLine, "a field's value is a number, a boolean or a string in double quotes", at: token.offset)
        }
    }

    private static func number(
        _ text: UnsafeRawBufferPointer, _ token: LineProtocolToken
    ) throws(LineRefusal) -> LineProtocolFieldValue {
        var digits = token
        digits.count -= 1
        let allButLast = UnsafeRawBufferPointer(rebasing: text.dropLast())
        switch text[text.count - 1] {
        case UInt8(ascii: "i"):
            guard isWhole(allButLast, signed: true) else {
                throw LineRefusal(.badLine, "malformed integer", at: token.offset)
            }
            guard let value = int64(allButLast) else {
                throw LineRefusal(.badNumber, "an integer has 64 bits", at: token.offset)
            }
            return .int(value, digits)
        case UInt8(ascii: "u"):
            guard isWhole(allButLast, signed: false) else {
                throw LineRefusal(.badLine, "malformed unsigned integer", at: token.offset)
            }
            guard let value = uint64(allButLast) else {
                throw LineRefusal(.badNumber, "an unsigned integer has 64 bits", at: token.offset)
            }
            return .uint(value, digits)
        default:
            guard let isPlain = scanFloat(text) else {
                throw LineRefusal(.badLine, "malformed number", at: token.offset)
            }
            guard isPlain || double(text).isFinite else {
                throw LineRefusal(.badNumber, "a number lies within ±1.8e308", at: token.offset)
            }
            return .float(token, nil)
        }
    }

    private static func isWhole(_ text: UnsafeRawBufferPointer, signed: Bool) -> Bool {
        let digits = signed && text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }

    /// A number with fewer bytes than this and no exponent cannot overflow a `Double`.
    private static let plainByteLimit = 300

    /// Nil when `text` is not `[-]digits[.[digits]][exponent]` or `[-].digits[exponent]`; else whether
    /// it cannot overflow.
    private static func scanFloat(_ text: UnsafeRawBufferPointer) -> Bool? {
        var index = text[0] == UInt8(ascii: "-") ? 1 : 0
        var digitCount = skipDigits(text, &index)
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            digitCount += skipDigits(text, &index)
        }
        guard digitCount > 0 else { return nil }
        guard index < text.count else { return text.count < plainByteLimit }
        guard text[index] | 0x20 == UInt8(ascii: "e") else { return nil }
        index += 1
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") { index += 1 }
        guard skipDigits(text, &index) > 0, index == text.count else { return nil }
        return false
    }

    @inline(__always)
    private static func skipDigits(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int {
        let start = index
        while index < text.count, text[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        return index - start
    }

    /// The nearest `Double` of a float that the grammar accepted; infinite when it lies beyond.
    static func double(_ text: UnsafeRawBufferPointer) -> Double {
        // Swift reads no bare points, so a zero is put where one is missing.
        var json: [UInt8] = []
        writeJSON(float: text, to: &json)
        return Double(String(decoding: json, as: UTF8.self)) ?? .infinity
    }

    /// Writes an accepted float so that JSON accepts it too: no needless leading zeros, digits on both
    /// sides of a point. The value and its digits stay as they are.
    static func writeJSON(float text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var rest = text[...]
        if rest.first == UInt8(ascii: "-") {
            bytes.append(UInt8(ascii: "-"))
            rest = rest.dropFirst()
        }
        let whole = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        if significant.isEmpty { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: significant)
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { $0 &- UInt8(ascii: "0") < 10 }
            if !fraction.isEmpty {
                bytes.append(UInt8(ascii: "."))
                bytes.append(contentsOf: fraction)
            }
            rest = rest.dropFirst(1 + fraction.count)
        }
        bytes.append(contentsOf: rest)
    }

    /// Digits with an optional minus; nil when it is something else or does not fit.
    static func int64(_ text: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        guard let magnitude = uint64(isNegative ? UnsafeRawBufferPointer(rebasing: text.dropFirst()) : text) else {
            return nil
        }
        if isNegative { return magnitude <= 1 << 63 ? Int64(bitPattern: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// Any number of so many digits fits 64 bits.
    static let safeDigitCount = 19

    /// Digits only; nil when it is something else or does not fit.
    static func uint64(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard !text.isEmpty else { return nil }
        var value: UInt64 = 0
        var start = 0
        // Nanoseconds have 19 digits, and are two words and three digits.
        while start + ByteWord.byteCount <= min(text.count, safeDigitCount), let base = text.baseAddress {
            let word = ByteWord(base + start)
            guard word.areDigits else { return nil }
            value = value &* 100_000_000 &+ word.digitsValue
            start += ByteWord.byteCount
        }
        for index in start..<min(text.count, safeDigitCount) {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        for index in min(text.count, safeDigitCount)..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    private static func bool(_ text: UnsafeRawBufferPointer) -> Bool? {
        for word: StaticString in ["t", "T", "true", "True", "TRUE"] where text.isEqual(to: word) { return true }
        for word: StaticString in ["f", "F", "false", "False", "FALSE"] where text.isEqual(to: word) { return false }
        return nil
    }
}
