/// Bytes that grow, with raw access and little-endian numbers; kept and reused, from block to block.
/// An array would zero or check what is overwritten at once.
///
/// Inlinable, since blocks are encoded and decoded through it by the record, in other modules.
public final class ByteBuffer {
    @usableFromInline var length = 0
    @usableFromInline var capacity: Int
    @usableFromInline var base: UnsafeMutableRawPointer

    public init(capacity: Int = 4_096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    @inlinable public var count: Int { length }
    @inlinable public var start: UnsafeMutableRawPointer { base }

    @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: length) }

    @inlinable public func removeAll() { length = 0 }

    /// Makes room for `extra` bytes behind the content and returns where they begin.
    @inlinable public func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
        if length + extra > capacity { grow(by: extra) }
        return base + length
    }

    @usableFromInline
    func grow(by extra: Int) {
        capacity = max(length + extra, capacity * 2)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        grown.copyMemory(from: base, byteCount: length)
        base.deallocate()
        base = grown
    }

    /// Counts `extra` bytes in, which were written to what `reserve` returned or are to be patched.
    @inlinable public func advance(_ extra: Int) {
        precondition(length + extra <= capacity, "advanced behind the reserved bytes")
        length += extra
    }

    @inlinable public func append(_ slice: UnsafeRawBufferPointer) {
        guard let source = slice.baseAddress else { return }
        reserve(slice.count).copyMemory(from: source, byteCount: slice.count)
        length += slice.count
    }

    @inlinable public func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        reserve(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
        length += MemoryLayout<T>.size
    }

    @inlinable public func append(_ hash: Hash128) {
        append(hash.low)
        append(hash.high)
    }

    /// Overwrites a number that was appended before.
    @inlinable public func patch<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        precondition(offset + MemoryLayout<T>.size <= length, "patch behind the content")
        (base + offset).storeBytes(of: value.littleEndian, as: T.self)
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian number at `offset`; the caller has checked the bounds.
    @inlinable public func number<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: T.Type = T.self) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    @inlinable public func hash(_ offset: Int) -> Hash128 {
        Hash128(low: number(offset), high: number(offset + 8))
    }

    @inlinable public func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}
