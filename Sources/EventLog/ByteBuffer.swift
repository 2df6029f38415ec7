import UsageModel

/// Bytes that grow, with raw access and little-endian numbers; kept and reused from block to block.
/// An array would zero or check what is overwritten at once.
final class ByteBuffer {
    private(set) var count = 0
    private var capacity: Int
    private(set) var start: UnsafeMutableRawPointer

    init(capacity: Int = 4_096) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    func removeAll() { count = 0 }

    /// Makes room for `extra` bytes behind the content and returns where they begin.
    func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
        if count + extra > capacity {
            capacity = max(count + extra, capacity * 2)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
            grown.copyMemory(from: start, byteCount: count)
            start.deallocate()
            start = grown
        }
        return start + count
    }

    /// Counts `extra` bytes in, which were written to what `reserve` returned or are to be patched.
    func advance(_ extra: Int) {
        precondition(count + extra <= capacity, "advanced behind the reserved bytes")
        count += extra
    }

    func append(_ slice: UnsafeRawBufferPointer) {
        guard let base = slice.baseAddress else { return }
        reserve(slice.count).copyMemory(from: base, byteCount: slice.count)
        count += slice.count
    }

    func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        reserve(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
        count += MemoryLayout<T>.size
    }

    func append(_ hash: Hash128) {
        append(hash.low)
        append(hash.high)
    }

    /// Overwrites a number that was appended before.
    func patch<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        precondition(offset + MemoryLayout<T>.size <= count, "patch behind the content")
        (start + offset).storeBytes(of: value.littleEndian, as: T.self)
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian number at `offset`; the caller has checked the bounds.
    func number<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: T.Type = T.self) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    func hash(_ offset: Int) -> Hash128 {
        Hash128(low: number(offset), high: number(offset + 8))
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}
