/// Keys of both tables: a first seq, big-endian, so that LMDB's byte order is the log's order.
enum SegmentKey {
    static let byteCount = 8

    @inline(__always)
    static func with<R, Failure: Error>(
        _ seq: UInt64, _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        let key = seq.bigEndian
        return try withUnsafePointer(to: key) { (pointer) throws(Failure) -> R in
            try body(UnsafeRawBufferPointer(start: pointer, count: byteCount))
        }
    }

    static func seq(_ key: UnsafeRawBufferPointer) -> UInt64? {
        key.count == byteCount ? UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) : nil
    }
}
