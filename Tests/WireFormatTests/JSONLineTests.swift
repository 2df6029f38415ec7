import Testing
import UsageModel
import WireFormat

@Suite("JSON lines")
struct JSONLineTests {
    @Test(
        "the short form",
        arguments: [
            (
                #"{"company":"acme","user":"u1","task":"report.exported","amount":12.5,"unit":"USD","count":3,"time":"2026-11-22T10:00:00Z","id":"e1","source":"billing","props":{"a":[1, 2]}}"#,
                #"track company=acme user=u1 task=report.exported amount=12.5 unit=USD count=3 time=1795341600000 id=e1 source=billing payload={"a":[1, 2]}"#
            ),
            (#" { "task" : "t" , "company" : null , "user" : 17 } "#, "track user=17 task=t"),
            (#"{"task":"t","time":1602841605}"#, "track task=t time=1602841605000"),
            (#"{"task":"t","time":1602841605822.9}"#, "track task=t time=1602841605822"),
            (#"{"task":"t","time":1602841605822791506}"#, "track task=t time=1602841605822"),
            (#"{"task":"t","amount":-0.0000015,"count":1e2}"#, "track task=t amount=-0.000002 count=100"),
            (#"{"task":"t","amount":0}"#, "track task=t amount=0"),
            (#"{"task":"t","amount":5,"amount":null}"#, "track task=t"),
            (#"{"task":"a","task":"b"}"#, "track task=b"),
            (#"{"\u0074ask":"a\u00e9\n\ud83d\ude00\/"}"#, "track task=aé\n😀/"),
            (#"{"task":"t","producer_seq":18446744073709551615}"#, "track task=t seq=18446744073709551615"),
            (#"{"task":"t","props":{"passive":true}}"#, #"track task=t passive payload={"passive":true}"#),
            (#"{"task":"t","props":{"passive":"true"}}"#, #"track task=t payload={"passive":"true"}"#),
            (#"{"task":"t","props":{"passive":true},"props":{}}"#, "track task=t payload={}"),
            (#"{"task":"t","user":"","id":1.50}"#, "track task=t id=1.50"),
            (#"{"task":"t","unknown":[{"task":"x"},[[]],"\\"]}"#, "track task=t"),
        ])
    func shortForm(text: String, expected: String) {
        #expect(describe(text + "\n") == [expected])
    }

    @Test(
        "Segment's calls",
        arguments: [
            (
                #"{"type":"track","event":"Order Completed","userId":"u1","messageId":"m1","timestamp":"2026-11-22T10:00:00.123456+00:00","context":{"groupId":"acme"},"properties":{"revenue":"12.50","currency":"EUR"}}"#,
                #"track company=acme user=u1 task=Order Completed amount=12.5 unit=EUR time=1795341600123 id=m1 payload={"revenue":"12.50","currency":"EUR"}"#
            ),
            (
                #"{"type":"page","name":"Home","anonymousId":"a1","userId":null,"groupId":"g"}"#,
                "page company=g user=a1 task=Home"
            ),
            (
                #"{"type":"screen","name":"Home","userId":"u","groupId":"g","context":{"groupId":"c"}}"#,
                "screen company=c user=u task=Home"
            ),
            (
                #"{"event":"e","properties":{"value":3,"amount":2,"revenue":1},"type":"track"}"#,
                #"track task=e amount=2 payload={"value":3,"amount":2,"revenue":1}"#
            ),
            (
                #"{"type":"track","event":"e","properties":{"amount":"many","value":"0x1","revenue":1}}"#,
                #"track task=e amount=1 payload={"amount":"many","value":"0x1","revenue":1}"#
            ),
            (#"{"type":"track","event":"e","context":null,"properties":null}"#, "track task=e"),
            (
                #"{"type":"track","event":"e","context":{"groupId":"a","traits":{"email":"x@a.io"}}}"#,
                "track company=a task=e email=x@a.io"
            ),
            (#"{"type":"track","event":"e","context":{"groupId":"a"},"context":{}}"#, "track task=e"),
            (
                #"{"type":"identify","userId":"u1","traits":{"email":"u1@acme.io","role":"admin"}}"#,
                #"identify user=u1 email=u1@acme.io payload={"email":"u1@acme.io","role":"admin"}"#
            ),
            (#"{"type":"identify","userId":"u1","traits":{"email":5}}"#, #"identify user=u1 payload={"email":5}"#),
            (
                #"{"type":"group","userId":"u1","groupId":"acme","context":{"groupId":"other"},"traits":{"seats":50}}"#,
                #"group company=acme user=u1 payload={"seats":50}"#
            ),
            (#"{"type":"alias","previousId":"anon","userId":"u1"}"#, "alias user=u1 previous=anon"),
        ])
    func segment(text: String, expected: String) {
        #expect(describe(text + "\r\n") == [expected])
    }

    @Test(
        "our own calls",
        arguments: [
            (#"{"type":"leave","company":"acme","user":"u1"}"#, "leave company=acme user=u1"),
            (
                #"{"type":"outcome","company":"acme","outcome":"churned","time":0}"#,
                #"outcome company=acme time=0 payload={"outcome":"churned"}"#
            ),
            (
                #"{"type":"touch","company":"acme","user":"u1","channel":"call","by":"kim","note":"a \"b\""}"#,
                #"touch company=acme user=u1 payload={"channel":"call","by":"kim","note":"a \"b\""}"#
            ),
            (#"{"type":"touch","company":"acme","by":7}"#, #"touch company=acme payload={"by":"7"}"#),
            (#"{"type":"touch","company":"acme"}"#, "touch company=acme payload={}"),
            (#"{"type":"clock","time":"2026-11-22T10:00:00Z"}"#, "clock time=1795341600000"),
        ])
    func ours(text: String, expected: String) {
        #expect(describe(text) == [expected])
    }

    @Test(
        "what a line gets wrong is named",
        arguments: [
            ("{", "bad_json"), ("{}", "no_task"), (#"{"task":""}"#, "no_task"), (#"{"task":null}"#, "no_task"),
            (#"{"type":"track","userId":"u"}"#, "no_task"), (#"{"type":"page"}"#, "no_task"),
            (#"{"task":"t"}}"#, "bad_json"), (#"{"task":"t",}"#, "bad_json"), (#"{"task":'t'}"#, "bad_json"),
            (#"{"task":"t"} {"task":"t"}"#, "bad_json"), (#"{"task":true}"#, "bad_json"),
            (#"{"task":["t"]}"#, "bad_json"),
            (#"{"task":"t","n":01}"#, "bad_json"), (#"{"task":"t","n":NaN}"#, "bad_json"),
            (#"{"task":"\x"}"#, "bad_json"),
            (#"{"task":"\ud800"}"#, "bad_json"), (#"{"task":"\udc00\ud800"}"#, "bad_json"),
            ("{\"task\":\"a\tb\"}", "bad_json"), ("{\"task\":\"a\0b\"}", "bad_json"),
            (#"{"task":"t","props":[]}"#, "bad_json"), (#"{"task":"t","props":"x"}"#, "bad_json"),
            (#"{"type":"nonsense"}"#, "bad_json"), (#"{"type":5}"#, "bad_json"), (#"{"type":"identify"}"#, "bad_json"),
            (#"{"type":"alias","userId":"u"}"#, "bad_json"), (#"{"type":"alias","previousId":"u"}"#, "bad_json"),
            (#"{"type":"leave","company":"a"}"#, "bad_json"), (#"{"type":"outcome","company":"a"}"#, "bad_json"),
            (#"{"type":"outcome","outcome":"Churned"}"#, "bad_json"), (#"{"type":"touch","note":{}}"#, "bad_json"),
            (#"{"type":"clock"}"#, "bad_time"), (#"{"task":"t","time":"yesterday"}"#, "bad_time"),
            (#"{"task":"t","time":"2026-02-30T10:00:00Z"}"#, "bad_time"), (#"{"task":"t","time":true}"#, "bad_time"),
            (#"{"task":"t","time":1e300}"#, "bad_time"), (#"{"task":"t","time":"1602841605"}"#, "bad_time"),
            (#"{"task":"t","amount":"5"}"#, "bad_number"), (#"{"task":"t","amount":1e19}"#, "bad_number"),
            (#"{"task":"t","count":0}"#, "bad_number"), (#"{"task":"t","count":1.5}"#, "bad_number"),
            (#"{"task":"t","count":-1}"#, "bad_number"), (#"{"task":"t","count":9007199254740993}"#, "bad_number"),
            (#"{"task":"t","count":"1"}"#, "bad_number"), (#"{"task":"t","producer_seq":-1}"#, "bad_number"),
            (#"{"task":"t","props":{"n":1e400}}"#, "bad_number"),
            (#"{"type":"track","event":"e","properties":{"revenue":1e30}}"#, "bad_number"),
        ])
    func refusal(text: String, code: String) {
        let rows = decode(text)
        #expect(rows.map(\.error) == [code])
        #expect(rows.map(\.text) == [Array(text.utf8)])
        #expect(rows.allSatisfy { !$0.detail.isEmpty })
    }

    @Test("invalid UTF-8 is refused, in names and in values that nobody asks for")
    func badUTF8() {
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] {
            #expect(decode(Array(#"{"task":"t"#.utf8) + bad + Array(#""}"#.utf8)).map(\.error) == ["bad_utf8"])
            #expect(
                decode(Array(#"{"task":"t","x":[{""#.utf8) + bad + Array(#"":1}]}"#.utf8)).map(\.error) == ["bad_utf8"])
        }
    }

    @Test("a refusal names the member, the place and what stands there")
    func detail() {
        #expect(
            decode(#"{"task":"t","count":0}"#).map(\.detailText) == [
                #""count" must be a whole number from 1 to 2^53, at byte 20: "0}""#
            ])
        #expect(
            decode(#"{"type":"alias","userId":"u"}"#).map(\.detailText) == [
                #""previousId" is needed in an alias, at the line's end"#
            ])
    }

    @Test("an object can be decoded by itself, as a body's element")
    func singleObject() {
        var batch = LineBatch()
        for text in [#"{"type":"track","event":"e","userId":"a\u0062"}"#, #"{"type":"track"}"#] {
            Array(text.utf8).withUnsafeBytes { LineDecoder().decodeObject($0, into: &batch) }
        }
        #expect(batch.lines.map { Row($0, batch).description } == ["track user=ab task=e", "refused no_task"])
    }
}
