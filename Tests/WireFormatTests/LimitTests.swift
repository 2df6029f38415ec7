import Testing
import WireFormat

@Suite("Limits")
struct LimitTests {
    private let small = DecoderLimits(lineBytes: 100, nameBytes: 8, propsBytes: 20, jsonDepth: 4)

    @Test("a line of the limit's length counts, one byte more is refused and skipped to its newline")
    func tooLong() {
        let line = "e,company=acme s=\""
        let longest = line + String(repeating: "x", count: 99 - line.utf8.count) + "\""
        var limits = small
        limits.propsBytes = 1_000
        #expect(decode(longest + "\n", limits: limits).map(\.error) == [nil])
        for text in [longest + " ", "{" + String(repeating: " ", count: 100), String(repeating: "x", count: 5_000)] {
            let rows = decode(text + "\nf n=1\n", limits: limits)
            #expect(rows.map(\.error) == ["too_long", nil])
            #expect(rows[0].text == Array(text.utf8.prefix(100)))
        }
    }

    @Test("a line without end is refused once, and held in bounded memory")
    func endless() {
        var decoder = LineDecoder(limits: small)
        var batch = LineBatch()
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 4_096)
        for _ in 0..<1_000 {
            let consumed = chunk.withUnsafeBytes { decoder.decode($0, into: &batch, atEnd: false, maximumLines: 10) }
            #expect(consumed == chunk.count)
        }
        let end = Array("\nf n=1\n".utf8)
        _ = end.withUnsafeBytes { decoder.decode($0, into: &batch, atEnd: true, maximumLines: 10) }
        #expect(batch.lines.map { Row($0, batch).error } == ["too_long", nil])
        #expect(batch.bytes.count < 2_000)
    }

    @Test(
        "a name of the limit's length counts and one byte more is refused by name",
        arguments: [
            (#"{"task":"12345678"}"#, #"{"task":"123456789"}"#), (#"{"task":"1234567\n"}"#, #"{"task":"12345678\n"}"#),
            (#"{"task":"t","user":12345678}"#, #"{"task":"t","user":123456789}"#),
            (#"{"task":"t","id":"12345678"}"#, #"{"task":"t","id":"123456789"}"#),
            ("12345678 n=1", "123456789 n=1"), ("e,user=1234567\\  n=1", "e,user=12345678\\  n=1"),
            ("e user=\"1234567\\\"\"", "e user=\"12345678\\\"\""),
        ])
    func names(longest: String, longer: String) {
        #expect(decode(longest, limits: small).map(\.error) == [nil])
        #expect(decode(longer, limits: small).map(\.error) == ["limit"])
        #expect(decode(longer, limits: small)[0].detailText.contains("8"))
    }

    @Test("props of the limit's length count and one byte more is refused")
    func props() {
        #expect(decode(#"{"task":"t","props":{"a":"0123456789ab"}}"#, limits: small).map(\.error) == [nil])
        #expect(decode(#"{"task":"t","props":{"a":"0123456789abc"}}"#, limits: small).map(\.error) == ["limit"])
        #expect(decode(#"e a="0123456789ab""#, limits: small).map(\.error) == [nil])
        #expect(decode(#"e a="0123456789abc""#, limits: small).map(\.error) == ["limit"])
        let touch = #"{"type":"touch","note":"0123456789abcdef"}"#
        #expect(decode(touch, limits: small).map(\.error) == ["limit"])
    }

    @Test("JSON nested to the limit counts and one level more is too_deep")
    func depth() {
        #expect(decode(#"{"task":"t","x":[[[1]]]}"#, limits: small).map(\.error) == [nil])
        #expect(decode(#"{"task":"t","x":[[[[1]]]]}"#, limits: small).map(\.error) == ["too_deep"])
        let deep = String(repeating: "[", count: 50_000)
        #expect(decode("{\"x\":" + deep).map(\.error) == ["too_deep"])
        let context = #"{"task":"t","context":{"traits":{"email":"e","x":{"y":{}}}}}"#
        #expect(decode(context, limits: small).map(\.error) == ["too_deep"])
    }

    @Test("no call makes more rows than asked for, and none is lost between calls")
    func maximumLines() {
        let text = Array((0..<100).map { "e\($0) n=1\n" }.joined().utf8)
        #expect(decode(text, maximumLines: 7) == decode(text))
        var decoder = LineDecoder()
        var batch = LineBatch()
        _ = text.withUnsafeBytes { decoder.decode($0, into: &batch, atEnd: true, maximumLines: 7) }
        #expect(batch.lines.count == 7)
    }
}
