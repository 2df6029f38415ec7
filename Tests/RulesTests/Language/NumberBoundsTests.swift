import TestSupport
import Testing

@testable import Rules

@Suite("Numbers of which only bounds are certain")
struct NumberBoundsTests {
    private static let operations: [@Sendable (Double, Double) -> Double] = [
        { $0 + $1 }, { $0 - $1 }, { $0 * $1 },
    ]

    private func bounds(_ random: inout SeededRandom) -> (NumberBounds, within: Double) {
        let ends = [Double(random.within(-6...6)), Double(random.within(-6...6))].sorted()
        let share = Double(random.within(0...4)) / 4
        return (NumberBounds(ends[0], ends[1]), ends[0] + (ends[1] - ends[0]) * share)
    }

    @Test("whatever lies within both sides, the result lies within the result's bounds")
    func arithmetic() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<3_000 {
            let (left, x) = bounds(&random)
            let (right, y) = bounds(&random)
            for operation in Self.operations {
                let result = NumberBounds.combine(left, right, operation)
                #expect(result.least <= operation(x, y) && operation(x, y) <= result.greatest)
            }
        }
    }

    @Test("a comparison is definite only if it is the same for everything within the bounds")
    func comparisons() {
        var random = SeededRandom(seed: 12)
        let all: [Comparison] = [.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual]
        var definite = 0
        for _ in 0..<3_000 {
            let (left, x) = bounds(&random)
            let (right, y) = bounds(&random)
            for comparison in all {
                let verdict = left.verdict(comparison, right)
                if verdict != .unknown { definite += 1 }
                #expect(verdict == .unknown || verdict == Verdict(comparison.holds(x, y)))
            }
        }
        #expect(definite > 3_000)
    }

    @Test("exact numbers compare as numbers do, and nothing is known of the unknown")
    func exactAndUnknown() {
        let two = NumberBounds(2)
        #expect(two.verdict(.equal, NumberBounds(2)) == .true)
        #expect(two.verdict(.less, NumberBounds(2)) == .false)
        #expect(two.verdict(.greaterOrEqual, NumberBounds(2)) == .true)
        #expect(two.verdict(.equal, .unknown) == .unknown)
        #expect(NumberBounds.combine(two, .unknown) { $0 + $1 }.isUnknown)
        // Zero times what has no bounds is not zero.
        #expect(NumberBounds(.infinity).isUnknown)
    }
}
