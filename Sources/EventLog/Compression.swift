import CZstd
import UsageModel

/// zstd's compressor with its memory, reused.
final class Compressor {
    private let context: OpaquePointer

    /// Level 1: the fastest that still codes literals by entropy, which is most of what columns of
    /// numbers gain; the negative levels do not.
    private static let level: Int32 = 1

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("out of memory") }
        self.context = context
        // Both only fail for values out of range.
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
        // The reader knows the size, and the block has a hash of its own.
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends `bytes` to `buffer`, as one zstd frame where that is smaller, else as they are.
    /// Returns how many bytes they became: as many as before means that they are as they were.
    func append(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) -> Int {
        let bound = ZSTD_compressBound(bytes.count)
        let target = buffer.reserve(bound)
        let size = ZSTD_compress2(context, target, bound, bytes.baseAddress, bytes.count)
        if ZSTD_isError(size) != 0 || size >= bytes.count {
            buffer.append(bytes)
            return bytes.count
        }
        buffer.advance(size)
        return size
    }
}

final class Decompressor {
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Fills `target` from what `Compressor.append` wrote; false when it does not come out exactly.
    func expand(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
        if bytes.count == target.count {
            target.copyMemory(from: bytes)
            return true
        }
        let size = ZSTD_decompressDCtx(context, target.baseAddress, target.count, bytes.baseAddress, bytes.count)
        return ZSTD_isError(size) == 0 && size == target.count
    }
}
