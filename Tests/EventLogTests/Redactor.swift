import LMDB
import UsageModel

@testable import EventLog

/// Writes what the command that erases people will write one day, so that reading it is tested now.
enum Redactor {
    /// Erases the first user's name that `block` added, and its records' payloads.
    static func redact(
        _ path: String, segment: String, block: UInt64
    ) throws -> (kind: NameKind, number: UInt32) {
        var erased: (kind: NameKind, number: UInt32)?
        try replaceNames(path, segment: segment, block: block) { record in
            rewritten(record) { kind, number in
                guard erased == nil, kind == .user else { return nil }
                erased = (kind, number)
                return ""
            }
        }
        let environment = try open(path, segment)
        let sound = try value(environment, table: 0, key: block)
        var decoded = try BlockTests.decode(sound)
        for index in decoded.batch.records.indices { decoded.batch.records[index].payload = ByteRange() }
        let body = ByteBuffer()
        BlockEncoder().encode(decoded.batch, into: body)
        let redacted = BlockTests.redacted(sound, header: decoded.header, newBody: body)
        try set(environment, table: 0, key: block, redacted)
        guard let erased else { preconditionFailure("the block adds no user") }
        return erased
    }

    static func replaceNames(
        _ path: String, segment: String, block: UInt64, _ body: ([UInt8]) -> [UInt8]
    ) throws {
        let environment = try open(path, segment)
        try set(environment, table: 1, key: block, body(try value(environment, table: 1, key: block)))
    }

    /// A name record in which names are replaced: by other names, with fitting hashes, or erased by "".
    static func rewritten(_ record: [UInt8], _ replacement: (NameKind, UInt32) -> String?) -> [UInt8] {
        let result = ByteBuffer()
        record.withUnsafeBytes { bytes in
            result.append(bytes.slice(0..<16))
            var offset = 16
            while offset < bytes.count {
                let end = offset + 28 + Int(bytes.number(offset + 24, UInt32.self))
                let number: UInt32 = bytes.number(offset + 4)
                if let kind = NameKind(rawValue: bytes[offset]), let text = replacement(kind, number) {
                    let name = Array(text.utf8)
                    name.withUnsafeBytes { name in
                        let hash: UInt64 = name.isEmpty ? bytes.number(offset + 16) : hash64(name, seed: 0)
                        NameRecord.writeEntry(
                            kind, number, name.isEmpty ? .erased : .kept, salt: 0, hash: hash, name, to: result)
                    }
                } else {
                    result.append(bytes.slice(offset..<end))
                }
                offset = end
            }
        }
        return Array(result.bytes)
    }

    static func rewritten(_ record: [UInt8], _ replacement: (UInt32) -> String?) -> [UInt8] {
        rewritten(record) { _, number in replacement(number) }
    }

    private static func open(_ path: String, _ segment: String) throws -> Environment {
        try Environment.open(
            path: path + "/log/" + segment, access: .readWrite(mapBytes: 1 << 30), tables: SegmentTable.names)
    }

    private static func value(_ environment: Environment, table: Int, key: UInt64) throws -> [UInt8] {
        let transaction = try ReadTransaction(environment)
        let found = try SegmentKey.with(key) { key in try transaction.value(environment.table(table)!, key: key) }
        return found.map { Array($0) } ?? []
    }

    private static func set(_ environment: Environment, table: Int, key: UInt64, _ value: [UInt8]) throws {
        let transaction = try WriteTransaction(environment)
        try SegmentKey.with(key) { key in
            try value.withUnsafeBytes { try transaction.set(environment.table(table)!, key: key, value: $0) }
        }
        try transaction.commit()
    }
}
