public import UsageModel

/// Which state a checkpoint file shows: that of one log, after one block, as one layout has it.
public struct CheckpointHeader: Sendable, Equatable {
    public var logID: Hash128
    /// The last record whose effects are in it; the last of its block.
    public var seq: UInt64
    /// The hash of that block's header: a log that was cut off and went on otherwise has another.
    public var blockHash: Hash128
    /// Of the rows that are copied as they lie in memory.
    public var layout: UInt64

    public init(logID: Hash128, seq: UInt64, blockHash: Hash128, layout: UInt64) {
        self.logID = logID
        self.seq = seq
        self.blockHash = blockHash
        self.layout = layout
    }

    static let byteCount = 96
    static let version: UInt16 = 4
    /// "TNRSTATE"
    private static let magic: UInt64 = 0x4554_4154_5352_4E54
    private static let hashedByteCount = byteCount - Hash128.byteCount

    func write(to buffer: ByteBuffer) {
        let start = buffer.count
        buffer.append(Self.magic)
        buffer.append(Self.version)
        buffer.append(UInt16(Self.byteCount))
        buffer.append(UInt32(0))
        buffer.append(logID)
        buffer.append(seq)
        buffer.append(blockHash)
        buffer.append(layout)
        while buffer.count < start + Self.hashedByteCount { buffer.append(UInt64(0)) }
        buffer.append(Hash128(of: buffer.bytes.slice(start..<start + Self.hashedByteCount)))
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(CheckpointFault) {
        guard bytes.count >= Self.byteCount, bytes.number(0) == Self.magic,
            Hash128(of: bytes.slice(0..<Self.hashedByteCount)) == bytes.hash(Self.hashedByteCount)
        else { throw .damaged(offset: 0, "no header begins here, or its hash does not fit") }
        guard bytes.number(8, UInt16.self) == Self.version else { throw .otherFormat }
        logID = bytes.hash(16)
        seq = bytes.number(32)
        blockHash = bytes.hash(40)
        layout = bytes.number(56)
    }
}

/// Why a checkpoint cannot be used. Never a disaster: whatever stands in a checkpoint follows from the log.
enum CheckpointFault: Error, Equatable {
    case damaged(offset: UInt64, String)
    /// Written by another version of the program.
    case otherFormat
    case system(call: String, code: Int32)
}

extension CheckpointFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .damaged(let offset, let detail): "damaged at byte \(offset): \(detail)"
        case .otherFormat: "written by another version"
        case .system(let call, let code): "\(call): \(SystemCall.message(code))"
        }
    }
}
