import UsageModel

/// Stands between a block's header and its new body after something in the body was erased.
///
/// The old header stays as it was, so the chain over headers holds; this one says that the body is
/// another now, since which record of the log, and what it hashes to.
struct RedactionHeader: Equatable {
    static let byteCount = 96
    private static let hashedByteCount = 80
    /// "TNRREDAC"; a body begins with its number of columns, which is never this large.
    private static let magic: UInt64 = 0x4341_4445_5252_4E54

    /// Seq of the record that ordered the redaction.
    var orderedBy: UInt64
    var time: Timestamp
    /// Hash of the block's header.
    var blockHash: Hash128
    var bodyByteCount: UInt32
    var bodyHash: Hash128

    func write(to buffer: ByteBuffer) {
        let start = buffer.count
        buffer.append(Self.magic)
        buffer.append(UInt16(FormatFile.version))
        buffer.append(UInt16(Self.byteCount))
        buffer.append(bodyByteCount)
        buffer.append(orderedBy)
        buffer.append(time.milliseconds)
        buffer.append(blockHash)
        buffer.append(bodyHash)
        buffer.append(Hash128.zero)
        precondition(buffer.count - start == Self.hashedByteCount)
        buffer.append(Hash128(of: buffer.bytes.slice(start..<buffer.count)))
    }
}

extension RedactionHeader {
    /// Nil when the bytes behind a block's header are the body it was made for.
    static func read(_ rest: UnsafeRawBufferPointer, of header: BlockHeader) throws(BlockFault) -> RedactionHeader? {
        guard rest.count >= 8, rest.number(0) == magic else { return nil }
        func damaged(_ detail: String) -> BlockFault { .damaged(offset: BlockHeader.byteCount, detail: detail) }
        guard rest.count >= byteCount else { throw damaged("the redaction header is cut off") }
        let version = UInt32(rest.number(8, UInt16.self))
        guard version <= FormatFile.version else { throw .newerFormat(version) }
        guard Hash128(of: rest.slice(0..<hashedByteCount)) == rest.hash(hashedByteCount) else {
            throw damaged("the redaction header's hash does not fit")
        }
        let redaction = RedactionHeader(
            orderedBy: rest.number(16), time: Timestamp(milliseconds: rest.number(24)), blockHash: rest.hash(32),
            bodyByteCount: rest.number(12), bodyHash: rest.hash(48))
        guard redaction.blockHash == header.hash else { throw damaged("the redaction is of another block") }
        return redaction
    }
}
