/// Names with neighbouring numbers, as they are saved: their sizes, then their bytes.
///
/// Runs of one kind, in order, bring a table back in a fraction of the time that reading the log for them takes.
public struct NameRun {
    public var kind: NameKind
    /// The number of the first.
    public var first: UInt32
    /// Of each name how many bytes it has (u32). These live as long as what they are read from, as `bytes` do.
    public var sizes: UnsafeRawBufferPointer
    /// Of all names, one behind the other.
    public var bytes: UnsafeRawBufferPointer

    public static let sizeByteCount = MemoryLayout<UInt32>.size

    public var count: UInt32 { UInt32(sizes.count / Self.sizeByteCount) }
    /// Behind the last.
    public var end: UInt32 { first + count }
    public var byteCount: Int { sizes.count + bytes.count }

    public init(kind: NameKind, first: UInt32, sizes: UnsafeRawBufferPointer, bytes: UnsafeRawBufferPointer) {
        self.kind = kind
        self.first = first
        self.sizes = sizes
        self.bytes = bytes
    }

    @inline(__always)
    func size(_ index: Int) -> Int { Int(sizes.number(index * Self.sizeByteCount, UInt32.self)) }

    /// How many names at its beginning have numbers before `next`, which the run may not leave a gap to.
    func count(before next: UInt32) throws(DamagedBytes) -> Int {
        guard first <= next else {
            throw DamagedBytes("name number \(first) of kind \(kind) follows number \(next - 1)")
        }
        return Int(min(next - first, count))
    }

    /// Calls `body` with the names from number `next` on.
    func forEach(from next: UInt32, _ body: (UnsafeRawBufferPointer) -> Void) throws(DamagedBytes) {
        let known = try count(before: next)
        var reader = ByteReader(bytes)
        for index in 0..<Int(count) {
            let name = try reader.slice(size(index))
            if index >= known { body(name) }
        }
        try expectEnd(reader.isAtEnd)
    }

    func expectEnd(_ isAtEnd: Bool) throws(DamagedBytes) {
        guard isAtEnd else { throw DamagedBytes("the sizes of names are not those of their bytes") }
    }
}

extension NameTable {
    /// Makes room for names that take so many bytes with their sizes, as long as those of `run` are: a table that doubles
    /// time and again touches twice the memory. Twice the room, so that it does not double right after a start; what is
    /// not used is never touched.
    public func reserve(_ kind: NameKind, bytes: Int, like run: NameRun) {
        let scale = 2 * Double(bytes) / Double(max(run.byteCount, 1))
        reserve(kind, names: Int(Double(run.count) * scale), bytes: Int(Double(run.bytes.count) * scale))
    }
}
