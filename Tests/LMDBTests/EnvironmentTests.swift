import Foundation
import TestSupport
import Testing

@testable import LMDB

/// Bytes of an 8-byte big-endian key.
func withKey<R>(_ number: UInt64, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withUnsafeBytes(of: number.bigEndian) { try body($0) }
}

/// Appends `count` values of `byteCount` bytes under the keys from `first` on, in one commit.
func fill(_ environment: Environment, _ table: Table, from first: UInt64, count: UInt64, byteCount: Int) throws {
    let transaction = try WriteTransaction(environment)
    for key in first..<first + count {
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: key), count: byteCount)
        try withKey(key) { key in
            try value.withUnsafeBytes { value in try transaction.append(table, key: key, value: value) }
        }
    }
    try transaction.commit()
}

@Suite("LMDB environments and transactions")
struct EnvironmentTests {
    let directory = TemporaryDirectory()

    func open() throws -> (Environment, Table) {
        let environment = try Environment.open(
            path: directory.path, access: .create(mapBytes: 1 << 30), tables: ["values"])
        return (environment, try #require(environment.table(0)))
    }

    @Test("what was committed is there after the environment was closed and opened again")
    func reopen() throws {
        do {
            let (environment, table) = try open()
            try fill(environment, table, from: 1, count: 10, byteCount: 9_000)
        }
        let environment = try Environment.open(path: directory.path, access: .readOnly, tables: ["values", "none"])
        let table = try #require(environment.table(0))
        #expect(environment.table(1) == nil)
        let transaction = try ReadTransaction(environment)
        let value = try withKey(7) { try transaction.value(table, key: $0) }
        #expect(value.map { $0.count == 9_000 && $0.allSatisfy { $0 == 7 } } == true)
        let missing = try withKey(11) { try transaction.value(table, key: $0) }
        #expect(missing == nil)
    }

    @Test("pages that are left are no memory of this process, and can be read and added to as before")
    func leavePages() throws {
        let (environment, table) = try open()
        try fill(environment, table, from: 1, count: 100, byteCount: 100_000)
        #expect(try sum(environment, table, 1...100) == 100_000 * 5_050)
        #expect(try mappedBytes() > 9_000_000)
        Environment.leavePages(of: [environment])
        #expect(try mappedBytes() == 0)
        try fill(environment, table, from: 101, count: 1, byteCount: 100_000)
        #expect(try sum(environment, table, 1...101) == 100_000 * 5_151)
    }

    /// Of the bytes of values.
    private func sum(_ environment: Environment, _ table: Table, _ keys: ClosedRange<UInt64>) throws -> Int {
        let transaction = try ReadTransaction(environment)
        return try keys.reduce(0) { sum, key in
            let value = try withKey(key) { try transaction.value(table, key: $0) }
            return try sum + #require(value).reduce(0) { $0 + Int($1) }
        }
    }

    /// Of the data file in this process's tables.
    private func mappedBytes() throws -> Int {
        // A file that claims to be empty: as a `String` only its first page is read.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let lines = String(decoding: file.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
        let name = URL(fileURLWithPath: directory.path).lastPathComponent
        let map = try #require(lines.firstIndex { $0.hasSuffix("/\(name)/\(DataFile.name)") })
        let resident = try #require(lines[map...].first { $0.hasPrefix("Rss:") })
        return try #require(Int(resident.split(separator: " ")[1])) * 1_024
    }

    @Test("a transaction that was not committed leaves nothing")
    func abandon() throws {
        let (environment, table) = try open()
        do {
            let transaction = try WriteTransaction(environment)
            try withKey(1) { try transaction.append(table, key: $0, value: $0) }
        }
        let transaction = try ReadTransaction(environment)
        let last = try transaction.last(table)
        #expect(last == nil)
    }

    @Test("keys are found from below and from above, and appending out of order is refused")
    func positions() throws {
        let (environment, table) = try open()
        for key in [10, 20, 30] as [UInt64] { try fill(environment, table, from: key, count: 1, byteCount: 8) }
        let transaction = try ReadTransaction(environment)
        func number(_ entry: Entry?) -> UInt64? {
            entry.map { UInt64(bigEndian: $0.key.loadUnaligned(as: UInt64.self)) }
        }
        for (wanted, through, from) in [(5, nil, 10), (10, 10, 10), (25, 20, 30), (30, 30, 30), (31, 30, nil)]
            as [(UInt64, UInt64?, UInt64?)]
        {
            let below = try withKey(wanted) { number(try transaction.last(table, through: $0)) }
            let above = try withKey(wanted) { number(try transaction.first(table, from: $0)) }
            #expect(below == through && above == from, "around \(wanted)")
        }
        let last = number(try transaction.last(table))
        #expect(last == 30)
        #expect(throws: LMDBError.self) { try fill(environment, table, from: 15, count: 1, byteCount: 8) }
    }

    @Test("a snapshot does not see what is committed after it began")
    func snapshot() throws {
        let (environment, table) = try open()
        try fill(environment, table, from: 1, count: 1, byteCount: 8)
        let before = try ReadTransaction(environment)
        try fill(environment, table, from: 2, count: 1, byteCount: 8)
        let after = try ReadTransaction(environment)
        let unseen = try withKey(2) { try before.value(table, key: $0) }
        let seen = try withKey(2) { try after.value(table, key: $0) }
        #expect(unseen == nil && seen != nil)
    }

    @Test("the same environment cannot be opened twice in one process, and can again once it is closed")
    func openTwice() throws {
        do {
            let (environment, _) = try open()
            #expect(throws: LMDBError.alreadyOpen) { try open() }
            #expect(environment.usedBytes > 0)
        }
        _ = try open()
    }
}
