import Testing
import UsageModel
import WireFormat

@testable import Engine

@Suite("The list of refused lines")
struct RejectListTests {
    /// After which number, and the numbers of the page of three that follows.
    static let pageCases: [(UInt64, [UInt64])] = [
        (0, [16, 17, 18]), (17, [18, 19, 20]), (23, [24, 25]), (25, []), (99, []),
    ]

    private func list(of count: Int, capacity: Int) -> RejectList {
        var list = RejectList(capacity: capacity)
        for number in 0..<count {
            let text = Array(String(repeating: "x", count: 1_000).utf8)
            text.withUnsafeBytes {
                list.add(
                    time: Timestamp(milliseconds: Int64(number)), error: .badLine, detail: "d", line: UInt64(number),
                    sender: "s", text: $0)
            }
        }
        return list
    }

    @Test("it counts all and keeps the last ones, of each the beginning")
    func bounded() {
        let list = list(of: 25, capacity: 10)
        let kept = list.after(0, limit: 100)
        #expect(list.count == 25)
        #expect(kept.map(\.number) == Array(16...25))
        #expect(kept.allSatisfy { $0.text.utf8.count == RejectList.textBytesKept })
    }

    @Test("it is read in pages from any number on", arguments: pageCases)
    func pages(after: UInt64, expected: [UInt64]) {
        #expect(list(of: 25, capacity: 10).after(after, limit: 3).map(\.number) == expected)
    }

    @Test("an empty list has no page")
    func empty() {
        #expect(RejectList(capacity: 10).after(0, limit: 3).isEmpty)
    }
}
