import Testing
import TestSupport
import UsageModel

@testable import Portraits

@Suite("Amounts by day")
struct AmountDaysTests {
    /// As many as fit, so that a day has each number of digits that there are, of both signs.
    private static let sums: [Int128] = [
        0, 1, -1, 1 << 39 - 1, 1 << 39, -(1 << 39), -(1 << 39) - 1, 1 << 79 - 1, 1 << 79, -(1 << 79) - 1, 1 << 119 - 1,
        1 << 119, -(1 << 119) - 1, .max, .min,
    ]

    @Test("each sum is read as it was written, whatever comes later for its day, and in a checkpoint", arguments: 0..<8)
    func exact(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let arena = UnsafeMutablePointer<DayArena>.allocate(capacity: 1)
        arena.initialize(to: DayArena())
        defer {
            arena.deinitialize(count: 1)
            arena.deallocate()
        }
        var days = AmountDays()
        var expected: [Int32: Int128] = [:]
        for _ in 0..<200 {
            let day = Int32(random.within(-3...40))
            let sum = random.pick(Self.sums)
            // What makes `sum` of what is there, unless that is more than 128 bits.
            let (added, isTooMuch) = sum.subtractingReportingOverflow(expected[day] ?? 0)
            guard !isTooMuch else { continue }
            days.add(Amount(micros: added), on: day, keepingFrom: -10, arena)
            expected[day] = sum
        }
        #expect(content(of: days, arena) == expected)

        let boundary = Int32(random.within(-5...45))
        let out = ByteBuffer()
        days.write(from: boundary, to: out, arena)
        days.write(before: boundary, to: out, arena)
        var read = AmountDays()
        var reader = ByteReader(out.bytes)
        try read.read(&reader, arena)
        try read.read(&reader, arena)
        #expect(reader.isAtEnd)
        #expect(content(of: read, arena) == expected)

        read.prune(before: 20, arena)
        #expect(content(of: read, arena) == expected.filter { $0.key >= 20 })
    }

    private func content(of days: AmountDays, _ arena: UnsafeMutablePointer<DayArena>) -> [Int32: Int128] {
        var content: [Int32: Int128] = [:]
        days.forEach(DayRange(.min, .max), arena) { content[$0.day] = $0.amount.micros }
        return content
    }
}
