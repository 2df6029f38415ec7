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
                let hash = names.hash(bytes, as: UserID.self)
                names.prefetchSlot(hash, as: UserID.self)
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

    // MARK: Saved names

    /// A table of users `1...count`, every third of them erased.
    private static func saved(_ count: UInt32) -> NameTable {
        let names = NameTable()
        for number in 1...count {
            Array(name(number).utf8).withUnsafeBytes { names.restore($0, kind: .user, number: number) }
        }
        names.endRestoring()
        return names
    }

    private static func name(_ number: UInt32) -> String { number % 3 == 0 ? "" : "user-\(number)" }

    /// Gives `body` the run of `numbers`.
    private static func withRun(
        _ numbers: Range<UInt32>, of names: NameTable, _ body: (NameRun) throws -> Void
    ) rethrows {
        let sizes = ByteBuffer()
        let bytes = ByteBuffer()
        names.reader.append(numbers, of: .user, sizes: sizes, bytes: bytes, upTo: .max)
        try body(NameRun(kind: .user, first: numbers.lowerBound, sizes: sizes.bytes, bytes: bytes.bytes))
    }

    /// The runs of the slots of the first `count` names, with bytes of their own.
    private static func slotRuns(
        _ count: UInt32, of names: NameTable, byteCount: Int
    ) throws -> [(run: NameSlotRun, bytes: [UInt8])] {
        var hashes = NameHashes()
        try withRun(1..<count + 1, of: names) { try hashes.append($0) }
        var runs: [(NameSlotRun, [UInt8])] = []
        hashes.forEachSlotRun(of: .user, byteCount: byteCount) { runs.append(($0, Array($0.slots))) }
        return runs
    }

    private static func restore(_ runs: [(run: NameSlotRun, bytes: [UInt8])], into names: NameTable) throws {
        for (run, bytes) in runs {
            var run = run
            try bytes.withUnsafeBytes {
                run.slots = $0
                try names.restore(run)
            }
        }
    }

    private static func expectAll(_ count: UInt32, in names: NameTable, _ comment: Comment) {
        #expect(names.count(.user) == Int(count), comment)
        for number in 1...count {
            let found = names.find(name(number), as: UserID.self)?.number
            #expect(found == (name(number).isEmpty ? 3 : number), comment)
        }
        #expect(names.find("user-3", as: UserID.self) == nil, comment)
        #expect(names.intern("one more", as: UserID.self).number == count + 1, comment)
        #expect(names.find("one more", as: UserID.self)?.number == count + 1, comment)
    }

    /// The slots of 1,000 names have room for 536 more.
    @Test(
        "names are found in the slots that were saved, and names behind them too",
        arguments: [1_000, 1_001, 1_536, 9_000])
    func savedSlots(count: UInt32) throws {
        let names = Self.saved(count)
        for (byteCount, isWhole) in [(1 << 20, true), (100, true), (100, false)] {
            let found = NameTable()
            try Self.withRun(1..<700, of: names) { try found.restore($0) }
            // The first hundred are there already.
            try Self.withRun(600..<count + 1, of: names) { try found.restore($0) }
            var runs = try Self.slotRuns(1_000, of: names, byteCount: byteCount)
            if !isWhole { runs.removeLast() }
            try Self.restore(runs, into: found)
            found.endRestoring()
            Self.expectAll(count, in: found, "\(byteCount) bytes a run, whole: \(isWhole)")
        }
    }

    @Test("saved slots are used as they are, unless they have other than all names")
    func usedSlots() throws {
        let names = Self.saved(100)
        let whole = try Self.slotRuns(100, of: names, byteCount: 1 << 20)
        let slotOf1 = try #require(
            stride(from: 0, to: whole[0].bytes.count, by: 8).first {
                whole[0].bytes[$0..<$0 + 4].elementsEqual([1, 0, 0, 0])
            })
        for (change, isUsed) in [([2, 0, 0, 0], true), ([0, 0, 0, 0], false)] as [([UInt8], Bool)] {
            var runs = whole
            runs[0].bytes.replaceSubrange(slotOf1..<slotOf1 + 4, with: change)
            let found = NameTable()
            Self.withRun(1..<101, of: names) { _ = try? found.restore($0) }
            try Self.restore(runs, into: found)
            found.endRestoring()
            #expect(found.find("user-1", as: UserID.self)?.number == (isUsed ? nil : 1))
            #expect(found.areAllFound == !isUsed)
        }
    }

    @Test("names and slots that cannot be are refused, and nothing is read beyond its end")
    func damagedRuns() throws {
        let names = Self.saved(100)
        Self.withRun(1..<101, of: names) { run in
            for (sizes, bytes) in [(run.sizes.count - 4, run.bytes.count), (run.sizes.count, run.bytes.count - 1)] {
                let damaged = NameRun(
                    kind: .user, first: 1, sizes: run.sizes.slice(0..<sizes), bytes: run.bytes.slice(0..<bytes))
                let found = NameTable()
                #expect(throws: DamagedBytes.self) { try found.restore(damaged) }
                #expect(found.count(.user) == 0)
                var hashes = NameHashes()
                #expect(throws: DamagedBytes.self) { try hashes.append(damaged) }
            }
            var gap = run
            gap.first = 2
            #expect(throws: DamagedBytes.self) { try NameTable().restore(gap) }
        }
        let whole = try Self.slotRuns(100, of: names, byteCount: 512)
        let changes: [(String, (inout NameSlotRun, inout [UInt8]) -> Void)] = [
            ("more names than there are", { run, _ in run.nameCount = 101 }),
            ("fewer slots", { run, _ in run.slotCount = 128 }),
            ("more slots", { run, _ in run.slotCount = 1 << 40 }),
            ("another seed", { run, _ in run.seed ^= 1 }),
            ("another place", { run, _ in run.first += 1 }),
            ("a piece of a slot", { _, bytes in bytes.removeLast() }),
            ("slots of others", { _, bytes in bytes = Array(repeating: 1, count: bytes.count) }),
            ("no slot free", { _, bytes in bytes = bytes.indices.map { $0 % 8 == 0 ? 1 : 0 } }),
            ("more than all", { _, bytes in bytes += bytes }),
        ]
        for (what, change) in changes {
            let found = NameTable()
            try Self.withRun(1..<101, of: names) { try found.restore($0) }
            #expect(throws: DamagedBytes.self, "\(what)") {
                // All of them, but for what has to differ from the run before.
                let kept = what == "another seed" ? 1 : what == "more than all" ? whole.count - 1 : 0
                let changed = whole.dropFirst(kept).map { part in
                    var (run, bytes) = part
                    change(&run, &bytes)
                    return (run: run, bytes: bytes)
                }
                try Self.restore(Array(whole.prefix(kept)) + changed, into: found)
            }
        }
    }
}
