import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("The duplicate index")
struct DuplicateIndexTests {
    let today = Day(number: 20_000)

    @Test("it finds what a plain dictionary finds, date by date")
    func model() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        var index = DuplicateIndex()
        var model: [Int32: [UInt64: [UInt64]]] = [:]
        for seq in 1...4_000 as ClosedRange<UInt64> {
            // Few enough fingerprints that they come again, and clusters of neighbours.
            let fingerprint = (random.next() % 800) << (random.next() % 2 == 0 ? 52 : 17)
            let day = Int32(random.next() % 5)
            index.insert(fingerprint: fingerprint, day: Day(number: day), seq: seq)
            model[day, default: [:]][fingerprint >> 16, default: []].append(seq)
        }
        for day in 0..<5 as Range<Int32> {
            for (fingerprint, seqs) in model[day] ?? [:] {
                #expect(
                    try index.candidates(fingerprint: fingerprint << 16, day: Day(number: day)) == seqs, "seed \(seed)")
            }
            for _ in 0..<1_000 {
                let fingerprint = random.next()
                let expected = model[day]?[fingerprint >> 16] ?? []
                #expect(
                    try index.candidates(fingerprint: fingerprint, day: Day(number: day)) == expected, "seed \(seed)")
            }
        }
        #expect(index.count == 4_000)
    }

    @Test("an entry costs at most 26 bytes, however many there are")
    func memory() {
        var random = SeededRandom(seed: 3)
        var index = DuplicateIndex()
        for seq in 1...80_000 as ClosedRange<UInt64> {
            index.insert(fingerprint: random.next(), day: today, seq: seq)
            if seq > 20_000, seq % 997 == 0 { #expect(index.byteCount <= Int(seq) * 26, "at \(seq)") }
        }
    }

    /// All tables of a date are equally full. Split all at once, they would take two fifths more of memory within a
    /// hundredth of the entries, and hold all senders up meanwhile.
    @Test("tables are not split all at once")
    func spreadSplits() {
        var random = SeededRandom(seed: 8)
        var index = DuplicateIndex()
        var byteCounts: [Int] = []
        for seq in 1...600_000 as ClosedRange<UInt64> {
            index.insert(fingerprint: random.next(), day: today, seq: seq)
            if seq % 2_000 == 0 { byteCounts.append(index.byteCount) }
        }
        for later in byteCounts.indices.dropFirst(60) {
            let earlier = byteCounts[later * 49 / 50]
            #expect(byteCounts[later] <= earlier * 12 / 10, "within a fiftieth of \((later + 1) * 2_000) entries")
        }
    }

    @Test("entries come out in order, whatever the order in which they came, when tables have been split")
    func sortedRun() {
        var random = SeededRandom(seed: 4)
        // So many that tables have been split, and are about to be once more: some have been, some not.
        let entries = (1...100_000).map { (fingerprint: random.next(), seq: UInt64($0)) }
        func run(_ entries: [(fingerprint: UInt64, seq: UInt64)]) -> [[UInt64]] {
            var table = DayFingerprints()
            for entry in entries { table.insert(entry.fingerprint, entry.seq) }
            #expect(table.count == entries.count)
            for entry in entries.prefix(20_000) {
                var isFound = false
                table.forEachCandidate(entry.fingerprint) { seq in
                    isFound = seq == entry.seq
                    return !isFound
                }
                #expect(isFound)
            }
            var found: [[UInt64]] = []
            var all = table.entries()
            while let entry = all.next() { found.append([entry.fingerprint, entry.seq]) }
            return found
        }
        let found = run(entries)
        #expect(found == found.sorted { $0.lexicographicallyPrecedes($1) } && found.count == entries.count)
        #expect(found == run(entries.shuffled(using: &random)))
    }

    @Test("copies go on by themselves")
    func copies() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededRandom(seed: seed)
        func find(_ fingerprint: UInt64, in table: borrowing DayFingerprints) -> [UInt64] {
            var found: [UInt64] = []
            table.forEachCandidate(fingerprint) { seq in
                found.append(seq)
                return true
            }
            return found
        }
        var table = DayFingerprints()
        var model: [UInt64: [UInt64]] = [:]
        func enter(_ seqs: Range<UInt64>, into table: inout DayFingerprints, _ model: inout [UInt64: [UInt64]]) {
            for seq in seqs {
                // Some come again, soon or late.
                let again = model.isEmpty || !random.chance(10) ? nil : model.keys.first
                let fingerprint = again.map { $0 << 16 } ?? random.next()
                table.insert(fingerprint, seq)
                model[fingerprint >> 16, default: []].append(seq)
                #expect(find(fingerprint, in: table) == model[fingerprint >> 16], "seed \(seed)")
                let other = random.next()
                #expect(find(other, in: table) == model[other >> 16] ?? [], "seed \(seed)")
            }
        }
        enter(1..<50_000, into: &table, &model)
        var copy = table.shared()
        var copyModel = model
        enter(50_000..<60_000, into: &table, &model)
        enter(60_000..<70_000, into: &copy, &copyModel)
        for (table, model) in [(table, model), (copy, copyModel)] {
            #expect(table.count == model.values.reduce(0) { $0 + $1.count })
            for (fingerprint, seqs) in model { #expect(find(fingerprint << 16, in: table) == seqs, "seed \(seed)") }
        }
    }

    @Test("a table made of a list is the one that came entry by entry", arguments: [0, 300, 16_384, 16_385, 60_000])
    func list(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        var list = ListedFingerprints()
        var expected = DayFingerprints()
        for seq in 0..<UInt64(count) {
            let fingerprint = random.chance(1) ? random.below(3) << 60 : random.next()
            list.append(fingerprint, seq + 1)
            expected.insert(fingerprint, seq + 1)
        }
        var made = DayFingerprints(list)
        func all(_ table: DayFingerprints) -> [[UInt64]] {
            Array(IteratorSequence(table.entries())).map { [$0.fingerprint, $0.seq] }
        }
        #expect(made.count == count && all(made) == all(expected))
        // It goes on as any other.
        for seq in 0..<40_000 as Range<UInt64> { made.insert(random.next(), UInt64(count) + seq + 1) }
        #expect(made.count == count + 40_000 && all(made).count == made.count)
    }

    @Test("equal fingerprints, the least and the greatest, and the end of the table hold")
    func extremes() throws {
        var index = DuplicateIndex()
        for seq in 1...500 as ClosedRange<UInt64> {
            for fingerprint in [0, .max, .max - (seq << 16)] as [UInt64] {
                index.insert(fingerprint: fingerprint, day: today, seq: seq)
            }
        }
        #expect(try index.candidates(fingerprint: 0, day: today) == Array(1...500))
        #expect(try index.candidates(fingerprint: .max, day: today) == Array(1...500))
        #expect(try index.candidates(fingerprint: .max - (77 << 16), day: today) == [77])
    }
}
