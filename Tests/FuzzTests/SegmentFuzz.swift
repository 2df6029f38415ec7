import Glibc
import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("Fuzz: a segment's file")
struct SegmentFuzz {
    private static let pageByteCount = 4_096
    /// Numbers that LMDB's page headers, entries and roots get wrong in.
    private static let numbers: [UInt64] = [0, 1, 2, 3, 16, 0x7FFF, 0xFFFF, 0xFFFF_FFFF, 1 << 47, .max]

    @Test("a damaged file is refused by name, or all that is read from it is the truth")
    func segments() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/state"
        let truth = try Self.write(path)
        let log = path + "/log/"
        let segment = try #require(try SystemCall.list(log).first)
        let file = log + segment + "/data.mdb"
        let sound = TestFile.read(file)
        let tail = TestFile.read(path + "/tail")
        var input: [UInt8] = []
        FuzzRun("segments", count: 150)() { random in
            input.removeAll(keepingCapacity: true)
            input.append(contentsOf: sound)
            for _ in 0...random.below(3) { Self.damage(&input, &random) }
            TestFile.write(file, input)
            TestFile.write(path + "/tail", tail)
            do {
                return try Self.read(path) == truth ? nil : "something else was read in silence"
            } catch EventLogError.corrupt(let corruption) {
                return corruption.remedy.isEmpty ? "no remedy: \(corruption)" : nil
            } catch EventLogError.newerFormat {
                return nil
            } catch {
                return "neither truth nor corruption: \(error)"
            }
        }
    }

    /// A log of a few blocks and sessions, so that it has free pages; returns what stands in it.
    private static func write(_ path: String) throws -> [UInt8] {
        for count in [50, 50, 3, 3, 200] {
            let names = NameTable()
            let log = try EventLog.open(directory: path, options: options, names: names)
            defer { log.close() }
            for round in 0..<3 {
                var batch = RecordBatch()
                for index in 0..<count {
                    var record = Record(kind: .track)
                    record.company = names.intern("company-\(log.lastSeq % 7)")
                    record.user = names.intern("user-\(log.lastSeq)-\(index % 11)")
                    record.time = Timestamp(milliseconds: 1_790_000_000_000 + Int64(index * 1_000 + round))
                    record.payload = batch.add(#"{"n":\#(index * 7_919 % 1_000)}"#)
                    batch.records.append(record)
                }
                _ = try log.append(
                    batch,
                    context: BlockContext(
                        logTime: Timestamp(milliseconds: 1_000), evaluatedThrough: 0,
                        evaluatedNow: Timestamp(milliseconds: 0)))
            }
        }
        return try read(path)
    }

    private static var options: EventLogOptions {
        var options = EventLogOptions()
        options.reserveBytes = 0
        return options
    }

    /// Everything that a restart reads: records, texts and names.
    private static func read(_ path: String) throws -> [UInt8] {
        let names = NameTable()
        let log = try EventLog.open(directory: path, options: options, names: names)
        defer { log.close() }
        var all: [UInt8] = []
        try log.reader().scan(from: 1) { block in
            for record in block.batch.records {
                let numbers = [
                    UInt64(record.company.number), UInt64(record.user.number),
                    UInt64(bitPattern: record.time.milliseconds),
                ]
                numbers.withUnsafeBytes { all.append(contentsOf: $0) }
                all.append(contentsOf: block.batch.bytes[record.payload.indices])
            }
            return true
        }
        for kind in NameKind.allCases {
            for number in 0..<UInt32(names.count(kind)) {
                names.withBytes(of: number + 1, kind: kind) { all.append(contentsOf: $0) }
            }
        }
        return all
    }

    private static func damage(_ file: inout [UInt8], _ random: inout SeededRandom) {
        guard file.count > pageByteCount else { return }
        let page = Int(random.below(UInt64(file.count / pageByteCount))) * pageByteCount
        // Headers, the lists of entries behind them, and roots stand in front.
        let offset = page + Int(random.below(random.below(4) == 0 ? UInt64(pageByteCount - 8) : 200))
        switch random.below(10) {
        case 0...2: file[offset] = UInt8(truncatingIfNeeded: random.next())
        case 3, 4: file[offset] ^= 1 << UInt8(random.below(8))
        case 5...7:
            let number = random.below(3) == 0 ? random.below(UInt64(file.count / pageByteCount)) : random.pick(numbers)
            let width = random.pick([2, 4, 8])
            let bytes = withUnsafeBytes(of: number.littleEndian) { Array($0.prefix(width)) }
            file.replaceSubrange(offset..<offset + width, with: bytes)
        case 8:
            let other = Int(random.below(UInt64(file.count / pageByteCount))) * pageByteCount
            let copied = Array(file[other..<other + pageByteCount])
            file.replaceSubrange(page..<page + pageByteCount, with: copied)
        default:
            if random.below(2) == 0 {
                file.removeSubrange(Int(random.below(UInt64(file.count)))...)
            } else {
                file.insert(contentsOf: repeatElement(UInt8(0), count: Int(random.below(5_000))), at: offset)
            }
        }
    }
}
