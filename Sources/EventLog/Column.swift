import UsageModel

/// One field of the records of a block. Raw values stand in files: never reuse one. Every value is a
/// 64-bit pattern; a column whose values are all zero is left out.
enum Column: UInt8, CaseIterable {
    case kind = 1
    case flags = 2
    case company = 3
    case user = 4
    /// `sentUser` − `user`.
    case sentUser = 5
    case task = 6
    case unit = 7
    case source = 8
    case producer = 9
    /// `time` − the time of the record before; the first is in the body's header.
    case time = 10
    /// `day` − the UTC date of `time`: −1, 0 or 1 wherever people live.
    case day = 11
    case count = 12
    /// The amount's lower 64 bits.
    case amount = 13
    /// The amount's upper 64 bits − the sign of its lower 64 bits: zero when it fits those.
    case amountHigh = 14
    /// `producerSeq` − that of the record before; the first is in the body's header.
    case producerSeq = 15
    /// 0: none; 1: a UUID in the body's last part; n + 2: n bytes of text.
    case id = 16
    /// Bytes of text.
    case payload = 17
}

/// How `Column.id` spells what an id is.
enum IDForm {
    static let none: Int64 = 0
    static let uuid: Int64 = 1
    static let textBase: Int64 = 2
}

/// What stands before the columns.
struct BodyHeader {
    static let byteCount = 40

    var columnCount: UInt32
    var columnByteCount: UInt32
    var textByteCount: UInt32
    /// Equal to `textByteCount` when the text is as it was, else the size of its zstd frame.
    var storedTextByteCount: UInt32
    var uuidCount: UInt32
    var firstTime: Int64
    var firstProducerSeq: UInt64

    /// Where the columns lie in the body.
    var columns: Range<Int> { Self.byteCount..<Self.byteCount + Int(columnByteCount) }

    /// Overwrites the bytes that were kept free for it.
    func patch(_ buffer: ByteBuffer, at offset: Int) {
        buffer.patch(columnCount, at: offset)
        buffer.patch(columnByteCount, at: offset + 4)
        buffer.patch(textByteCount, at: offset + 8)
        buffer.patch(storedTextByteCount, at: offset + 12)
        buffer.patch(uuidCount, at: offset + 16)
        buffer.patch(UInt32(0), at: offset + 20)
        buffer.patch(firstTime, at: offset + 24)
        buffer.patch(firstProducerSeq, at: offset + 32)
    }
}

extension BodyHeader {
    init(_ body: UnsafeRawBufferPointer) throws(BlockFault) {
        guard body.count >= Self.byteCount else { throw .damaged("the body is cut off") }
        columnCount = body.number(0)
        columnByteCount = body.number(4)
        textByteCount = body.number(8)
        storedTextByteCount = body.number(12)
        uuidCount = body.number(16)
        firstTime = body.number(24)
        firstProducerSeq = body.number(32)
        let sum =
            Self.byteCount + Int(columnByteCount) + Int(storedTextByteCount) + Int(uuidCount) * UUIDText.byteCount
        guard sum == body.count, textByteCount <= BlockEncoder.greatestTextByteCount else {
            throw .damaged("the body's parts do not add up to it")
        }
    }
}

/// What stands before each column's planes, and where each is.
struct ColumnDirectory {
    /// Column, width, base.
    static let headerByteCount = 10
    /// Before each plane: its stored size.
    static let planeHeaderByteCount = 4
    /// Below this a zstd frame's own header outweighs what it saves on a plane.
    static let leastCompressedCount = 64

    struct Place {
        var isPresent = false
        /// Bytes of a value's distance from `base`; 0 when all are equal to it.
        var width = 0
        var base: Int64 = 0
        /// Where the first plane's size stands.
        var planes = 0
    }

    private var places = [Place](repeating: Place(), count: Int(Column.payload.rawValue) + 1)

    subscript(column: Column) -> Place { places[Int(column.rawValue)] }

    func isPresent(_ column: Column) -> Bool { self[column].isPresent }

    /// Whether all records have the same value, so that the first stands for all. Differences from the
    /// record before, or from a field that varies, are never constant in that sense.
    func isConstant(_ column: Column) -> Bool {
        switch column {
        case .sentUser, .time, .day, .producerSeq: false
        case .amountHigh: self[column].width == 0 && self[.amount].width == 0
        default: self[column].width == 0
        }
    }

    /// Finds the columns; their numbers must ascend.
    init(_ bytes: UnsafeRawBufferPointer, columnCount: UInt32, recordCount: Int) throws(BlockFault) {
        var offset = 0
        var previous: UInt8 = 0
        for _ in 0..<columnCount {
            guard offset + Self.headerByteCount <= bytes.count, let column = Column(rawValue: bytes[offset]),
                column.rawValue > previous
            else { throw .damaged("no column begins where one should") }
            previous = column.rawValue
            let width = Int(bytes[offset + 1])
            guard width <= 8 else { throw .damaged("column \(column) claims \(width) planes") }
            let base: Int64 = bytes.number(offset + 2)
            offset += Self.headerByteCount
            places[Int(column.rawValue)] = Place(isPresent: true, width: width, base: base, planes: offset)
            for _ in 0..<width {
                guard offset + Self.planeHeaderByteCount <= bytes.count else {
                    throw .damaged("column \(column) is cut off")
                }
                let stored = Int(bytes.number(offset, UInt32.self))
                offset += Self.planeHeaderByteCount
                guard stored <= recordCount, offset + stored <= bytes.count else {
                    throw .damaged("column \(column) is cut off")
                }
                offset += stored
            }
        }
        guard offset == bytes.count else { throw .damaged("bytes behind the last column") }
    }
}
