import Testing
import UsageModel

@testable import Engine

@Suite("A part of the companies")
struct BacktestPartTests {
    @Test(
        "what is not a part is refused",
        arguments: ["", "1", "0/2", "3/2", "1/0", "1/101", "-1/2", "1/2/3", "1 / 2", "one/two"])
    func refused(text: String) {
        #expect(BacktestPart(text) == nil)
    }

    @Test("it is written as it was read")
    func text() throws {
        #expect(try #require(BacktestPart("2/3")).text == "2/3")
    }

    @Test("each name is in exactly one part, and the parts are about equally large")
    func division() throws {
        let parts = try (1...3).map { try #require(BacktestPart("\($0)/3")) }
        var counts = [0, 0, 0]
        for number in 0..<3_000 {
            var name = "company-\(number)"
            let holders = name.withUTF8 { bytes in parts.map { $0.contains(name: UnsafeRawBufferPointer(bytes)) } }
            #expect(holders.filter(\.self).count == 1)
            for (part, isHolder) in holders.enumerated() where isHolder { counts[part] += 1 }
        }
        #expect(counts.allSatisfy { (900...1_100).contains($0) }, "\(counts)")
    }

    /// Whoever published figures of a part can have them again.
    @Test(
        "the division never changes",
        arguments: [("acme", 2), ("globex", 2), ("initech", 1), ("hooli", 2)])
    func pinned(name: String, part: Int) throws {
        var name = name
        let holders = try (1...2).filter { number in
            let part = try #require(BacktestPart("\(number)/2"))
            return name.withUTF8 { part.contains(name: UnsafeRawBufferPointer($0)) }
        }
        #expect(holders == [part])
    }
}
