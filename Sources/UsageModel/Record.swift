/// What a record of the log is. Raw values stand in files: never reuse one.
public enum RecordKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    // Events: product use.
    case track = 1
    case page = 2
    case screen = 3
    // Control records that senders write.
    case identify = 10
    case group = 11
    case alias = 12
    case leave = 13
    case outcome = 14
    case touch = 15
    case clock = 16
    // Control records that the daemon writes.
    case rules = 30
    case settings = 31
    case zone = 32
    // Facts about flags and stages.
    case move = 40

    /// Product use, as opposed to a control record or a flag move.
    @inlinable
    public var isEvent: Bool { rawValue <= RecordKind.screen.rawValue }

    /// Written by the daemon itself, never by a sender.
    @inlinable
    public var isInternal: Bool { rawValue >= RecordKind.rules.rawValue }
}

/// A stretch of a batch's bytes.
public struct ByteRange: Hashable, Sendable, BitwiseCopyable {
    public var offset: UInt32
    public var count: UInt32

    @inlinable
    public init(offset: Int, count: Int) {
        self.offset = UInt32(offset)
        self.count = UInt32(count)
    }

    @inlinable
    public init() {
        offset = 0
        count = 0
    }

    @inlinable
    public var isEmpty: Bool { count == 0 }

    @inlinable
    public var indices: Range<Int> { Int(offset)..<(Int(offset) + Int(count)) }
}

public struct RecordFlags: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `amount` means something (an amount of 0 is not the same as none).
    @inlinable public static var hasAmount: RecordFlags { RecordFlags(rawValue: 1 << 0) }
    /// `props.passive` is true: the user did not do this.
    @inlinable public static var passive: RecordFlags { RecordFlags(rawValue: 1 << 1) }
    /// The sender named no company; it came from the user's group or e-mail. Such an event's id is
    /// scoped by its user as sent.
    @inlinable public static var companyDerived: RecordFlags { RecordFlags(rawValue: 1 << 2) }
    /// The sender gave no time; the daemon stamped it on arrival.
    @inlinable public static var timeStamped: RecordFlags { RecordFlags(rawValue: 1 << 3) }
    /// `producerSeq` means something.
    @inlinable public static var hasProducerSeq: RecordFlags { RecordFlags(rawValue: 1 << 4) }
}

/// One record of the log, names as numbers, text as ranges of its batch's bytes.
public struct Record: Sendable, BitwiseCopyable {
    public var kind: RecordKind
    public var flags: RecordFlags = []
    /// None for records that concern no single company (`alias`, `clock`, `rules`, `settings`, `zone`).
    public var company: CompanyID = .none
    /// The user after aliases were followed. For `alias`: the user merged into.
    public var user: UserID = .none
    /// The user as the sender named it. For `alias`: the user that is merged and vanishes.
    public var sentUser: UserID = .none
    public var task: TaskID = .none
    public var unit: UnitID = .none
    public var source: SourceID = .none
    public var producer: ProducerID = .none
    /// Calendar date of `time` in the company's zone when the record was accepted. For records
    /// without a company: the UTC date.
    public var day = Day(number: 0)
    /// When it happened. For daemon-written records: when they take effect (`FlagMove.at` for moves).
    public var time = Timestamp(milliseconds: 0)
    /// How often; ≥ 1 for events, 0 for all else.
    public var count: UInt64 = 0
    public var amount = Amount.zero
    public var producerSeq: UInt64 = 0
    /// The sender's id of the event, as sent.
    public var id = ByteRange()
    /// Events: `props` as one JSON object, or empty. `identify`, `group`: traits as one JSON object.
    /// `outcome`, `touch`, `settings`, `move`: a JSON object. `leave`, `alias`, `clock`: empty.
    /// `rules`: the rule file's text. `zone`: one byte length, the zone's name, then its TZif file.
    public var payload = ByteRange()

    @inlinable
    public init(kind: RecordKind) { self.kind = kind }
}

/// Records in the order of the log, with the bytes they refer to. Kept and reused: `removeAll`
/// keeps the capacity, so steady ingest allocates nothing.
public struct RecordBatch: Sendable {
    public var records: [Record] = []
    public var bytes: [UInt8] = []

    public init() {}

    public mutating func removeAll() {
        records.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Copies `slice` to the end of the batch's bytes and says where it went.
    @inlinable
    public mutating func add(_ slice: UnsafeRawBufferPointer) -> ByteRange {
        if slice.isEmpty { return ByteRange() }
        let range = ByteRange(offset: bytes.count, count: slice.count)
        bytes.append(contentsOf: slice)
        return range
    }

    public mutating func add(_ text: String) -> ByteRange {
        var text = text
        return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    /// The text in `range`, malformed UTF-8 repaired. For cold paths.
    public func text(_ range: ByteRange) -> String { String(decoding: bytes[range.indices], as: UTF8.self) }
}
