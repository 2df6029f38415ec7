import TestSupport
import Testing

@testable import LMDB

@Suite("The check of a data file before the library maps it")
struct DataFileTests {
    let directory = TemporaryDirectory()
    var file: String { directory.path + "/" + DataFile.name }

    /// Values on overflow pages and small ones, several commits, so that the free list is in use and
    /// the trees have branches.
    func makeFile() throws {
        let environment = try Environment.open(
            path: directory.path, access: .create(mapBytes: 1 << 30), tables: ["large", "small"])
        let large = try #require(environment.table(0))
        let small = try #require(environment.table(1))
        for round in 0..<12 as Range<UInt64> {
            try fill(environment, large, from: 1 + round * 5, count: 5, byteCount: 5_000)
            try fill(environment, small, from: 1 + round * 40, count: 40, byteCount: 60)
        }
    }

    @Test("a sound file passes, after every commit")
    func sound() throws {
        try makeFile()
        try DataFile.check(directory: directory.path, withHeads: true)
    }

    @Test("an environment without content passes")
    func empty() throws {
        _ = try Environment.open(path: directory.path, access: .create(mapBytes: 1 << 30), tables: ["a"])
        try DataFile.check(directory: directory.path, withHeads: true)
    }

    @Test("a file cut anywhere is refused", arguments: [false, true])
    func truncated(withHeads: Bool) throws {
        try makeFile()
        let bytes = TestFile.read(file)
        for count in stride(from: 0, to: bytes.count, by: 3_001) {
            TestFile.write(file, Array(bytes[..<count]))
            #expect(throws: DataFileError.self, "cut to \(count) of \(bytes.count)") {
                try DataFile.check(directory: directory.path, withHeads: withHeads)
            }
        }
    }

    @Test("of very many large values each is looked at")
    func manyLarge() throws {
        let count: UInt64 = 1_300
        do {
            let environment = try Environment.open(
                path: directory.path, access: .create(mapBytes: 1 << 30), tables: ["large"])
            try fill(environment, try #require(environment.table(0)), from: 1, count: count, byteCount: 5_000)
        }
        let bytes = TestFile.read(file)
        try DataFile.check(directory: directory.path, withHeads: true)
        // P_OVERFLOW in a page that knows its number: the head of a value.
        let heads = (2..<bytes.count / 4_096).filter { page in
            bytes[page * 4_096 + 10] == 4 && bytes.unaligned(page * 4_096, UInt64.self) == UInt64(page)
        }
        #expect(heads.count == Int(count))
        for head in [heads[0], heads[600], heads[heads.count - 1]] {
            var damaged = bytes
            damaged[head * 4_096 + 12] = 0
            TestFile.write(file, damaged)
            #expect(
                throws: DataFileError.damaged(
                    offset: head * 4_096, detail: "page \(head) does not begin a value of 5000 bytes")
            ) { try DataFile.check(directory: directory.path, withHeads: true) }
            // Who only reads and adds values does not look there.
            try DataFile.check(directory: directory.path, withHeads: false)
            do {
                let environment = try Environment.open(
                    path: directory.path, access: .readWrite(mapBytes: 1 << 30), tables: ["large"])
                try fill(environment, try #require(environment.table(0)), from: count + 1, count: 50, byteCount: 5_000)
            }
            try DataFile.check(directory: directory.path, withHeads: false)
            try expectReadable(count + 50)
        }
    }

    private func expectReadable(_ count: UInt64) throws {
        let environment = try Environment.open(path: directory.path, access: .readOnly, tables: ["large"])
        let table = try #require(environment.table(0))
        let transaction = try ReadTransaction(environment)
        for key in 1...count {
            let entry = try withKey(key) { try transaction.first(table, from: $0) }
            #expect(entry?.value.count == 5_000)
        }
    }

    @Test("a file that is missing or of another version says so")
    func missingAndForeign() throws {
        #expect(throws: DataFileError.system(call: "open", code: 2)) {
            try DataFile.check(directory: directory.path, withHeads: true)
        }
        try makeFile()
        var bytes = TestFile.read(file)
        bytes[20] = 7
        TestFile.write(file, bytes)
        #expect(throws: DataFileError.otherVersion(7)) {
            try DataFile.check(directory: directory.path, withHeads: true)
        }
    }

    /// The promise of the check: what passes can be read without the library crashing, and finds either all
    /// keys or fewer of them (an older root), never one twice or out of order.
    @Test("whatever single bit flips, the check refuses the file or the library reads it")
    func flips() throws {
        try makeFile()
        let sound = TestFile.read(file)
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        var refused = 0
        for _ in 0..<1_500 {
            let bit = Int(random.next() % UInt64(sound.count * 8))
            var bytes = sound
            bytes[bit / 8] ^= 1 << (bit % 8)
            TestFile.write(file, bytes)
            do {
                try DataFile.check(directory: directory.path, withHeads: false)
            } catch {
                refused += 1
                continue
            }
            let environment = try Environment.open(path: directory.path, access: .readOnly, tables: ["large", "small"])
            // A flip in a table's name leaves a file that is sound, with another table.
            for table in [environment.table(0), environment.table(1)] {
                guard let table else { continue }
                let transaction = try ReadTransaction(environment)
                var next: UInt64 = 0
                while let entry = try withKey(next, { try transaction.first(table, from: $0) }) {
                    let key = UInt64(bigEndian: entry.key.loadUnaligned(as: UInt64.self))
                    #expect(key >= next, "bit \(bit), seed \(seed)")
                    next = key + 1
                }
            }
        }
        #expect(refused > 5, "flips in page headers must be among them; seed \(seed)")
    }
}
