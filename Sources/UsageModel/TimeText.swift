/// Times and dates as text: RFC 3339 and ISO 8601 dates in both directions, and epoch numbers whose
/// unit is told from their size. Everything works on bytes, so the ingest path makes no `String`.

extension Timestamp {
    /// Reads an RFC 3339 date-time: any offset, `T`, `t` or a space between date and time, `Z` or `z`,
    /// up to nine fractional digits, which are floored to milliseconds. A leap second (`:60`) becomes
    /// the last millisecond before it.
    ///
    /// Returns nil when `text` is anything else or lies outside the years 0001 to 9999. O(1).
    public init?(rfc3339 text: UnsafeRawBufferPointer) {
        var reader = TimeTextReader(text)
        guard let time = reader.rfc3339(), time >= .least, time <= .greatest else { return nil }
        self = time
    }

    public init?(rfc3339 text: String) {
        var text = text
        guard let time = text.withUTF8({ Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = time
    }

    /// Reads a number since the epoch, in JSON's grammar, whose unit its magnitude tells: below 10^11
    /// seconds, below 10^14 milliseconds, below 10^17 microseconds, else nanoseconds. Each unit thus
    /// covers the years 1973 to 5138, and seconds all before. Fractions are floored to milliseconds.
    ///
    /// Returns nil when `text` is no number or lies outside the years 0001 to 9999. O(length).
    public init?(epoch text: UnsafeRawBufferPointer) {
        guard let value = EpochNumber(text) else { return nil }
        let time = Timestamp(milliseconds: value.milliseconds)
        guard time >= .least, time <= .greatest else { return nil }
        self = time
    }

    public init?(epoch text: String) {
        var text = text
        guard let time = text.withUTF8({ Timestamp(epoch: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = time
    }

    /// `2026-11-22T10:00:00Z`, with `.mmm` only when the milliseconds are not zero.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: Self.textCapacity) { buffer in
            var writer = TimeTextWriter(buffer)
            writer.write(self)
            return writer.count
        }
    }

    /// Room for the longest text: a sign, nine digits of year, and the rest.
    private static let textCapacity = 40
}

extension Day {
    /// Reads `2026-08-30`; nil when `text` is anything else or no date of the calendar.
    public init?(iso text: UnsafeRawBufferPointer) {
        var reader = TimeTextReader(text)
        guard let day = reader.date(), reader.isAtEnd else { return nil }
        self = day
    }

    public init?(iso text: String) {
        var text = text
        guard let day = text.withUTF8({ Day(iso: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = day
    }

    /// `2026-08-30`.
    public var iso: String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            var writer = TimeTextWriter(buffer)
            writer.write(self)
            return writer.count
        }
    }
}

/// Reads fixed-width digits and separators from the front of a text.
private struct TimeTextReader {
    let text: UnsafeRawBufferPointer
    var index = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var isAtEnd: Bool { index == text.count }

    mutating func rfc3339() -> Timestamp? {
        guard let day = date(), let separator = next() else { return nil }
        guard separator | 0x20 == UInt8(ascii: "t") || separator == UInt8(ascii: " ") else { return nil }
        guard case (let hour, let minute, var second)? = pairs(UInt8(ascii: ":")), hour < 24, minute < 60, second <= 60,
            var millisecond = fraction(), let offsetMinutes = offset(), isAtEnd
        else { return nil }
        if second == 60 {
            second = 59
            millisecond = 999
        }
        let seconds = (hour * 60 + minute - offsetMinutes) * 60 + second
        return Timestamp(
            milliseconds: Int64(day.number) * millisecondsPerDay + Int64(seconds) * millisecondsPerSecond
                + Int64(millisecond))
    }

    mutating func date() -> Day? {
        guard let century = digits(2), let (year, month, day) = pairs(UInt8(ascii: "-")) else { return nil }
        let date = CivilDate(year: century * 100 + year, month: month, day: day)
        return date.isValid ? Day(date) : nil
    }

    /// Milliseconds; zero without a fraction, nil for a point without one to nine digits.
    private mutating func fraction() -> Int? {
        guard index < text.count, text[index] == UInt8(ascii: ".") else { return 0 }
        index += 1
        var milliseconds = 0
        var count = 0
        while index < text.count, let digit = decimalDigit(text[index]) {
            if count < 3 { milliseconds = milliseconds * 10 + digit }
            count += 1
            index += 1
        }
        guard (1...9).contains(count) else { return nil }
        while count < 3 {
            milliseconds *= 10
            count += 1
        }
        return milliseconds
    }

    /// Minutes east of UTC.
    private mutating func offset() -> Int? {
        guard let sign = next() else { return nil }
        if sign | 0x20 == UInt8(ascii: "z") { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = digits(2), hours < 24,
            take(UInt8(ascii: ":")), let minutes = digits(2), minutes < 60
        else { return nil }
        let total = hours * 60 + minutes
        return sign == UInt8(ascii: "-") ? -total : total
    }

    @inline(__always)
    private mutating func digits(_ count: Int) -> Int? {
        guard text.count - index >= count else { return nil }
        var value = 0
        for _ in 0..<count {
            guard let digit = decimalDigit(text[index]) else { return nil }
            value = value * 10 + digit
            index += 1
        }
        return value
    }

    /// Three times two digits with a separator between them.
    @inline(__always)
    private mutating func pairs(_ separator: UInt8) -> (Int, Int, Int)? {
        guard text.count - index >= ByteWord.byteCount, let base = text.baseAddress else { return nil }
        defer { index += ByteWord.byteCount }
        return ByteWord(base + index).pairs(separator: separator)
    }

    private mutating func next() -> UInt8? {
        guard index < text.count else { return nil }
        defer { index += 1 }
        return text[index]
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < text.count, text[index] == byte else { return false }
        index += 1
        return true
    }
}

/// A number since the epoch in millionths of its unit, enough for fractions of a second down to the
/// microsecond; what is finer cannot change the millisecond, since it is floored.
private struct EpochNumber {
    private let isNegative: Bool
    private let millionths: Int128
    /// Some digit that is not zero was cut off behind the millionths.
    private let isCut: Bool

    /// Beyond any time that can be accepted, in nanoseconds and millionths of them.
    private static let greatestMillionths: Int128 = 1_000_000_000_000_000_000_000 * 1_000_000
    private static let exponentLimit = 10_000

    init?(_ text: UnsafeRawBufferPointer) {
        var index = 0
        isNegative = text.first == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var significand: Int128 = 0
        var exponent = 0
        var digitCount = 0
        var isBehindPoint = false
        var isCut = false
        while index < text.count {
            if let digit = decimalDigit(text[index]) {
                digitCount += 1
                if significand < Self.greatestMillionths {
                    significand = significand * 10 + Int128(digit)
                    if isBehindPoint { exponent -= 1 }
                } else {
                    if digit != 0 { isCut = true }
                    if !isBehindPoint { exponent += 1 }
                }
            } else if text[index] == UInt8(ascii: "."), !isBehindPoint, digitCount > 0 {
                isBehindPoint = true
            } else {
                break
            }
            index += 1
        }
        guard digitCount > 0, text[index - 1] != UInt8(ascii: "."),
            let written = Self.exponent(text, from: index)
        else { return nil }
        exponent += written + 6
        while exponent > 0, significand != 0 {
            guard significand < Self.greatestMillionths else { return nil }
            significand *= 10
            exponent -= 1
        }
        while exponent < 0, significand != 0 {
            if significand % 10 != 0 { isCut = true }
            significand /= 10
            exponent += 1
        }
        millionths = significand
        self.isCut = isCut
    }

    /// Zero when there is none, nil when something else follows.
    private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        guard index < text.count else { return 0 }
        guard text[index] | 0x20 == UInt8(ascii: "e") else { return nil }
        index += 1
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            guard let digit = decimalDigit(text[index]) else { return nil }
            value = min(value * 10 + digit, exponentLimit)
            index += 1
        }
        return isNegative ? -value : value
    }

    /// Floored; saturates far outside the accepted years.
    var milliseconds: Int64 {
        let units = millionths / 1_000_000
        // Millionths of the unit in one millisecond.
        let divisor: Int128 =
            if units < 100_000_000_000 {
                1_000
            } else if units < 100_000_000_000_000 {
                1_000_000
            } else if units < 100_000_000_000_000_000 {
                1_000_000_000
            } else {
                1_000_000_000_000
            }
        var (quotient, remainder) = millionths.quotientAndRemainder(dividingBy: divisor)
        if isNegative {
            quotient = -quotient
            if remainder != 0 || isCut { quotient -= 1 }
        }
        return Int64(clamping: quotient)
    }
}

/// Writes into a buffer that its maker knows to be large enough.
private struct TimeTextWriter {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func write(_ time: Timestamp) {
        let day = time.utcDay
        let rest = Int(time.milliseconds.flooredRemainder(by: millisecondsPerDay))
        write(day)
        put(UInt8(ascii: "T"))
        digits(rest / 3_600_000, 2)
        put(UInt8(ascii: ":"))
        digits(rest / 60_000 % 60, 2)
        put(UInt8(ascii: ":"))
        digits(rest / 1_000 % 60, 2)
        if rest % 1_000 != 0 {
            put(UInt8(ascii: "."))
            digits(rest % 1_000, 3)
        }
        put(UInt8(ascii: "Z"))
    }

    mutating func write(_ day: Day) {
        let date = CivilDate(day)
        if date.year < 0 { put(UInt8(ascii: "-")) }
        let year = abs(date.year)
        digits(year, year > 9_999 ? String(year).utf8.count : 4)
        put(UInt8(ascii: "-"))
        digits(date.month, 2)
        put(UInt8(ascii: "-"))
        digits(date.day, 2)
    }

    private mutating func put(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    private mutating func digits(_ value: Int, _ width: Int) {
        var value = value
        for index in stride(from: count + width - 1, through: count, by: -1) {
            buffer[index] = UInt8(ascii: "0") + UInt8(value % 10)
            value /= 10
        }
        count += width
    }
}

@inline(__always)
private func decimalDigit(_ byte: UInt8) -> Int? {
    let value = byte &- UInt8(ascii: "0")
    return value < 10 ? Int(value) : nil
}
