/// Bytes that do not say what they should: they end too early, or hold what cannot be.
public struct DamagedBytes: Error, Sendable, Equatable {
    public var detail: String

    public init(_ detail: String) { self.detail = detail }
}

/// Reads back, in order, what was appended to a `ByteBuffer`. Never reads behind the end.
///
/// Inlined where a checkpoint is read through it, by the user, in other modules.
public struct ByteReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var offset = 0

    @inlinable public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable public var isAtEnd: Bool { offset == bytes.count }

    /// The next `count` bytes, which live as long as what they are read from.
    @inlinable @inline(__always)
    public mutating func slice(_ count: Int) throws(DamagedBytes) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - offset else { throw DamagedBytes("the bytes end too early") }
        defer { offset += count }
        return bytes.slice(offset..<offset + count)
    }

    /// All that is left.
    public mutating func rest() -> UnsafeRawBufferPointer {
        defer { offset = bytes.count }
        return bytes.slice(offset..<bytes.count)
    }

    @inlinable @inline(__always)
    public mutating func number<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type = T.self
    ) throws(DamagedBytes) -> T {
        try slice(MemoryLayout<T>.size).number(0)
    }

    public mutating func hash() throws(DamagedBytes) -> Hash128 { try slice(Hash128.byteCount).hash(0) }

    /// A 32-bit count of things that take at least a byte each, so that no count asks for more memory than there are bytes.
    public mutating func count() throws(DamagedBytes) -> Int {
        let count = Int(try number(UInt32.self))
        guard count <= bytes.count - offset else { throw DamagedBytes("a count that the bytes cannot hold") }
        return count
    }

    public mutating func flag() throws(DamagedBytes) -> Bool { try number(UInt8.self) != 0 }

    public mutating func text() throws(DamagedBytes) -> String {
        String(decoding: try slice(try count()), as: UTF8.self)
    }

    public mutating func optionalText() throws(DamagedBytes) -> String? { try flag() ? try text() : nil }

    public mutating func time() throws(DamagedBytes) -> Timestamp { Timestamp(milliseconds: try number()) }

    public mutating func optionalTime() throws(DamagedBytes) -> Timestamp? { try flag() ? try time() : nil }

    public mutating func identifier<I: Identifier>(_: I.Type = I.self) throws(DamagedBytes) -> I {
        I(number: try number())
    }

    /// One of an enumeration's words.
    public mutating func word<Word: RawRepresentable<String>>(_: Word.Type = Word.self) throws(DamagedBytes) -> Word {
        let text = try text()
        guard let word = Word(rawValue: text) else { throw DamagedBytes("\"\(text)\" is no \(Word.self)") }
        return word
    }

    public mutating func json() throws(DamagedBytes) -> JSON {
        switch try number(UInt8.self) {
        case JSON.Tag.null: return .null
        case JSON.Tag.bool: return .bool(try flag())
        case JSON.Tag.number: return .number(try text())
        case JSON.Tag.string: return .string(try text())
        default:
            let text = try slice(try count())
            guard let value = try? JSON.parse(text) else { throw DamagedBytes("a text that is no JSON") }
            return value
        }
    }
}

extension ByteBuffer {
    public func append(_ value: Bool) { append(UInt8(value ? 1 : 0)) }

    public func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            append(UInt32(bytes.count))
            append(UnsafeRawBufferPointer(bytes))
        }
    }

    public func append(_ text: String?) {
        append(text != nil)
        if let text { append(text) }
    }

    public func append(_ time: Timestamp) { append(time.milliseconds) }

    public func append(_ time: Timestamp?) {
        append(time != nil)
        if let time { append(time) }
    }

    public func append(_ identifier: some Identifier) { append(identifier.number) }

    public func append(_ value: JSON) {
        switch value {
        case .null: append(JSON.Tag.null)
        case .bool(let isTrue):
            append(JSON.Tag.bool)
            append(isTrue)
        case .number(let text):
            append(JSON.Tag.number)
            append(text)
        case .string(let text):
            append(JSON.Tag.string)
            append(text)
        case .array, .object:
            append(JSON.Tag.text)
            append(value.text)
        }
    }
}

extension JSON {
    /// How a value stands in bytes: most are one word or text, which need not be parsed again.
    fileprivate enum Tag {
        static let null: UInt8 = 0
        static let bool: UInt8 = 1
        static let number: UInt8 = 2
        static let string: UInt8 = 3
        static let text: UInt8 = 4
    }
}
