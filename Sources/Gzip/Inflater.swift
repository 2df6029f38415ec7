import CZlib

/// Why packed data cannot be unpacked.
public enum InflateError: Error, Sendable, Equatable {
    /// zlib found no room for its tables.
    case noMemory
    /// Neither gzip nor zlib data, or damaged.
    case invalid
}

/// zlib's inflate over gzip or zlib data, also over several members one behind the other, as `gzip -dc` reads
/// them. Streaming: what comes out of one call is bounded, whatever went in.
///
/// A class because zlib keeps the stream's address. Used by one thread at a time.
public final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private var output: [UInt8]
    /// No member is begun and unfinished: where the data may end.
    public private(set) var isBetweenMembers = true

    /// `outputByteCount` is the most that one call of `inflate` brings out.
    public init(outputByteCount: Int) throws(InflateError) {
        output = [UInt8](repeating: 0, count: outputByteCount)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_inflate_init(stream) == Z_OK else {
            stream.deallocate()
            throw .noMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Unpacks some of `input`, and hands what came out to `body`: at most `outputByteCount` bytes.
    /// - Returns: how many bytes of `input` were used. Zero used and nothing out: more input is needed.
    public func inflate(
        _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(InflateError) -> Int {
        // zlib.h declares `next_in` as not const but promises not to write through it.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        let result = output.withUnsafeMutableBytes { buffer in
            stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            let produced = buffer.count - Int(stream.pointee.avail_out)
            body(UnsafeRawBufferPointer(rebasing: buffer[..<produced]))
            return result
        }
        let used = input.count - Int(stream.pointee.avail_in)
        switch result {
        case Z_STREAM_END:
            isBetweenMembers = true
            guard inflateReset(stream) == Z_OK else { throw .invalid }
        case Z_OK: isBetweenMembers = false
        // "No progress is possible" is no error where all input was used.
        case Z_BUF_ERROR where used == input.count: break
        default: throw .invalid
        }
        return used
    }
}
