import TestSupport
import UsageModel

@testable import EventLog

/// A log in a temporary directory, and what went into it.
final class LogFixture {
    let directory = TemporaryDirectory()
    var path: String { directory.path + "/state" }
    private(set) var appended: [PlainRecord] = []
    private(set) var names = NameTable()
    var generator: BatchGenerator

    init(seed: UInt64, isWild: Bool = true) { generator = BatchGenerator(seed: seed, isWild: isWild) }

    /// Small segments, and no demands on the disk that the tests run on.
    static func options(segmentBytes: Int = 1 << 30) -> EventLogOptions {
        var options = EventLogOptions()
        options.segmentBytes = segmentBytes
        options.reserveBytes = 0
        options.cachedBlocks = 2
        return options
    }

    func open(segmentBytes: Int = 1 << 30) throws(EventLogError) -> EventLog {
        names = NameTable()
        return try EventLog.open(directory: path, options: Self.options(segmentBytes: segmentBytes), names: names)
    }

    /// Appends a block of `count` records and remembers them.
    @discardableResult
    func append(_ count: Int, to log: EventLog) throws(EventLogError) -> ClosedRange<UInt64> {
        let batch = generator.batch(count, names: names)
        let seqs = try log.append(batch, context: Self.context(after: log))
        appended += PlainRecord.all(batch)
        return seqs
    }

    static func context(after log: EventLog) -> BlockContext {
        BlockContext(
            logTime: (log.lastContext?.logTime ?? Timestamp(milliseconds: 1_000)) + 5,
            evaluatedThrough: log.lastSeq, evaluatedNow: Timestamp(milliseconds: Int64(log.lastSeq)))
    }

    /// All records from `seq` on, as a scan gives them.
    static func scan(_ reader: EventLogReader, from seq: UInt64 = 1) throws -> [PlainRecord] {
        var found: [PlainRecord] = []
        try reader.scan(from: seq) { block in
            let skipped = seq > block.header.firstSeq ? Int(seq - block.header.firstSeq) : 0
            found += PlainRecord.all(block.batch).dropFirst(skipped)
            return true
        }
        return found
    }

    /// Opens for writing, reads everything and verifies: what an operator's restart does.
    func readEverything() throws -> [PlainRecord] {
        let log = try EventLog.open(directory: path, options: Self.options(), names: NameTable())
        defer { log.close() }
        return try Self.scan(log.reader())
    }

    var segments: [String] { (try? SystemCall.list(path + "/log")) ?? [] }

    func dataFile(_ segment: Int) -> String { path + "/log/" + segments[segment] + "/data.mdb" }

    static func text(_ names: NameTable) -> [[String]] {
        NameKind.allCases.map { kind in
            (0..<UInt32(names.count(kind))).map { number in
                names.withBytes(of: number + 1, kind: kind) { String(decoding: $0, as: UTF8.self) }
            }
        }
    }
}

/// The corruption in `error`; nil when it is something else.
func corruption(_ body: () throws -> Void) -> Corruption? {
    do {
        try body()
    } catch EventLogError.corrupt(let corruption) {
        return corruption
    } catch {
        return nil
    }
    return nil
}
