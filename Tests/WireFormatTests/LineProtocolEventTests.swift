import Testing
import UsageModel
import WireFormat

@Suite("Line protocol as events")
struct LineProtocolEventTests {
    @Test(
        "a point becomes the event that it says",
        arguments: [
            (
                "export,company=acme,user=u1 count=2i 1602841605822791506",
                "track company=acme user=u1 task=export count=2 time=1602841605822"
            ),
            (
                "export,company=acme user=\"u 1\",amount=12.5,unit=\"USD\" 0",
                "track company=acme user=u 1 task=export amount=12.5 unit=USD time=0"
            ),
            (
                "export,company=acme,user=tag user=\"field\",count=1",
                "track company=acme user=field task=export"
            ),
            (
                "export,company=acme,id=e1,source=cron,unit=h amount=-3i",
                "track company=acme task=export amount=-3 unit=h id=e1 source=cron"
            ),
            ("export,company=acme count=3.0,amount=7u", "track company=acme task=export amount=7 count=3"),
            ("a\\,b\\ c\\=d,company=x\\=y\\,z\\ w count=1", "track company=x=y,z w task=a,b c\\=d"),
            ("e,company=a user=\"q\\\"b\\\\n\\n\",count=1", "track company=a user=q\"b\\n\n task=e"),
            ("e,company=a producer_seq=17i", "track company=a task=e seq=17"),
            ("e,company=a passive=true", "track company=a task=e passive payload={\"passive\":true}"),
            ("e,company=a passive=false", "track company=a task=e payload={\"passive\":false}"),
            ("e,company=a,passive=true n=1", "track company=a task=e payload={\"passive\":\"true\",\"n\":1}"),
            ("e company=\"a\"", "track task=e payload={\"company\":\"a\"}"),
            ("e,company=a user=5i", "track company=a task=e payload={\"user\":5}"),
            ("e,amount=5 n=1", "track task=e payload={\"amount\":\"5\",\"n\":1}"),
            ("  e,company=a n=1   -1  ", "track company=a task=e time=-1 payload={\"n\":1}"),
            ("e,company=a n=1\r", "track company=a task=e payload={\"n\":1}"),
        ])
    func event(text: String, expected: String) {
        #expect(describe(text) == [expected])
    }

    @Test(
        "props are a JSON object that says the same",
        arguments: [
            ("n=007i", "{\"n\":7}"), ("n=-0i", "{\"n\":0}"),
            ("n=18446744073709551615u", "{\"n\":18446744073709551615}"),
            ("n=.5", "{\"n\":0.5}"), ("n=-.5e3", "{\"n\":-0.5e3}"), ("n=1.", "{\"n\":1}"), ("n=1.e2", "{\"n\":1e2}"),
            ("n=000.10", "{\"n\":0.10}"), ("n=-00", "{\"n\":-0}"), ("n=1E-400", "{\"n\":1E-400}"),
            ("t=T,f=FALSE", "{\"t\":true,\"f\":false}"), ("s=\"\"", "{\"s\":\"\"}"),
            ("s=\"a\nb\t\\\"\\\\\\x\"", "{\"s\":\"a\\nb\\t\\\"\\\\\\\\x\"}"), ("\"k\"=1", "{\"\\\"k\\\"\":1}"),
            ("k\\ \\=\\,=1", "{\"k =,\":1}"), ("s=\"é\"", "{\"s\":\"é\"}"), ("s=\"\u{1}\"", "{\"s\":\"\\u0001\"}"),
        ])
    func props(fields: String, expected: String) throws {
        let rows = decode("e,company=a \(fields)")
        #expect(rows.count == 1)
        #expect(rows.map { String(decoding: $0.payload, as: UTF8.self) } == [expected])
        #expect(throws: Never.self) { try JSON(parsing: expected) }
    }

    @Test(
        "a time counts in the listener's unit and is floored to milliseconds",
        arguments: [
            (TimestampPrecision.ns, "1999999", 1), (.ns, "-1", -1), (.ns, "-1000000", -1), (.us, "1999", 1),
            (.ms, "-5", -5), (.s, "-5", -5_000), (.s, "253402300799", 253_402_300_799_000 as Int64),
        ])
    func time(precision: TimestampPrecision, text: String, milliseconds: Int64) {
        #expect(decode("e n=1 \(text)", precision: precision).map(\.time) == [milliseconds])
    }

    @Test(
        "what a point gets wrong is named",
        arguments: [
            ("export", "bad_line"), (",a=b n=1", "bad_line"), ("e,a n=1", "bad_line"), ("e,a= n=1", "bad_line"),
            ("e,=a n=1", "bad_line"), ("e, n=1", "bad_line"), ("e,a=b,a=c n=1", "bad_line"), ("e,a=b ", "bad_line"),
            ("e n", "bad_line"), ("e n=", "bad_line"), ("e n=1,", "bad_line"), ("e n=1,,m=1", "bad_line"),
            ("e n=NaN", "bad_line"), ("e n=-inf", "bad_line"), ("e n=0x10", "bad_line"), ("e n=1_0", "bad_line"),
            ("e n=+1", "bad_line"), ("e n=tRUE", "bad_line"), ("e n=1.5i", "bad_line"), ("e n=-1u", "bad_line"),
            ("e n=\"a\"b", "bad_line"), ("e n=\"a", "bad_line"), ("e n=1 now", "bad_line"), ("e n=1 1 1", "bad_line"),
            ("e n=1 1-", "bad_time"), ("e n=1 9223372036854775808", "bad_time"), ("e\tn=1", "bad_line"),
            ("e n=1\t2", "bad_line"), ("e n=1\r2", "bad_line"), ("e\0 n=1", "bad_line"), ("# a\0", "bad_line"),
            ("e n=1e400", "bad_number"), ("e n=9223372036854775808i", "bad_number"),
            ("e n=18446744073709551616u", "bad_number"), ("e amount=\"x\"", "bad_number"), ("e amount=t", "bad_number"),
            ("e amount=1e19", "bad_number"), ("e count=0", "bad_number"), ("e count=1.5", "bad_number"),
            ("e count=-1i", "bad_number"), ("e count=9007199254740993i", "bad_number"), ("e count=\"2\"", "bad_number"),
            ("e producer_seq=-1i", "bad_number"), ("e producer_seq=\"1\"", "bad_number"),
        ])
    func refusal(text: String, code: String) {
        let rows = decode(text)
        #expect(rows.map(\.error) == [code])
        #expect(rows.map(\.text) == [Array(text.utf8)])
        #expect(rows.allSatisfy { !$0.detail.isEmpty })
    }

    @Test(
        "invalid UTF-8 is refused wherever a text may stand",
        arguments: [
            [0x65, 0xFF, 0x20, 0x6E, 0x3D, 0x31],
            Array("e,a=".utf8) + [0xC0, 0x80] + Array(" n=1".utf8),
            Array("e ".utf8) + [0xED, 0xA0, 0x80] + Array("=1".utf8),
            Array("e n=\"".utf8) + [0xF4, 0x90, 0x80, 0x80] + Array("\"".utf8),
            Array("e n=\"".utf8) + [0xE2, 0x82] + Array("\"".utf8),
        ])
    func badUTF8(text: [UInt8]) {
        #expect(decode(text).map(\.error) == ["bad_utf8"])
    }

    @Test("a malformed line between two good ones leaves both")
    func neighbours() {
        #expect(
            describe("a,company=x n=1\nb,company n=1\nc,company=x n=1\n") == [
                "track company=x task=a payload={\"n\":1}", "refused bad_line",
                "track company=x task=c payload={\"n\":1}",
            ])
    }

    @Test("blank lines and comments are nothing")
    func nothing() {
        #expect(describe("\n\r\n   \n# a comment, with é and\ta tab\r\n  #!unknown words\n#!\n  \r\n") == [])
    }

    @Test("many tags are checked for names that occur twice")
    func manyTags() {
        let tags = (0..<200).map { "t\($0)=v" }
        #expect(describe("e," + tags.joined(separator: ",") + " n=1").count == 1)
        #expect(decode("e," + tags.joined(separator: ",") + " n=1").map(\.error) == [nil])
        #expect(decode("e," + (tags + ["t150=w"]).joined(separator: ",") + " n=1").map(\.error) == ["bad_line"])
    }

    @Test("names of tags that look alike are told apart, and the first that occurs twice is named")
    func similarTags() {
        #expect(decode("e,a1b=v,a2b=v,b1a=v n=1").map(\.error) == [nil])
        #expect(
            decode("e,a1b=v,a2b=v,a1b=w,a2b=w n=1").map(\.detailText) == [
                "a tag's name occurs twice, at byte 14: \"a1b=w,a2b=w n=1\""
            ])
        #expect(decode("e,a\\ b=v,a\\,b=v n=1").map(\.error) == [nil])
    }

    @Test("an amount is exact whether it is written plainly or not, and ends where its number ends")
    func amounts() {
        for (text, amount) in [
            ("-0.25", "-0.25"), ("12.", "12"), (".5", "0.5"), ("007", "7"),
            ("999999999999.999999", "999999999999.999999"),
            ("1234567890123", "1234567890123"), ("1.1234565", "1.123456"), ("1.1234575", "1.123458"), ("1e2", "100"),
        ] {
            #expect(describe("e,company=a amount=\(text) 0") == ["track company=a task=e amount=\(amount) time=0"])
        }
        #expect(decode("e amount=1.5x").map(\.error) == ["bad_line"])
    }

    @Test("a refusal says what was expected, where, and what stands there")
    func detail() {
        #expect(
            decode("cpu,region value=1i").map(\.detailText) == [
                "expected '=' after a tag's name, at byte 10: \" value=1i\""
            ])
        #expect(decode("e n=").map(\.detailText) == ["expected a field's value, at the line's end"])
    }
}
