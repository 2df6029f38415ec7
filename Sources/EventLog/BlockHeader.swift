public import UsageModel

/// What stands before every block's columns. FORMAT.md draws it.
public struct BlockHeader: Sendable, Equatable {
    /// Seq of the block's first record.
    public internal(set) var firstSeq: UInt64 = 1
    /// Number of records, at least 1.
    public internal(set) var count: UInt32 = 0
    public internal(set) var context = BlockContext(
        logTime: Timestamp(milliseconds: 0), evaluatedThrough: 0, evaluatedNow: Timestamp(milliseconds: 0))
    /// The least and greatest `time` of the block's events; both are nil when it holds none.
    public internal(set) var leastEventTime: Timestamp?
    public internal(set) var greatestEventTime: Timestamp?
    /// How many names the block adds, and how many there are with them, all kinds together.
    public internal(set) var nameCount: UInt32 = 0
    public internal(set) var nameTotal: UInt32 = 0
    /// Hash over kind, number and hash of each name that the block adds; zero when it adds none.
    public internal(set) var namesHash = Hash128.zero
    public internal(set) var bodyHash = Hash128.zero
    /// Hash of the header before this one; zero for the first block of a log.
    public internal(set) var previousHash = Hash128.zero
    /// Hash of all of the above, and the next block's `previousHash`.
    public internal(set) var hash = Hash128.zero
    var logID = Hash128.zero
    var bodyByteCount: UInt32 = 0

    init() {}

    public var lastSeq: UInt64 { firstSeq + UInt64(count) - 1 }

    mutating func setEventTimes(of batch: RecordBatch) {
        for record in batch.records where record.kind.isEvent {
            leastEventTime = min(leastEventTime ?? record.time, record.time)
            greatestEventTime = max(greatestEventTime ?? record.time, record.time)
        }
    }
}

extension BlockHeader {
    static let byteCount = 176
    private static let hashedByteCount = 160
    /// "TNRBLOCK"
    private static let magic: UInt64 = 0x4B43_4F4C_4252_4E54
    /// The least and greatest event time of a block without events.
    private static let noLeast = Int64.max
    private static let noGreatest = Int64.min

    /// Appends the header's bytes and sets `hash`.
    mutating func write(to buffer: ByteBuffer) {
        let start = buffer.count
        buffer.append(Self.magic)
        buffer.append(UInt16(FormatFile.version))
        buffer.append(UInt16(Self.byteCount))
        buffer.append(UInt32(0))
        buffer.append(logID)
        buffer.append(firstSeq)
        buffer.append(count)
        buffer.append(nameCount)
        buffer.append(context.logTime.milliseconds)
        buffer.append(context.evaluatedThrough)
        buffer.append(context.evaluatedNow.milliseconds)
        buffer.append(leastEventTime?.milliseconds ?? Self.noLeast)
        buffer.append(greatestEventTime?.milliseconds ?? Self.noGreatest)
        buffer.append(bodyByteCount)
        buffer.append(nameTotal)
        // Reserved for the position in a replicated log that the block's records came from.
        buffer.append(Hash128.zero)
        buffer.append(namesHash)
        buffer.append(bodyHash)
        buffer.append(previousHash)
        precondition(buffer.count - start == Self.hashedByteCount)
        hash = Hash128(of: buffer.bytes.slice(start..<buffer.count))
        buffer.append(hash)
    }

    /// Reads and checks the header at the start of a block's value.
    init(_ value: UnsafeRawBufferPointer) throws(BlockFault) {
        guard value.count >= Self.byteCount, value.number(0) == Self.magic else {
            throw .damaged(offset: 0, detail: "no block begins here")
        }
        hash = value.hash(Self.hashedByteCount)
        let found = Hash128(of: value.slice(0..<Self.hashedByteCount))
        let version = UInt32(value.number(8, UInt16.self))
        // A newer header may be longer, so its hash need not be where ours is.
        guard version <= FormatFile.version else { throw .newerFormat(version) }
        guard found == hash else { throw .damaged(offset: 0, detail: "the header's hash does not fit") }
        guard version == FormatFile.version, value.number(10, UInt16.self) == UInt16(Self.byteCount) else {
            throw .damaged(offset: 8, detail: "impossible format version \(version) or header size")
        }
        logID = value.hash(16)
        firstSeq = value.number(32)
        count = value.number(40)
        nameCount = value.number(44)
        context = BlockContext(
            logTime: Timestamp(milliseconds: value.number(48)), evaluatedThrough: value.number(56),
            evaluatedNow: Timestamp(milliseconds: value.number(64)))
        let least: Int64 = value.number(72)
        let greatest: Int64 = value.number(80)
        if least <= greatest {
            leastEventTime = Timestamp(milliseconds: least)
            greatestEventTime = Timestamp(milliseconds: greatest)
        }
        bodyByteCount = value.number(88)
        nameTotal = value.number(92)
        namesHash = value.hash(112)
        bodyHash = value.hash(128)
        previousHash = value.hash(144)
        guard firstSeq >= 1, count >= 1, count <= BlockEncoder.greatestRecordCount,
            firstSeq <= UInt64.max - UInt64(count)
        else { throw .damaged(offset: 32, detail: "impossible first seq \(firstSeq) or count \(count)") }
    }
}
