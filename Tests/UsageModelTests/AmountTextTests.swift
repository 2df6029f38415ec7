import Testing
import UsageModel

@Suite("Amounts as text")
struct AmountTextTests {
    @Test(
        "amounts are read exactly and written shortest",
        arguments: [
            ("0", "0"), ("-0", "0"), ("12.5", "12.5"), ("-3", "-3"), ("007", "7"), ("5.", "5"), (".5", "0.5"),
            ("+1", "1"), ("1e3", "1000"), ("0.000001", "0.000001"), ("0.0000005", "0"), ("0.0000015", "0.000002"),
            ("0.0000025", "0.000002"), ("0.00000250001", "0.000003"), ("999999999999.999999", "999999999999.999999"),
            ("1234567890123", "1234567890123"), ("1000000000000000000", "1000000000000000000"),
            ("-1000000000000000000.0", "-1000000000000000000"),
        ])
    func read(text: String, written: String) {
        #expect(Amount(text)?.description == written)
    }

    @Test(
        "what is no amount is refused",
        arguments: ["", "-", ".", "1.2.3", "1e", "x", "1 ", "0x1", "1000000000000000001", "1e19", "NaN", "1,5", "--1"])
    func refused(text: String) {
        #expect(Amount(text) == nil)
    }

    @Test("the short way of reading agrees with the general one")
    func twoWays() {
        // An exponent of zero changes no value and takes the general way.
        for whole in ["0", "00", "1", "99", "123456789012", "999999999999", "1234567890123"] {
            for fraction in ["", ".", ".0", ".5", ".000001", ".999999", ".9999995", ".1234564999"] {
                for sign in ["", "-"] {
                    let text = sign + whole + fraction
                    #expect(Amount(text) != nil && Amount(text) == Amount(text + "e0"), "\(text)")
                }
            }
        }
    }
}
