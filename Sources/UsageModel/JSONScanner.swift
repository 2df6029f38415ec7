import CScan

/// What a JSON value is, told by its first byte.
public enum JSONKind: UInt8, Sendable, BitwiseCopyable {
    case string, number, object, array, `true`, `false`, null
}

/// A value's place in the scanned text. For a string: what stands between its quotes, still escaped.
public struct JSONSlice: Sendable, BitwiseCopyable {
    public var kind: JSONKind
    /// Whether a string holds a backslash, so that `JSONScanner.unescape` must make its text.
    public var hasEscapes: Bool
    public var offset: Int
    public var count: Int

    @inlinable @inline(__always)
    public init(kind: JSONKind, hasEscapes: Bool = false, offset: Int, count: Int) {
        self.kind = kind
        self.hasEscapes = hasEscapes
        self.offset = offset
        self.count = count
    }

    /// The bytes as the sender wrote them, a string's quotes included.
    @inlinable
    public var written: Range<Int> {
        kind == .string ? (offset - 1)..<(offset + count + 1) : offset..<(offset + count)
    }
}

/// A strict scanner for JSON (RFC 8259) in place: it allocates nothing and hands out places in the text.
///
/// Strict means: no comments, no trailing commas, no bare words, valid UTF-8 only, no unescaped control
/// characters, no lone surrogates, and no number that overflows a `Double`. Duplicate member names are
/// the caller's to resolve. The text must stay valid and unchanged while the scanner lives.
public struct JSONScanner {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let end: Int
    private let depthLimit: Int
    @usableFromInline var position = 0

    /// How far the text has been scanned, in bytes.
    @inlinable public var offset: Int { position }

    /// `depthLimit` is how many objects and arrays may stand inside each other. `skipValue` recurses
    /// once a level, so it must be one that the stack can hold.
    public init(_ text: UnsafeRawBufferPointer, depthLimit: Int) {
        base = text.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        end = text.count
        self.depthLimit = depthLimit
    }

    @inlinable @inline(__always)
    func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

    @inlinable @inline(__always)
    mutating func skipWhitespace() {
        while offset < end {
            let byte = byte(offset)
            // Most JSON on a wire has no white space at all, so the first test is the one that counts.
            if byte > 0x20 { return }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    // MARK: Values

    /// Scans one value of any kind with all that is inside it. `depth` is the number of containers
    /// around it. O(length).
    public mutating func skipValue(depth: Int) throws(JSONError) -> JSONSlice {
        let kind = try nextKind()
        switch kind {
        case .string: return try scanString()
        case .number: return try scanNumber()
        case .true: return try scanWord("true", kind)
        case .false: return try scanWord("false", kind)
        case .null: return try scanWord("null", kind)
        case .object:
            let start = offset
            var members = try beginObject(depth: depth)
            while try nextName(&members) != nil {
                _ = try skipValue(depth: depth + 1)
            }
            return JSONSlice(kind: .object, offset: start, count: offset - start)
        case .array:
            let start = offset
            var elements = try beginArray(depth: depth)
            while try nextElement(&elements) {
                _ = try skipValue(depth: depth + 1)
            }
            return JSONSlice(kind: .array, offset: start, count: offset - start)
        }
    }

    /// Skips white space and says what the next value is, without scanning it.
    @inlinable @inline(__always)
    public mutating func nextKind() throws(JSONError) -> JSONKind {
        skipWhitespace()
        guard offset < end else { throw JSONError(.unexpectedEnd, at: offset) }
        switch byte(offset) {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"): return .true
        case UInt8(ascii: "f"): return .false
        case UInt8(ascii: "n"): return .null
        default: throw JSONError(.expectedValue, at: offset)
        }
    }

    /// Nothing but white space may follow the value.
    public mutating func expectEnd() throws(JSONError) {
        skipWhitespace()
        guard offset == end else { throw JSONError(.trailingBytes, at: offset) }
    }

    /// Goes on at `offset`, up to which somebody else has scanned.
    public mutating func advance(to offset: Int) {
        precondition(offset >= position && offset <= end, "a scanner goes forward, within its text")
        position = offset
    }

    // MARK: Containers

    /// Where in an object or array the scanner stands.
    public struct Progress {
        @usableFromInline var isFirst = true

        @inlinable init() {}
    }

    /// Steps into the object that `nextKind` announced. `depth` is the number of containers around it.
    public mutating func beginObject(depth: Int) throws(JSONError) -> Progress {
        guard depth < depthLimit else { throw JSONError(.tooDeep, at: offset) }
        position += 1
        return Progress()
    }

    /// Scans the next member's name and its colon; nil behind the closing brace.
    public mutating func nextName(_ progress: inout Progress) throws(JSONError) -> JSONSlice? {
        skipWhitespace()
        guard offset < end else { throw JSONError(.unexpectedEnd, at: offset) }
        if byte(offset) == UInt8(ascii: "}") {
            position += 1
            return nil
        }
        if progress.isFirst {
            progress.isFirst = false
        } else {
            guard byte(offset) == UInt8(ascii: ",") else { throw JSONError(.expectedCommaOrBrace, at: offset) }
            position += 1
            skipWhitespace()
            guard offset < end else { throw JSONError(.unexpectedEnd, at: offset) }
        }
        guard byte(offset) == UInt8(ascii: "\"") else { throw JSONError(.expectedName, at: offset) }
        let name = try scanString()
        skipWhitespace()
        guard offset < end else { throw JSONError(.unexpectedEnd, at: offset) }
        guard byte(offset) == UInt8(ascii: ":") else { throw JSONError(.expectedColon, at: offset) }
        position += 1
        return name
    }

    /// Moves behind `text` when that comes next, and says whether it does. It must be what `nextName` has scanned at such
    /// a place before, with white space around it, and of `nameTextBytes`.
    @inlinable @inline(__always)
    public mutating func skipName(_ text: UnsafeRawBufferPointer, _ progress: inout Progress) -> Bool {
        guard end - position >= text.count, isNext(text) else { return false }
        position += text.count
        progress.isFirst = false
        return true
    }

    /// What is compared at once: at least a quote, a letter, a quote and the colon.
    public static let nameTextBytes = 4...32

    /// Words that overlap at the end, so that no byte is looked at alone.
    @inlinable @inline(__always)
    func isNext(_ text: UnsafeRawBufferPointer) -> Bool {
        let here = base + position
        let there = text.baseAddress.unsafelyUnwrapped
        guard text.count >= 8 else {
            return here.loadUnaligned(as: UInt32.self) == there.loadUnaligned(as: UInt32.self)
                && (here + text.count - 4).loadUnaligned(as: UInt32.self)
                    == (there + text.count - 4).loadUnaligned(as: UInt32.self)
        }
        var offset = 0
        while offset < text.count - 8 {
            guard
                (here + offset).loadUnaligned(as: UInt64.self) == (there + offset).loadUnaligned(as: UInt64.self)
            else { return false }
            offset += 8
        }
        return (here + text.count - 8).loadUnaligned(as: UInt64.self)
            == (there + text.count - 8).loadUnaligned(as: UInt64.self)
    }

    /// Steps into the array that `nextKind` announced. `depth` is the number of containers around it.
    public mutating func beginArray(depth: Int) throws(JSONError) -> Progress {
        try beginObject(depth: depth)
    }

    /// Moves to the next element; false behind the closing bracket.
    public mutating func nextElement(_ progress: inout Progress) throws(JSONError) -> Bool {
        skipWhitespace()
        guard offset < end else { throw JSONError(.unexpectedEnd, at: offset) }
        if progress.isFirst {
            progress.isFirst = false
            guard byte(offset) == UInt8(ascii: "]") else { return true }
        } else if byte(offset) == UInt8(ascii: ",") {
            position += 1
            return true
        } else if byte(offset) != UInt8(ascii: "]") {
            throw JSONError(.expectedCommaOrBracket, at: offset)
        }
        position += 1
        return false
    }

    // MARK: Strings

    /// Scans the string that `nextKind` announced.
    public mutating func scanString() throws(JSONError) -> JSONSlice {
        let start = offset + 1
        var hasEscapes = false
        position = start
        while true {
            try skipPlainBytes()
            let byte = byte(offset)
            if byte == UInt8(ascii: "\"") {
                let slice = JSONSlice(kind: .string, hasEscapes: hasEscapes, offset: start, count: offset - start)
                position += 1
                return slice
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, at: offset)
            } else {
                let length = UTF8Text.sequenceLength(base, at: offset, end: end)
                guard length > 0 else { throw JSONError(.badUTF8, at: offset) }
                position += length
            }
        }
    }

    /// Moves to the next byte that is a quote, a backslash, a control character or outside ASCII.
    @inline(__always)
    private mutating func skipPlainBytes() throws(JSONError) {
        #if arch(x86_64)
            while end - offset >= 16 {
                let marks = cscan_string_marks(base + offset)
                if marks != 0 {
                    position += marks.trailingZeroBitCount
                    return
                }
                position += 16
            }
        #endif
        while end - offset >= ByteWord.byteCount {
            let word = ByteWord(base + offset)
            let marks =
                word.marks(equalTo: UInt8(ascii: "\"")) | word.marks(equalTo: UInt8(ascii: "\\"))
                | word.marks(below: 0x20) | word.marksOutsideASCII
            if marks != 0 {
                position += ByteWord.firstIndex(marks)
                return
            }
            position += ByteWord.byteCount
        }
        while offset < end {
            let byte = byte(offset)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 || byte >= 0x80 { return }
            position += 1
        }
        throw JSONError(.unexpectedEnd, at: offset)
    }

    private mutating func skipEscape() throws(JSONError) {
        let start = offset
        guard end - offset >= 2 else { throw JSONError(.unexpectedEnd, at: end) }
        switch byte(offset + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard let unit = Self.codeUnit(base, at: offset, end: end) else { throw JSONError(.badEscape, at: start) }
            position += 6
            guard unit & 0xF800 == 0xD800 else { return }
            guard unit < 0xDC00, let low = Self.codeUnit(base, at: offset, end: end), low & 0xFC00 == 0xDC00 else {
                throw JSONError(.loneSurrogate, at: start)
            }
            position += 6
        default: throw JSONError(.badEscape, at: start)
        }
    }

    /// The UTF-16 code unit of the `\uXXXX` at `offset`, nil when there is none before `end`.
    private static func codeUnit(_ base: UnsafeRawPointer, at offset: Int, end: Int) -> UInt32? {
        guard end - offset >= 6, base.load(fromByteOffset: offset, as: UInt8.self) == UInt8(ascii: "\\"),
            base.load(fromByteOffset: offset + 1, as: UInt8.self) == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for index in 2..<6 {
            let byte = base.load(fromByteOffset: offset + index, as: UInt8.self)
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Appends the text of a string as scanned, its escapes resolved. O(length).
    public static func unescape(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) {
        guard let base = text.baseAddress else { return }
        var offset = 0
        while offset < text.count {
            let byte = text[offset]
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                offset += 1
                continue
            }
            precondition(offset + 1 < text.count, "only scanned strings can be unescaped")
            offset += 2
            switch text[offset - 1] {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                let unit = codeUnit(base, at: offset - 2, end: text.count)
                offset += 4
                guard var scalar = unit else { preconditionFailure("only scanned strings can be unescaped") }
                if scalar & 0xFC00 == 0xD800, let low = codeUnit(base, at: offset, end: text.count) {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                    offset += 6
                }
                appendUTF8(scalar, to: &bytes)
            case let other: bytes.append(other)
            }
        }
    }

    private static func appendUTF8(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: bytes.append(UInt8(scalar))
        case 0x80..<0x800:
            bytes.append(0xC0 | UInt8(scalar >> 6))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        case 0x800..<0x10000:
            bytes.append(0xE0 | UInt8(scalar >> 12))
            bytes.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        default:
            bytes.append(0xF0 | UInt8(scalar >> 18))
            bytes.append(0x80 | UInt8(scalar >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(scalar & 0x3F))
        }
    }

    // MARK: Numbers and words

    /// A number with fewer digits than this and no exponent cannot overflow a `Double`.
    private static let plainDigitLimit = 300

    /// Scans the number that `nextKind` announced.
    public mutating func scanNumber() throws(JSONError) -> JSONSlice {
        let start = offset
        if byte(offset) == UInt8(ascii: "-") { position += 1 }
        if offset < end, byte(offset) == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits()
        }
        if offset < end, byte(offset) == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        var hasExponent = false
        if offset < end, byte(offset) | 0x20 == UInt8(ascii: "e") {
            hasExponent = true
            position += 1
            if offset < end, byte(offset) == UInt8(ascii: "+") || byte(offset) == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        let slice = JSONSlice(kind: .number, offset: start, count: offset - start)
        if hasExponent || slice.count > Self.plainDigitLimit {
            let text = String(decoding: UnsafeRawBufferPointer(start: base + start, count: slice.count), as: UTF8.self)
            guard let value = Double(text), value.isFinite else { throw JSONError(.numberOutOfRange, at: start) }
        }
        return slice
    }

    /// At least one digit.
    @inline(__always)
    private mutating func skipDigits() throws(JSONError) {
        let start = offset
        while position < end, byte(position) &- UInt8(ascii: "0") < 10 { position += 1 }
        guard offset > start else { throw JSONError(offset < end ? .badNumber : .unexpectedEnd, at: offset) }
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONKind) throws(JSONError) -> JSONSlice {
        let start = offset
        for index in 0..<word.utf8CodeUnitCount {
            guard offset < end else { throw JSONError(.unexpectedEnd, at: offset) }
            guard byte(offset) == word.utf8Start[index] else { throw JSONError(.expectedValue, at: start) }
            position += 1
        }
        return JSONSlice(kind: kind, offset: start, count: offset - start)
    }
}
