import Testing
import UsageModel

@Suite("Amounts")
struct AmountTests {
    @Test("a million cents are ten thousand, exactly, in any order")
    func exactSums() {
        var sum = Amount.zero
        for _ in 0..<1_000_000 { sum += Amount(micros: 10_000) }
        #expect(sum.description == "10000")
        let parts = ["0.1", "0.2", "-0.3", "1000000000000000000", "-1000000000000000000"].compactMap { Amount($0) }
        #expect(parts.reduce(.zero, +) == .zero)
        #expect(parts.reversed().reduce(.zero, +) == .zero)
    }

    @Test("reading what was written gives the same amount")
    func roundTrip() {
        var micros: Int128 = 1
        while micros <= Amount.greatestMicros / 7 {
            for value in [micros, -micros, micros + 1, micros * 7 - 1] {
                #expect(Amount(Amount(micros: value).description) == Amount(micros: value))
            }
            micros *= 7
        }
    }

    @Test(
        "halves go to the even neighbour",
        arguments: [
            ("0.0000005", 0), ("0.0000015", 2), ("0.0000025", 2), ("-0.0000015", -2), ("-0.0000005", 0),
            ("0.00000050000000000000000000000000001", 1), ("0.0000014999999999999999999999", 1),
        ])
    func halves(text: String, micros: Int) {
        #expect(Amount(text)?.micros == Int128(micros))
    }

    @Test("the bound is 10^18 either way, and sums beyond it stay exact")
    func bounds() throws {
        #expect(Amount("1e18")?.micros == Amount.greatestMicros)
        #expect(Amount("1000000000000000000.0000004")?.micros == Amount.greatestMicros)
        #expect(Amount("1000000000000000000.000001") == nil)
        #expect(Amount("1e1000000000000") == nil)
        #expect(Amount("0e1000000000000") == .zero)
        #expect(Amount("1e-1000000000000") == .zero)
        let greatest = Amount(micros: Amount.greatestMicros)
        #expect((greatest + greatest).description == "2000000000000000000")
    }

    @Test("amounts are ordered and become Doubles for rules")
    func doubles() throws {
        let low = try #require(Amount("-1.5"))
        let high = try #require(Amount("2.25"))
        #expect(low < high && low.doubleValue == -1.5 && high.doubleValue == 2.25)
        #expect((high - low).doubleValue == 3.75)
    }
}
