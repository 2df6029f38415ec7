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

    @Test("a date with one event takes eighty bytes, and the order of dates plays no part")
    func manyDates() throws {
        let index = filled()
        #expect(index.byteCount <= 80 * Self.dates.count)
        for day in Self.dates {
            #expect(try index.candidates(fingerprint: UInt64(day) << 40, day: Day(number: day)) == [UInt64(day) + 1])
        }
    }
}
