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
        let header = try reader.slice(CheckpointPartHeader.byteCount)
        kind = header.number(0)
        guard kind < Self.kindCount else { throw DamagedBytes("a part of an unknown kind") }
        number = header.number(4)
        bytes = try reader.slice(Int(header.number(8, UInt32.self)))
    }

    func append(to buffer: ByteBuffer) {
        let start = CheckpointPartHeader.begin(kind: kind, number: number, in: buffer)
        buffer.append(bytes)
        CheckpointPartHeader.end(start, in: buffer)
    }
}

/// Which parts newer files have: a bit for each number that a kind has come with, since there are millions.
struct SeenParts: ~Copyable {
    /// By kind. Memory of its own, since an array in an array is counted and checked for each part. Each use begins with a
    /// copy of the pointer: reached through `self`, Swift 6.3 does not compile it for the thread sanitizer.
    private let words = UnsafeMutableBufferPointer<UnsafeMutableBufferPointer<UInt64>>.allocate(
        capacity: Int(CheckpointPartBytes.kindCount))
    private(set) var isEmpty = true

    init() { words.initialize(repeating: UnsafeMutableBufferPointer(start: nil, count: 0)) }

    deinit {
        let kinds = words
        for words in kinds { words.deallocate() }
        kinds.deallocate()
    }

    @inline(__always)
    func contains(_ part: CheckpointPartBytes) -> Bool {
        let (word, bit) = Self.place(part)
        let kinds = words
        let words = kinds[Int(part.kind)]
        return word < words.count && words[word] >> bit & 1 == 1
    }

    mutating func insert(_ part: CheckpointPartBytes) {
        isEmpty = false
        let (word, bit) = Self.place(part)
        let kinds = words
        if word >= kinds[Int(part.kind)].count { Self.extend(&kinds[Int(part.kind)], toHold: word) }
        kinds[Int(part.kind)][word] |= 1 << bit
    }

    private static func extend(_ words: inout UnsafeMutableBufferPointer<UInt64>, toHold word: Int) {
        let larger = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: max(word + 1, words.count * 2))
        let next = larger.update(fromContentsOf: words)
        larger[next...].update(repeating: 0)
        words.deallocate()
        words = larger
    }

    @inline(__always)
    private static func place(_ part: CheckpointPartBytes) -> (word: Int, bit: UInt64) {
        let bitCount = UInt64.bitWidth
        return (Int(part.number) / bitCount, UInt64(Int(part.number) % bitCount))
    }
}
