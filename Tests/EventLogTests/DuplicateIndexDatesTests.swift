import EventLog
import Testing
import UsageModel

/// Dates are the sender's choice, so their number and order must cost little.
@Suite struct DuplicateIndexDatesTests {
    private static let dates = 0..<Int32(5_000)

    /// One event a date, from both ends to the middle.
    private func filled() -> DuplicateIndex {
        var index = DuplicateIndex()
        for step in Self.dates {
            let day = step % 2 == 0 ? step / 2 : Self.dates.upperBound - 1 - step / 2
            index.insert(fingerprint: UInt64(day) << 40, day: Day(number: day), seq: UInt64(day) + 1)
        }
        return index
    }

    @Test("a date with one event takes a hundred bytes, and the order of dates plays no part")
    func manyDates() {
        let index = filled()
        #expect(index.byteCount <= 100 * Self.dates.count)
        #expect(index.days == Self.dates.map { Day(number: $0) })
        for day in Self.dates {
            #expect(index.candidates(fingerprint: UInt64(day) << 40, day: Day(number: day)) == [UInt64(day) + 1])
        }
    }

    @Test("a date that is forgotten takes no other with it")
    func forgotten() {
        var index = filled()
        for day in Self.dates where day % 3 == 0 { index.remove(day: Day(number: day)) }
        index.remove(day: Day(number: -1))
        #expect(index.days == Self.dates.filter { $0 % 3 != 0 }.map { Day(number: $0) })
        for day in Self.dates {
            let found = index.candidates(fingerprint: UInt64(day) << 40, day: Day(number: day))
            #expect(found == (day % 3 == 0 ? [] : [UInt64(day) + 1]))
            #expect(index.count(of: Day(number: day)) == found.count)
        }
        #expect(index.count == index.days.count)
    }
}
