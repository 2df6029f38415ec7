import Testing

@testable import Engine

@Suite("A share with its interval")
struct ProportionTests {
    @Test("Wilson's interval, as published for 1 of 2 and at the ends")
    func interval() throws {
        let half = try #require(Proportion(count: 1, of: 2).interval)
        #expect(abs(half.low - 0.0945) < 1e-4)
        #expect(abs(half.high - 0.9055) < 1e-4)
        // z² ÷ (n + z²)
        let none = try #require(Proportion(count: 0, of: 6).interval)
        #expect(none.low == 0)
        #expect(abs(none.high - 0.3903) < 1e-4)
        #expect(try #require(Proportion(count: 6, of: 6).interval).high == 1)
    }

    @Test("of no cases there is none")
    func empty() {
        #expect(Proportion().interval == nil)
    }
}
