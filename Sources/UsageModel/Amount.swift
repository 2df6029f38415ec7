/// An exact decimal with six fractional digits, read from text and never through a `Double`.
///
/// One amount lies within ±10^18; sums of up to 10^14 of the largest still fit 128 bits.
public struct Amount: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Millionths.
    public var micros: Int128

    @inlinable
    public init(micros: Int128) { self.micros = micros }

    public static let zero = Amount(micros: 0)
    public static let fractionDigits = 6
    public static let microsPerOne: Int128 = 1_000_000
    /// The bound on one event's amount, 10^18 in either direction.
    public static let greatestMicros: Int128 = 1_000_000_000_000_000_000 * microsPerOne

    @inlinable
    public static func < (left: Amount, right: Amount) -> Bool { left.micros < right.micros }

    @inlinable
    public static func + (left: Amount, right: Amount) -> Amount { Amount(micros: left.micros + right.micros) }

    @inlinable
    public static func - (left: Amount, right: Amount) -> Amount { Amount(micros: left.micros - right.micros) }

    @inlinable
    public static func += (left: inout Amount, right: Amount) { left.micros += right.micros }

    @inlinable
    public static func -= (left: inout Amount, right: Amount) { left.micros -= right.micros }

    /// The nearest `Double`, for comparisons in rules.
    public var doubleValue: Double { Double(micros) / 1_000_000 }
}

extension Amount {
    /// Reads a decimal number in JSON's grammar, also with a leading `+`, a bare leading or trailing
    /// point, and an exponent; the seventh fractional digit and all behind it are rounded half to even.
    ///
    /// Returns nil when `text` is not such a number or lies outside ±10^18. O(length), whatever the
    /// exponent says.
    public init?(parsing text: UnsafeRawBufferPointer) {
        if let (amount, count) = Self.plain(text), count == text.count {
            self = amount
            return
        }
        var scanner = DecimalScanner(text)
        guard let micros = scanner.micros() else { return nil }
        self.init(micros: micros)
    }

    /// The number that `text` begins with if it is written as most amounts are, `[-]digits[.digits]` with at most 12 and 6
    /// digits, so that 64 bits hold it and nothing is rounded, and how long it is; nil for all else. What stands behind
    /// it may be more digits.
    @inlinable @inline(__always)
    public static func plain(_ text: UnsafeRawBufferPointer) -> (amount: Amount, count: Int)? {
        let start = text.first == UInt8(ascii: "-") ? 1 : 0
        var value: Int64 = 0
        var index = start
        while index < text.count, text[index] &- UInt8(ascii: "0") < 10 {
            guard index - start < 12 else { return nil }
            value = value &* 10 &+ Int64(text[index] &- UInt8(ascii: "0"))
            index += 1
        }
        guard index > start else { return nil }
        var places = 0
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            while index < text.count, places < fractionDigits, text[index] &- UInt8(ascii: "0") < 10 {
                value = value &* 10 &+ Int64(text[index] &- UInt8(ascii: "0"))
                index += 1
                places += 1
            }
        }
        while places < fractionDigits {
            value &*= 10
            places += 1
        }
        return (Amount(micros: Int128(start == 1 ? -value : value)), index)
    }

    public init?(_ text: String) {
        var text = text
        guard let amount = text.withUTF8({ Amount(parsing: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = amount
    }
}

extension Amount: CustomStringConvertible {
    /// The shortest exact decimal: no trailing zeros behind the point, no point when whole.
    public var description: String {
        let magnitude = micros.magnitude
        let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: UInt128(Self.microsPerOne))
        let sign = micros < 0 ? "-" : ""
        if fraction == 0 { return sign + String(whole) }
        var digits = String(fraction)
        digits = String(repeating: "0", count: Self.fractionDigits - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return sign + String(whole) + "." + digits
    }
}

/// Reads one decimal number into millionths.
private struct DecimalScanner {
    let text: UnsafeRawBufferPointer
    var index = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// An exponent beyond this cannot bring a line-sized number back into range.
    private static let exponentLimit = 1_000_000

    mutating func micros() -> Int128? {
        let negative = scanSign()
        // The first pass finds where the point lies and how long the digits run; the second reads
        // exactly the digits that stand before the seventh decimal place.
        let digitsStart = index
        var digitCount = 0
        var pointPosition: Int?
        while index < text.count {
            let byte = text[index]
            if isDigit(byte) {
                digitCount += 1
            } else if byte == UInt8(ascii: "."), pointPosition == nil {
                pointPosition = digitCount
            } else {
                break
            }
            index += 1
        }
        let digitsEnd = index
        guard digitCount > 0 else { return nil }
        guard let exponent = scanExponent(), index == text.count else { return nil }

        /// Digits that stand at or above the sixth decimal place.
        let kept = (pointPosition ?? digitCount) + exponent + Amount.fractionDigits
        var value: Int128 = 0
        var position = 0
        var firstDropped: UInt8 = 0
        var restDropped = false
        for offset in digitsStart..<digitsEnd {
            let byte = text[offset]
            guard byte != UInt8(ascii: ".") else { continue }
            let digit = byte - UInt8(ascii: "0")
            if position < kept {
                value = value * 10 + Int128(digit)
                guard value <= Amount.greatestMicros else { return nil }
            } else if position == kept {
                firstDropped = digit
            } else if digit != 0 {
                restDropped = true
            }
            position += 1
        }
        if value != 0 {
            var missing = kept - position
            while missing > 0 {
                value *= 10
                guard value <= Amount.greatestMicros else { return nil }
                missing -= 1
            }
        }
        let roundUp = firstDropped > 5 || (firstDropped == 5 && (restDropped || value % 2 == 1))
        if roundUp { value += 1 }
        guard value <= Amount.greatestMicros else { return nil }
        return negative ? -value : value
    }

    private mutating func scanSign() -> Bool {
        guard index < text.count else { return false }
        if text[index] == UInt8(ascii: "-") {
            index += 1
            return true
        }
        if text[index] == UInt8(ascii: "+") { index += 1 }
        return false
    }

    /// Zero when there is none, nil when it is malformed.
    private mutating func scanExponent() -> Int? {
        guard index < text.count, text[index] | 0x20 == UInt8(ascii: "e") else { return 0 }
        index += 1
        let negative = scanSign()
        var value = 0
        var digits = 0
        while index < text.count, isDigit(text[index]) {
            value = min(value * 10 + Int(text[index] - UInt8(ascii: "0")), Self.exponentLimit)
            index += 1
            digits += 1
        }
        guard digits > 0 else { return nil }
        return negative ? -value : value
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
