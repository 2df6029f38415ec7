import TestSupport
import Testing
import UsageModel

@testable import Engine

@Suite("The queue of deadlines")
struct DeadlineQueueTests {
    private func company(_ number: UInt32) -> CompanyID { CompanyID(number: number) }
    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("it pops what a sorted list pops, however deadlines are moved about", arguments: [1, 2, 3] as [UInt64])
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = DeadlineQueue()
        var due: [UInt32: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<5_000 {
            let number = UInt32(random.below(40)) + 1
            if random.chance(10) {
                queue.schedule(company(number), at: nil)
                due[number] = nil
            } else {
                let at = now + random.within(1...500)
                queue.schedule(company(number), at: time(at))
                due[number] = at
            }
            #expect(queue[company(number)]?.milliseconds == due[number], "seed \(seed)")
            guard random.chance(20) else { continue }
            now += random.within(0...300)
            while let (popped, at) = queue.popDue(notAfter: time(now)) {
                let expected = due.min { ($0.value, $0.key) < ($1.value, $1.key) }
                #expect(expected?.key == popped.number && expected?.value == at.milliseconds, "seed \(seed)")
                due[popped.number] = nil
            }
            #expect(due.values.allSatisfy { $0 > now }, "seed \(seed)")
            #expect(queue.first?.milliseconds == due.values.min(), "seed \(seed)")
        }
    }

    @Test("deadlines of one instant come in the order in which the log first saw the companies")
    func ties() {
        var queue = DeadlineQueue()
        for number in [3, 1, 2] as [UInt32] { queue.schedule(company(number), at: time(7)) }
        var order: [UInt32] = []
        while let (popped, _) = queue.popDue(notAfter: time(7)) { order.append(popped.number) }
        #expect(order == [1, 2, 3])
    }
}
