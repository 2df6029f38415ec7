import UsageModel

/// Rows stand in a checkpoint as they lie in memory: millions of them are one copy then. A checkpoint is read
/// only by a program whose rows have the same layout (`CheckpointLayout`); any other replays the log.
extension Rows {
    func write(to out: ByteBuffer) {
        out.append(UInt32(count))
        if !isEmpty { out.append(UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)) }
    }

    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        self.init()
        let count = Int(try reader.number(UInt32.self))
        let bytes = try reader.slice(count * MemoryLayout<Element>.stride)
        guard count > 0, let source = bytes.baseAddress else { return }
        reserve(exactly: count)
        UnsafeMutableRawPointer(base).copyMemory(from: source, byteCount: bytes.count)
        setCount(count)
    }
}

/// Tells programs apart whose rows lie otherwise in memory.
public enum CheckpointLayout {
    /// To be raised when what a checkpoint says, or what follows from it, changes while all sizes stay.
    private static let version: UInt64 = 11

    /// Of all rows that are copied as they lie.
    public static var fingerprint: UInt64 {
        let sizes = [
            MemoryLayout<DayCount>.stride, MemoryLayout<UserDay>.stride, MemoryLayout<AheadDay>.stride,
            MemoryLayout<Homes.Home>.stride,
        ]
        return sizes.reduce(version) { $0 &* 257 &+ UInt64($1) }
    }
}
