import Testing
import UsageModel

@testable import EventLog

@Suite("Duplicates of a replay")
struct DuplicateFillingTests {
    /// None, a batch, and more than may wait.
    @Test("all that were handed over are found", arguments: [0, 1, 1_024, 40_000])
    func filled(count: Int) throws {
        let filling = DuplicateFilling(DuplicateIndex())
        func fingerprint(_ number: Int) -> UInt64 { UInt64(number) &* 0x9E37_79B9_7F4A_7C15 }
        func day(_ number: Int) -> Day { Day(number: Int32(number % 3)) }
        for number in 0..<count {
            filling.insert(fingerprint: fingerprint(number), day: day(number), seq: UInt64(number + 1))
        }
        let index = filling.finish()
        #expect(index.count == count)
        for number in stride(from: 0, to: count, by: 7) {
            #expect(try index.candidates(fingerprint: fingerprint(number), day: day(number)) == [UInt64(number + 1)])
        }
    }

    @Test("a replay that fails drops it with batches under way, and nothing is kept")
    func dropped() async throws {
        weak var dropped: DuplicateFilling?
        do {
            let filling = DuplicateFilling(DuplicateIndex())
            dropped = filling
            for number in 0..<50_000 {
                filling.insert(
                    fingerprint: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, day: Day(number: 1), seq: UInt64(number + 1))
            }
        }
        for _ in 0..<1_000 where dropped != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(dropped == nil)
    }
}
