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
public struct CheckpointPartBytes {
    public var kind: UInt32
    public var number: UInt32
    public var bytes: UnsafeRawBufferPointer

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

/// The parts of a piece of which no newer file has another version, one after the other.
///
/// Handed out by a call each and not to a closure: there are millions, and the closures in between were 6 % of a restart's
/// processor time with 10 million users.
public struct NewestParts {
    private var reader: ByteReader
    private let seen: SeenParts
    private let isOfOldestFile: Bool

    init(of piece: UnsafeRawBufferPointer, unless seen: SeenParts, isOfOldestFile: Bool) {
        reader = ByteReader(piece)
        self.seen = seen
        self.isOfOldestFile = isOfOldestFile
    }

    /// The next part, nil behind the last.
    public mutating func next() throws(DamagedBytes) -> CheckpointPartBytes? {
        while !reader.isAtEnd {
            let part = try CheckpointPartBytes(&reader)
            if !seen.isEmpty, seen.contains(part) { continue }
            if !isOfOldestFile { seen.insert(part) }
            return part
        }
        return nil
    }
}

/// Which parts newer files have: a bit for each number that a kind has come with, since there are millions. For one thread.
final class SeenParts {
    /// By kind. Memory of its own, since an array in an array is counted and checked for each part.
    private let words = UnsafeMutableBufferPointer<UnsafeMutableBufferPointer<UInt64>>.allocate(
        capacity: Int(CheckpointPartBytes.kindCount))
    private(set) var isEmpty = true

    init() { words.initialize(repeating: UnsafeMutableBufferPointer(start: nil, count: 0)) }

    deinit {
        for words in words { words.deallocate() }
        words.deallocate()
    }

    @inline(__always)
    func contains(_ part: CheckpointPartBytes) -> Bool {
        let (word, bit) = Self.place(part)
        let words = words[Int(part.kind)]
        return word < words.count && words[word] >> bit & 1 == 1
    }

    func insert(_ part: CheckpointPartBytes) {
        isEmpty = false
        let (word, bit) = Self.place(part)
        if word >= words[Int(part.kind)].count { Self.extend(&words[Int(part.kind)], toHold: word) }
        words[Int(part.kind)][word] |= 1 << bit
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
