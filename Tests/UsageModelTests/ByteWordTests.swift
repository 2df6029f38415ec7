import Testing
import UsageModel

@Suite("Eight bytes at once")
struct ByteWordTests {
    private func word(_ text: [UInt8]) -> ByteWord { text.withUnsafeBytes { ByteWord($0.baseAddress!) } }

    @Test("eight digits are a number", arguments: [0, 1, 9, 12_345_678, 90_000_009, 99_999_999])
    func digits(_ number: UInt64) {
        let text = String(number)
        let word = word(Array((String(repeating: "0", count: 8 - text.count) + text).utf8))
        #expect(word.areDigits)
        #expect(word.digitsValue == number)
    }

    @Test("any other byte in any place makes them none")
    func others() {
        for place in 0..<8 {
            for byte in UInt8.min...UInt8.max {
                var text = Array("90909090".utf8)
                text[place] = byte
                #expect(word(text).areDigits == (48...57).contains(byte), "byte \(byte) at \(place)")
            }
        }
    }
}
