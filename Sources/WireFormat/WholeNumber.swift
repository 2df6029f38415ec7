/// Whole numbers from decimal text.
enum WholeNumber {
    /// What an event's count may be: 2^53 is the greatest that every JSON reader holds exactly.
    static let counts: ClosedRange<UInt64> = 1...9_007_199_254_740_992

    /// An exponent beyond this makes any number but zero too large or not whole.
    private static let exponentLimit = 1_000_000

    /// The value of `text`, a valid number that may be written with a point or an exponent as long as
    /// it is whole: `3`, `3.0`, `3e2`. Nil when it is negative, not whole, or does not fit. O(length).
    static func uint64(_ text: UnsafeRawBufferPointer) -> UInt64? {
        // Zeros are multiplied in only when another digit follows, so that `3.000…` never overflows.
        var value: UInt64 = 0
        var zeros = 0
        var fractionDigits = 0
        var isBehindPoint = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            let digit = byte &- UInt8(ascii: "0")
            if byte == UInt8(ascii: ".") {
                isBehindPoint = true
            } else if digit < 10 {
                if isBehindPoint { fractionDigits += 1 }
                zeros += 1
                if digit > 0 {
                    guard let shifted = shift(value, by: zeros) else { return nil }
                    let (sum, overflow) = shifted.addingReportingOverflow(UInt64(digit))
                    guard !overflow else { return nil }
                    value = sum
                    zeros = 0
                }
            } else {
                break
            }
            index += 1
        }
        guard index > 0, let exponent = exponent(text, from: index) else { return nil }
        return shift(value, by: zeros - fractionDigits + exponent)
    }

    /// `value` × 10^`places`, nil when that is not whole or does not fit.
    private static func shift(_ value: UInt64, by places: Int) -> UInt64? {
        if value == 0 { return 0 }
        guard places >= 0 else { return nil }
        var value = value
        for _ in 0..<places {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
        }
        return value
    }

    /// Zero when there is none, nil when something else follows.
    private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < text.count else { return 0 }
        guard text[start] | 0x20 == UInt8(ascii: "e"), start + 1 < text.count else { return nil }
        var index = start + 1
        let isNegative = text[index] == UInt8(ascii: "-")
        if isNegative || text[index] == UInt8(ascii: "+") { index += 1 }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = min(value * 10 + Int(digit), exponentLimit)
            index += 1
        }
        return isNegative ? -value : value
    }
}
