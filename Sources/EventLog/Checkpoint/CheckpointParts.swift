public import UsageModel

/// What stands before each part in a piece: kind (u32), number (u32), byte count (u32).
public enum CheckpointPartHeader {
    static let byteCount = 12

    /// Appends a header; returns what to pass to `end` when the part has been appended behind it.
    @inlinable
    public static func begin(kind: UInt32, number: UInt32, in buffer: ByteBuffer) -> Int {
        buffer.append(kind)
        buffer.append(number)
        buffer.append(UInt32(0))
        return buffer.count
    }

    @inlinable
    public static func end(_ start: Int, in buffer: ByteBuffer) {
        buffer.patch(UInt32(buffer.count - start), at: start - MemoryLayout<UInt32>.size)
    }
}

/// A part as it stands in a piece; its bytes live as long as the piece's.
struct CheckpointPartBytes {
    var kind: UInt32
    var number: UInt32
    var bytes: UnsafeRawBufferPointer

    /// Kinds are numbered from 0; some are for programs to come.
    static let kindCount: UInt32 = 16

    /// The next part of a piece.
    @inline(__always)
    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        kind = try reader.number()
        guard kind < Self.kindCount else { throw DamagedBytes("a part of an unknown kind") }
        number = try reader.number()
        bytes = try reader.slice(Int(try reader.number(UInt32.self)))
    }

    func append(to buffer: ByteBuffer) {
        let start = CheckpointPartHeader.begin(kind: kind, number: number, in: buffer)
        buffer.append(bytes)
        CheckpointPartHeader.end(start, in: buffer)
    }
}

/// Which parts newer files have: a bit for each number that a kind has come with, since there are millions.
struct SeenParts {
    /// By kind.
    private var words = [[UInt64]](repeating: [], count: Int(CheckpointPartBytes.kindCount))
    private(set) var isEmpty = true

    func contains(_ part: CheckpointPartBytes) -> Bool {
        let (word, bit) = Self.place(part)
        // Not by way of a copy of the list, which would be counted.
        return word < words[Int(part.kind)].count && words[Int(part.kind)][word] >> bit & 1 == 1
    }

    mutating func insert(_ part: CheckpointPartBytes) {
        isEmpty = false
        let (word, bit) = Self.place(part)
        Self.extend(&words[Int(part.kind)], toHold: word)
        words[Int(part.kind)][word] |= 1 << bit
    }

    private static func extend(_ words: inout [UInt64], toHold word: Int) {
        guard word >= words.count else { return }
        words.append(contentsOf: repeatElement(0, count: max(word + 1, words.count * 2) - words.count))
    }

    private static func place(_ part: CheckpointPartBytes) -> (word: Int, bit: UInt64) {
        let bitCount = UInt64.bitWidth
        return (Int(part.number) / bitCount, UInt64(Int(part.number) % bitCount))
    }
}
