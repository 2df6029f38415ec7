import Synchronization
import Testing
import UsageModel

@Suite("Names and numbers")
struct NameTableTests {
    @Test("numbers run from 1 in the order of first sight, each kind by itself")
    func numbering() {
        let names = NameTable()
        #expect(names.intern("acme", as: CompanyID.self).number == 1)
        #expect(names.intern("beta", as: CompanyID.self).number == 2)
        #expect(names.intern("acme", as: CompanyID.self).number == 1)
        #expect(names.intern("acme", as: UserID.self).number == 1)
        #expect(names.count(.company) == 2 && names.count(.user) == 1 && names.count(.task) == 0)
        #expect(names.find("beta", as: UserID.self) == nil)
        #expect(names.name(CompanyID(number: 2)) == "beta")
        #expect(names.name(CompanyID.none).isEmpty)
    }

    @Test("a hundred thousand names are found again, and no other")
    func many() {
        let names = NameTable()
        for number in 1...100_000 { #expect(names.intern("user-\(number)", as: UserID.self).number == UInt32(number)) }
        for number in stride(from: 1, through: 100_000, by: 97) {
            #expect(names.find("user-\(number)", as: UserID.self)?.number == UInt32(number))
            #expect(names.name(UserID(number: UInt32(number))) == "user-\(number)")
        }
        #expect(names.find("user-0", as: UserID.self) == nil)
        #expect(names.count(.user) == 100_000)
    }

    private final class Published: Sendable {
        let number = Mutex(UInt32(0))
    }

    @Test("names that were published are read on other threads while the table grows")
    func readers() async {
        let names = NameTable()
        let reader = names.reader
        let published = Published()
        let total: UInt32 = 50_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var last: UInt32 = 0
                    while last < total {
                        last = published.number.withLock { $0 }
                        for number in [1, last / 2, last] where number > 0 && number <= last {
                            #expect(reader.name(UserID(number: number)) == "user-\(number)")
                        }
                        await Task.yield()
                    }
                }
            }
            for number in 1...total {
                _ = names.intern("user-\(number)", as: UserID.self)
                published.number.withLock { $0 = number }
            }
        }
        #expect(reader.name(UserID.none).isEmpty)
    }

    @Test("a look-up in steps finds what one in a go finds")
    func lookAhead() {
        let names = NameTable()
        for number in 1...1_000 { _ = names.intern("user-\(number)", as: UserID.self) }
        for number in [1, 77, 1_000, 1_001] {
            var name = "user-\(number)"
            name.withUTF8 { bytes in
                let bytes = UnsafeRawBufferPointer(bytes)
                let hash = names.prefetch(bytes, as: UserID.self)
                let candidate = names.candidate(hash, as: UserID.self)
                names.prefetchBytes(of: candidate)
                let found = names.find(bytes, hash: hash, as: UserID.self)
                #expect(found.number == (number <= 1_000 ? UInt32(number) : 0))
                // Another name may have the same hash and come first; who is found was never nobody.
                #expect(found.isNone || !candidate.isNone)
            }
        }
    }

    @Test("order is by bytes: shorter before longer, upper case before lower, ASCII before the rest")
    func order() {
        let names = NameTable()
        let sorted = ["", "B", "a", "ab", "b", "z", "é", "ü", "日本"]
        let ids = sorted.shuffled().map { names.intern($0, as: UserID.self) }.sorted { names.precedes($0, $1) }
        #expect(ids.map { names.name($0) } == sorted)
        #expect(!names.precedes(ids[3], ids[3]))
    }

    @Test("names that Unicode holds equal are two names when their bytes differ")
    func bytes() {
        let names = NameTable()
        let composed: TaskID = names.intern("caf\u{E9}")
        let decomposed: TaskID = names.intern("cafe\u{301}")
        #expect(composed != decomposed)
    }

    @Test("names come back from the log at their numbers")
    func restoring() {
        let names = NameTable()
        for (index, name) in ["one", "two", "three"].enumerated() {
            Array(name.utf8).withUnsafeBytes { names.restore($0, kind: .task, number: UInt32(index + 1)) }
        }
        names.endRestoring()
        #expect(names.find("two", as: TaskID.self)?.number == 2)
        #expect(names.intern("four", as: TaskID.self).number == 4)
        #expect(names.withBytes(of: 3, kind: .task) { Array($0) } == Array("three".utf8))
    }

    /// More than one stretch of the index; and erased names, which are all the same, do not make it slow.
    @Test("hundreds of thousands of names that come back are found, many of them erased, and others can follow")
    func restoringMany() {
        let names = NameTable()
        let count: UInt32 = 300_000
        func isErased(_ number: UInt32) -> Bool { number % 3 == 0 }
        for number in 1...count {
            let name = isErased(number) ? [] : Array("user-\(number)".utf8)
            name.withUnsafeBytes { names.restore($0, kind: .user, number: number) }
        }
        names.endRestoring()
        for number in stride(from: UInt32(1), through: count, by: 13) {
            #expect(
                names.find("user-\(number)", as: UserID.self)?.number == (isErased(number) ? nil : number), "\(number)")
        }
        #expect(names.intern("user-3", as: UserID.self).number == count + 1)
        #expect(names.find("user-3", as: UserID.self)?.number == count + 1)
        #expect(names.count(.user) == Int(count) + 1)
    }
}
