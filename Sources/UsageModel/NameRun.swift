/// Names with neighbouring numbers, as they are saved: each behind its length.
///
/// Runs of one kind, in order, bring a table back in a fraction of the time that reading the log for them takes.
public struct NameRun {
    public var kind: NameKind
    /// The number of the first.
    public var first: UInt32
    public var count: UInt32
    /// Of each name its length (u32) and its bytes; they live as long as what they are read from.
    public var entries: UnsafeRawBufferPointer

    /// Behind the last.
    public var end: UInt32 { first + count }

    public init(kind: NameKind, first: UInt32, count: UInt32, entries: UnsafeRawBufferPointer) {
        self.kind = kind
        self.first = first
        self.count = count
        self.entries = entries
    }
}

extension NameTable {
    /// Makes room for names whose entries take so many bytes, as long as those of `run` are: a table that doubles time
    /// and again touches twice the memory. Twice the room, so that it does not double right after a start; what is not
    /// used is never touched.
    public func reserve(_ kind: NameKind, bytes: Int, like run: NameRun) {
        let namesPerByte = Double(run.count) / Double(max(run.entries.count, 1))
        reserve(kind, names: Int(Double(bytes) * namesPerByte) * 2, bytes: bytes * 2)
    }

    /// Puts back names at the numbers they had; those that are there already are passed over. As with `restore`, runs of
    /// one kind must come in order, and none can be looked for before the index is used.
    public func restore(_ run: NameRun) throws(DamagedBytes) {
        let next = UInt32(count(run.kind)) + 1
        guard run.first <= next else {
            throw DamagedBytes("name number \(run.first) of kind \(run.kind) follows number \(next - 1)")
        }
        var reader = ByteReader(run.entries)
        for number in run.first..<run.end {
            let name = try reader.slice(Int(try reader.number(UInt32.self)))
            if number >= next { restore(name, kind: run.kind, number: number) }
        }
        guard reader.isAtEnd else { throw DamagedBytes("bytes behind the last name") }
    }
}
