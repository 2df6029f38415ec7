import Glibc
import NIOCore
import WireFormat

/// What one sender has sent and what is not a line yet.
///
/// Lines are decoded straight from the buffer that the socket was read into; only the unfinished
/// rest of a read is copied, so that the receive buffer can be used again.
struct LineFeed {
    private var decoder: LineDecoder
    private var pending = ByteBuffer()
    /// Bytes of `pending`, from its beginning, that the decoder has seen without finding a whole line.
    private var seen = 0
    private let lineBytes: Int

    init(limits: DecoderLimits, precision: TimestampPrecision) {
        decoder = LineDecoder(limits: limits, precision: precision)
        lineBytes = limits.lineBytes
    }

    var isEmpty: Bool { pending.readableBytes == 0 }

    /// Bytes received and not decoded.
    var waitingByteCount: Int { pending.readableBytes }

    /// A quoted string was opened and the lines behind it cannot be told apart before it is closed.
    var isInOpenString: Bool { !isEmpty && decoder.isInOpenString }

    mutating func receive(_ buffer: consuming ByteBuffer) {
        if isEmpty {
            pending = buffer
        } else {
            var buffer = buffer
            pending.writeBuffer(&buffer)
        }
    }

    /// Whether decoding now would make a line: so that a sender of one byte a second takes no batch
    /// from others. O(bytes not seen before).
    func isDecodable(atEnd: Bool) -> Bool {
        if isEmpty { return false }
        if atEnd || pending.readableBytes >= lineBytes { return true }
        return pending.withUnsafeReadableBytes { bytes in
            let unseen = UnsafeRawBufferPointer(rebasing: bytes[min(seen, bytes.count)...])
            guard let start = unseen.baseAddress else { return false }
            return memchr(start, Int32(UInt8(ascii: "\n")), unseen.count) != nil
        }
    }

    /// Decodes what is there into `batch`, at most `linesPerBatch` lines.
    ///
    /// `atEnd`: nothing more will come, so the last line needs no newline. `givingUpOpenString`: a
    /// string that is still open is a bad line, and decoding resumes behind its first newline.
    mutating func decode(into batch: inout LineBatch, atEnd: Bool, givingUpOpenString: Bool = false) {
        let consumed = pending.withUnsafeReadableBytes { bytes in
            decoder.decode(
                bytes, into: &batch, atEnd: atEnd, maximumLines: linesPerBatch, giveUpOpenString: givingUpOpenString)
        }
        pending.moveReaderIndex(forwardBy: consumed)
        seen = batch.lines.count < linesPerBatch ? pending.readableBytes : 0
        // A small rest must not keep a whole receive buffer.
        if pending.readableBytes < receiveBufferBytes / 4 { pending = pending.copied() }
    }
}

extension ByteBuffer {
    /// The readable bytes in a buffer of their own.
    fileprivate func copied() -> ByteBuffer { withUnsafeReadableBytes { ByteBuffer(bytes: $0) } }
}
