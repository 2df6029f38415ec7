import TestSupport
import Testing

@testable import Portraits

@Suite("Filling an arena on several threads")
struct DayFillingTests {
    /// A block with its elements as they should be.
    private struct Filled {
        var block: DayBlock
        var days: [Int32]

        func isWhole(_ arena: UnsafeMutablePointer<DayArena>) -> Bool {
            block.count == days.count && days.indices.allSatisfy { block.elements(arena)[$0].day == days[$0] }
        }
    }

    /// 400,000 elements a share, which is more than a chunk.
    @Test(
        "no block lies on another, neither while shares are filled nor when blocks are freed and taken after it",
        arguments: 1...3)
    func disjoint(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let arena = UnsafeMutablePointer<DayArena>.allocate(capacity: 1)
        arena.initialize(to: DayArena())
        defer {
            arena.deinitialize(count: 1)
            arena.deallocate()
        }
        let filling = DayFilling(arena)
        var shares = (0..<3).map { _ in DayFilling.Share(filling) }
        var blocks: [Filled] = []
        var day: Int32 = 0
        func days(_ count: Int) -> [Int32] {
            day += Int32(count)
            return Array(day - Int32(count)..<day)
        }
        for _ in 0..<70_000 {
            // The sizes of users' lists; now and then a long one.
            let days = days(1 + Int(random.below(random.chance(99) ? 24 : 3_000)))
            let (block, sizeClass, memory) = shares[Int(random.below(3))]
                .allocate(byteCount: days.count * MemoryLayout<DayCount>.stride)
            for (index, day) in days.enumerated() {
                memory.storeBytes(of: DayCount(day: day, note: 0), toByteOffset: index * 8, as: DayCount.self)
            }
            blocks.append(Filled(block: DayBlock(block: block, sizeClass, .eight, count: days.count), days: days))
        }
        for index in shares.indices { shares[index].end() }
        #expect(blocks.allSatisfy { $0.isWhole(arena) })
        for round in 0..<3 {
            for index in blocks.indices.reversed() where random.chance(30) {
                blocks[index].block.free(arena)
                blocks.remove(at: index)
            }
            for _ in 0..<10_000 {
                let days = days(1 + Int(random.below(24)))
                let block = DayBlock(days.count, arena) { DayCount(day: days[$0], note: 0) }
                blocks.append(Filled(block: block, days: days))
            }
            #expect(blocks.allSatisfy { $0.isWhole(arena) }, "round \(round)")
        }
    }
}
