import Portraits
import Rules
import Testing
import UsageModel

@testable import Engine

@Suite("Digests, company by company")
struct StateDigestTests {
    /// A state in which each of `companies` had one event on its day.
    private func digest(_ companies: [(name: String, day: Int32)], names: NameTable) -> StateDigest {
        let portraits = Portraits(names: names)
        for (index, (name, day)) in companies.enumerated() {
            var record = Record(kind: .track)
            record.company = names.intern(name)
            record.task = names.intern("work")
            record.day = Day(number: 20_000 + day)
            record.time = record.day.startUTC
            record.count = 1
            portraits.advanceClock(for: record, logTime: Day(number: 20_100).startUTC)
            portraits.apply(record, seq: UInt64(index + 1), bytes: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return StateDigest(portraits: portraits, book: FlagBook())
    }

    @Test("states that differ name the companies in which they do, those of one side alone included")
    func differences() {
        let names = NameTable()
        let one = digest([("acme", 1), ("bolt", 2), ("cyan", 3)], names: names)
        #expect(one.companies(otherThanIn: one).isEmpty)
        let same = digest([("acme", 1), ("bolt", 2), ("cyan", 3)], names: names)
        #expect(one.value == same.value && one.companies(otherThanIn: same).isEmpty)
        let other = digest([("acme", 1), ("bolt", 9), ("dune", 4)], names: names)
        #expect(one.value != other.value)
        #expect(one.companies(otherThanIn: other).map { names.name($0) } == ["bolt", "cyan", "dune"])
        #expect(other.companies(otherThanIn: one).map { names.name($0) } == ["bolt", "cyan", "dune"])
    }
}
