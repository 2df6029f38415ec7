import CScan
import Glibc
import UsageModel

/// A stretch of a point's text. With escapes it must be unescaped before it means anything.
struct LineProtocolToken {
    var offset: Int
    var count: Int
    var hasEscapes = false

    var range: Range<Int> { offset..<(offset + count) }
}

/// A field's value, checked; numbers keep their text, so that amounts stay exact.
enum LineProtocolFieldValue {
    /// With its value where it is written as most amounts are; see `Amount.plain`.
    case float(LineProtocolToken, Amount?)
    case int(Int64, LineProtocolToken)
    case uint(UInt64, LineProtocolToken)
    case bool(Bool)
    /// What stands between the quotes.
    case string(LineProtocolToken)
}

/// Takes a point's parts in the order in which they stand; generic, so that the grammar is compiled
/// once for each sink with no call in between.
protocol LineProtocolSink {
    mutating func measurement(_ name: LineProtocolToken) throws(LineRefusal)
    mutating func tag(_ name: LineProtocolToken, _ value: LineProtocolToken) throws(LineRefusal)
    mutating func field(_ name: LineProtocolToken, _ value: LineProtocolFieldValue) throws(LineRefusal)
    /// `value` is in the listener's unit.
    mutating func time(_ value: Int64, at offset: Int) throws(LineRefusal)
}

/// InfluxDB line protocol's grammar, one point at a time
/// (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/ and the EBNF of InfluxDB's
/// own decoder). What that decoder accepts is accepted here with the same values, and nothing else:
///
/// - In names and tag values a backslash escapes `,`, space and (not in measurements) `=`, and stands
///   for itself before anything else. In strings it escapes `\`, `"`, `n`, `r` and `t`.
/// - Names and tag values hold no control characters and are not empty; strings may hold anything,
///   newlines included. All are valid UTF-8.
/// - A tag's name may occur once in a point; a field's name may repeat.
struct LineProtocolGrammar {
    enum Outcome {
        case point
        /// The text ended inside a quoted string.
        case openString
    }

    private var base = UnsafeRawPointer(bitPattern: 1)!
    /// Where the point ends: at its newline or the end of the text.
    private var end = 0
    /// Bytes from `base` that may be read, at least `end`.
    private var readableEnd = 0
    private var offset = 0
    /// Names of the point's tags, where some look alike. Kept for its capacity.
    private var tagNames: [LineProtocolToken] = []

    /// Parses one point, which is the whole of `text` but for spaces around it and a carriage return
    /// at its end. `readable` bytes from `text`'s beginning may be looked at. O(length), and
    /// O(n log n) in the number of tags.
    @inline(__always)
    mutating func parse(
        _ text: UnsafeRawBufferPointer, readable: Int, into sink: inout some LineProtocolSink
    ) throws(LineRefusal) -> Outcome {
        guard let start = text.baseAddress else { throw LineRefusal(.badLine, "expected a measurement", at: 0) }
        base = start
        end = text.count
        readableEnd = readable
        offset = 0
        skipSpaces()
        try sink.measurement(try scanMeasurement())
        try scanTags(into: &sink)
        skipSpaces()
        while true {
            guard let value = try scanField(into: &sink) else { return .openString }
            switch value {
            case .another: continue
            case .time:
                if let (time, place) = try scanTime() { try sink.time(time, at: place) }
                return .point
            case .end: return .point
            }
        }
    }

    @inline(__always)
    private func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

    private mutating func skipSpaces() {
        while offset < end, byte(offset) == UInt8(ascii: " ") { offset += 1 }
    }

    /// At the point's end, or at a carriage return that is the last byte before it.
    private var isAtLineEnd: Bool {
        offset == end || (offset == end - 1 && byte(offset) == UInt8(ascii: "\r"))
    }

    // MARK: Measurement and tags

    @inline(__always)
    private mutating func scanMeasurement() throws(LineRefusal) -> LineProtocolToken {
        let name = try scanName(stopsAtEquals: false)
        guard name.count > 0 else { throw LineRefusal(.badLine, "expected a measurement", at: offset) }
        return name
    }

    /// From behind the measurement to the space before the fields.
    @inline(__always)
    private mutating func scanTags(into sink: inout some LineProtocolSink) throws(LineRefusal) {
        let start = offset
        // A bit for each name: only where two have the same can a name occur twice.
        var nameBits: UInt64 = 0
        var mayRepeat = false
        while offset < end, byte(offset) == UInt8(ascii: ",") {
            let (name, value) = try scanTag()
            let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: nameHash(name))
            mayRepeat = mayRepeat || nameBits & bit != 0
            nameBits |= bit
            try sink.tag(name, value)
        }
        guard offset < end, byte(offset) == UInt8(ascii: " ") else {
            throw LineRefusal(.badLine, "expected ',' and a tag, or a space and a field", at: offset)
        }
        if mayRepeat { try checkTagNames(from: start) }
    }

    /// From the comma to what follows the value.
    @inline(__always)
    private mutating func scanTag() throws(LineRefusal) -> (name: LineProtocolToken, value: LineProtocolToken) {
        offset += 1
        let name = try scanName(stopsAtEquals: true)
        guard name.count > 0 else { throw LineRefusal(.badLine, "expected a tag's name", at: offset) }
        guard offset < end, byte(offset) == UInt8(ascii: "=") else {
            throw LineRefusal(.badLine, "expected '=' after a tag's name", at: offset)
        }
        offset += 1
        let value = try scanName(stopsAtEquals: true)
        guard value.count > 0 else { throw LineRefusal(.badLine, "expected a tag's value", at: offset) }
        return (name, value)
    }

    /// The same for names that are the same.
    @inline(__always)
    private func nameHash(_ name: LineProtocolToken) -> Int {
        name.count &+ 5 &* Int(byte(name.offset)) &+ 3 &* Int(byte(name.offset + name.count - 1))
    }

    /// Sees to it that no name of the tags from `start` on, which were scanned before, occurs twice.
    @inline(never)
    private mutating func checkTagNames(from start: Int) throws(LineRefusal) {
        let tagsEnd = offset
        tagNames.removeAll(keepingCapacity: true)
        offset = start
        while offset < tagsEnd { tagNames.append(try scanTag().name) }
        // Each special character must be escaped and no other can be, so names are equal when their
        // texts with escapes are.
        let base = base
        tagNames.sort { left, right in
            let order = Self.order(left, right, in: base)
            return order == 0 ? left.offset < right.offset : order < 0
        }
        var first = Int.max
        for index in tagNames.indices.dropFirst()
        where Self.order(tagNames[index - 1], tagNames[index], in: base) == 0 {
            first = min(first, tagNames[index].offset)
        }
        if first != .max { throw LineRefusal(.badLine, "a tag's name occurs twice", at: first) }
    }

    private static func order(
        _ left: LineProtocolToken, _ right: LineProtocolToken, in base: UnsafeRawPointer
    ) -> Int {
        let difference = memcmp(base + left.offset, base + right.offset, min(left.count, right.count))
        return difference == 0 ? left.count - right.count : Int(difference)
    }

    /// Scans a measurement, a tag's name or value, or a field's name: up to the first byte that cannot
    /// be part of it. May be empty.
    @inline(__always)
    private mutating func scanName(stopsAtEquals: Bool) throws(LineRefusal) -> LineProtocolToken {
        let start = offset
        var hasEscapes = false
        while true {
            skipPlainBytes()
            guard offset < end else { break }
            let byte = byte(offset)
            if byte == UInt8(ascii: "\\") {
                if offset + 1 < end, isEscapable(self.byte(offset + 1), equals: stopsAtEquals) {
                    hasEscapes = true
                    offset += 2
                } else {
                    offset += 1
                }
            } else if byte >= 0x80 {
                let length = UTF8Text.sequenceLength(base, at: offset, end: end)
                guard length > 0 else { throw LineRefusal(.badUTF8, "invalid UTF-8 in a name", at: offset) }
                offset += length
            } else if byte == UInt8(ascii: "="), !stopsAtEquals {
                offset += 1
            } else {
                break
            }
        }
        return LineProtocolToken(offset: start, count: offset - start, hasEscapes: hasEscapes)
    }

    private func isEscapable(_ byte: UInt8, equals: Bool) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") || (equals && byte == UInt8(ascii: "="))
    }

    /// Moves to the next byte that is a control character, space, `,`, `=`, backslash, DEL or outside
    /// ASCII, or to `end`.
    @inline(__always)
    private mutating func skipPlainBytes() {
        #if arch(x86_64)
            while readableEnd - offset >= 16 {
                let marks = cscan_name_marks(base + offset)
                if marks != 0 {
                    offset = min(offset + marks.trailingZeroBitCount, end)
                    return
                }
                offset += 16
                if offset >= end {
                    offset = end
                    return
                }
            }
        #endif
        while readableEnd - offset >= ByteWord.byteCount {
            let word = ByteWord(base + offset)
            let marks =
                word.marks(below: 0x21) | word.marks(equalTo: UInt8(ascii: ","))
                | word.marks(equalTo: UInt8(ascii: "="))
                | word.marks(equalTo: UInt8(ascii: "\\")) | word.marks(equalTo: 0x7F) | word.marksOutsideASCII
            if marks != 0 {
                // What stands behind the point's end does not count.
                offset = min(offset + ByteWord.firstIndex(marks), end)
                return
            }
            offset += ByteWord.byteCount
            if offset >= end {
                offset = end
                return
            }
        }
        while offset < end {
            let byte = byte(offset)
            if byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\\")
                || byte >= 0x7F
            {
                return
            }
            offset += 1
        }
    }

    // MARK: Fields

    private enum AfterField {
        case another, time, end
    }

    /// One field with what separates it from the next part; nil when the text ends inside its string.
    @inline(__always)
    private mutating func scanField(into sink: inout some LineProtocolSink) throws(LineRefusal) -> AfterField? {
        let name = try scanName(stopsAtEquals: true)
        guard name.count > 0 else { throw LineRefusal(.badLine, "expected a field's name", at: offset) }
        guard offset < end, byte(offset) == UInt8(ascii: "=") else {
            throw LineRefusal(.badLine, "expected '=' after a field's name", at: offset)
        }
        offset += 1
        guard offset < end else { throw LineRefusal(.badLine, "expected a field's value", at: offset) }
        if byte(offset) == UInt8(ascii: "\"") {
            guard let value = try scanString() else { return nil }
            try sink.field(name, .string(value))
        } else {
            try sink.field(name, try scanPlainValue())
        }
        if offset < end, byte(offset) == UInt8(ascii: ",") {
            offset += 1
            return .another
        }
        guard offset == end || byte(offset) == UInt8(ascii: " ") || byte(offset) == UInt8(ascii: "\r") else {
            throw LineRefusal(.badLine, "expected ',' or a space after a field", at: offset)
        }
        skipSpaces()
        return isAtLineEnd ? .end : .time
    }

    /// What stands between the quotes; nil when the closing one is missing.
    private mutating func scanString() throws(LineRefusal) -> LineProtocolToken? {
        let start = offset + 1
        var hasEscapes = false
        offset = start
        while true {
            skipPlainString()
            guard offset < end else { return nil }
            let byte = byte(offset)
            if byte == UInt8(ascii: "\"") {
                let token = LineProtocolToken(offset: start, count: offset - start, hasEscapes: hasEscapes)
                offset += 1
                return token
            }
            if byte == UInt8(ascii: "\\") {
                guard offset + 1 < end else { return nil }
                let escapes = LineProtocolText.unescapedInString(self.byte(offset + 1)) != nil
                hasEscapes = hasEscapes || escapes
                offset += escapes ? 2 : 1
            } else if byte >= 0x80 {
                let length = UTF8Text.sequenceLength(base, at: offset, end: end)
                guard length > 0 else { throw LineRefusal(.badUTF8, "invalid UTF-8 in a string", at: offset) }
                offset += length
            } else {
                offset += 1
            }
        }
    }

    /// Moves to the next byte of a string that is a quote, a backslash or outside ASCII, or maybe before it, or to the
    /// end or behind it.
    @inline(__always)
    private mutating func skipPlainString() {
        #if arch(x86_64)
            while readableEnd - offset >= 16 {
                let marks = cscan_string_marks(base + offset)
                if marks != 0 {
                    offset += marks.trailingZeroBitCount
                    return
                }
                offset += 16
            }
        #endif
        while readableEnd - offset >= ByteWord.byteCount {
            let word = ByteWord(base + offset)
            let marks =
                word.marks(equalTo: UInt8(ascii: "\"")) | word.marks(equalTo: UInt8(ascii: "\\"))
                | word.marksOutsideASCII
            if marks != 0 {
                offset += ByteWord.firstIndex(marks)
                return
            }
            offset += ByteWord.byteCount
        }
    }

    /// A number or a boolean, up to the next `,` or white space.
    @inline(__always)
    private mutating func scanPlainValue() throws(LineRefusal) -> LineProtocolFieldValue {
        let start = offset
        if let (amount, count) = Amount.plain(UnsafeRawBufferPointer(start: base + start, count: end - start)),
            isAtValueEnd(start + count)
        {
            offset += count
            return .float(LineProtocolToken(offset: start, count: count), amount)
        }
        return try scanOtherValue()
    }

    @inline(__always)
    private func isAtValueEnd(_ offset: Int) -> Bool {
        guard offset < end else { return true }
        let byte = byte(offset)
        return byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    @inline(never)
    private mutating func scanOtherValue() throws(LineRefusal) -> LineProtocolFieldValue {
        let start = offset
        while !isAtValueEnd(offset) { offset += 1 }
        guard offset > start else { throw LineRefusal(.badLine, "expected a field's value", at: start) }
        let token = LineProtocolToken(offset: start, count: offset - start)
        let text = UnsafeRawBufferPointer(start: base + start, count: token.count)
        return try LineProtocolNumber.value(text, token)
    }

    // MARK: Time

    /// The timestamp with its place, nil when there is none; then nothing but spaces may follow.
    @inline(__always)
    private mutating func scanTime() throws(LineRefusal) -> (Int64, Int)? {
        let start = offset
        var value: UInt64 = 0
        // Nanoseconds have 19 digits, which are two words and three digits.
        while offset - start < 2 * ByteWord.byteCount, end - offset >= ByteWord.byteCount {
            let word = ByteWord(base + offset)
            guard word.areDigits else { break }
            value = value &* 100_000_000 &+ word.digitsValue
            offset += ByteWord.byteCount
        }
        while offset < end, offset - start < LineProtocolNumber.safeDigitCount {
            let digit = byte(offset) &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            offset += 1
        }
        if offset > start, offset == end, let time = Int64(exactly: value) { return (time, start) }
        offset = start
        return try scanOtherTime()
    }

    @inline(never)
    private mutating func scanOtherTime() throws(LineRefusal) -> (Int64, Int)? {
        let start = offset
        while offset < end, byte(offset) == UInt8(ascii: "-") || byte(offset) &- UInt8(ascii: "0") < 10 { offset += 1 }
        let text = UnsafeRawBufferPointer(start: base + start, count: offset - start)
        skipSpaces()
        guard isAtLineEnd else { throw LineRefusal(.badLine, "expected a timestamp and nothing behind it", at: offset) }
        if text.isEmpty { return nil }
        guard let time = LineProtocolNumber.int64(text) else {
            throw LineRefusal(.badTime, "a timestamp is a whole number of 64 bits", at: start)
        }
        return (time, start)
    }
}
