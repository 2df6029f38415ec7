import EventLog
import Portraits
import Rules
import UsageModel

/// What a checkpoint says besides its parts: all that concerns no single company, and how far the looks had come.
struct CheckpointRecord {
    var book: FlagBookReader
    var files: RuleFiles
    var late: LateRecords
    /// Records of product use.
    var eventCount: UInt64
    /// By company number: when it is to be looked at next.
    var deadlines: [Timestamp]

    /// As the writer stands, between two blocks.
    static func write(_ writer: Writer, to out: ByteBuffer) {
        writer.portraits.writeGlobal(to: out)
        writer.desk.book.writeGlobal(to: out)
        writer.desk.files.write(to: out)
        writer.late.write(to: out)
        out.append(writer.counters.logged)
        let deadlines = writer.schedule.allDeadlines
        out.append(UInt32(deadlines.count))
        for deadline in deadlines { out.append(deadline) }
    }

    /// Into `portraits`, which are as new, and the rest.
    ///
    /// - Parameters:
    ///   - nameTotal: how many names of all kinds the log has.
    ///   - partTotal: more parts than there can be.
    init(
        _ bytes: UnsafeRawBufferPointer, into portraits: Portraits, nameTotal: Int, partTotal: Int
    ) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        try portraits.readGlobal(&reader, nameTotal: nameTotal, partTotal: partTotal)
        book = try FlagBookReader(&reader)
        files = try RuleFiles(&reader)
        late = try LateRecords(&reader)
        eventCount = try reader.number()
        deadlines = []
        for _ in 0..<(try reader.count()) { deadlines.append(try reader.time()) }
    }
}

extension CheckpointPart {
    /// How it is named in a checkpoint file.
    var key: (kind: UInt32, number: UInt32) {
        switch self {
        case .company(let number): (1, number)
        case .users(let page): (2, page)
        case .row(let row): (3, row)
        case .days(let number): (4, number)
        case .homes(let page): (5, page)
        }
    }

    init?(kind: UInt32, number: UInt32) {
        switch kind {
        case 1: self = .company(number)
        case 2: self = .users(number)
        case 3: self = .row(number)
        case 4: self = .days(number)
        case 5: self = .homes(number)
        default: return nil
        }
    }
}
