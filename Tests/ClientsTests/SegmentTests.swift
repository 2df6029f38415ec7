import Clients
import Testing
import UsageModel

@Suite("Segment's and RudderStack's bodies")
struct SegmentTests {
    private let batch = ClientScene(call: .segmentBatch)

    @Test("a batch as segment-analytics-python sends it")
    func batchOfCalls() {
        let rows = batch.rows(
            #"{"batch": [{"integrations": {}, "anonymousId": null, "timestamp": "2026-11-28T00:36:33.680+00:00", "context": {"groupId": "acme", "library": {"name": "analytics-python"}}, "type": "identify", "userId": "u1", "traits": {"role": "admin"}, "messageId": "m1"}, {"type": "group", "groupId": "acme", "userId": "u1", "traits": {"seats": 5}, "messageId": "m2"}, {"type": "track", "event": "report.exported", "userId": "u1", "messageId": "m3", "properties": {"amount": 12.5, "currency": "USD"}, "context": {"groupId": "acme"}}, {"type": "alias", "previousId": "old", "userId": "u1", "messageId": "m4"}], "sentAt": "2026-11-28T00:36:34.180916+00:00", "writeKey": "segkey"}"#
        )
        #expect(
            rows == [
                #"identify company=acme user=u1 id=m1 time=1795826193680 payload={"role": "admin"}"#,
                #"group company=acme user=u1 id=m2 payload={"seats": 5}"#,
                #"track company=acme user=u1 task=report.exported unit=USD id=m3 amount=12.5 payload={"amount": 12.5, "currency": "USD"}"#,
                "alias user=u1 previous=old id=m4",
            ])
    }

    @Test("the batch's context holds where a call has none, wherever it stands; the batch's messageId is nobody's")
    func inheritedContext() {
        let rows = batch.rows(
            #"{"messageId":"batch","batch":[{"type":"track","event":"e","userId":"u"},{"type":"track","event":"e","userId":"u","context":{"groupId":"own"}},{"type":"group","groupId":"g"}],"context":{"groupId":"acme","traits":{"email":"u@x.example"}}}"#
        )
        #expect(
            rows == [
                "track company=acme user=u task=e email=u@x.example",
                "track company=own user=u task=e email=u@x.example", "group company=g email=u@x.example",
            ])
    }

    @Test("a bad event is refused alone, and each event is one row")
    func badAmongGood() {
        let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        let rows = batch.rows(
            #"{"batch":[{"type":"track","event":"e"},7,{"type":"sync"},{"type":"track"},{"type":"x"},{"event":"e","properties":{"p":\#(deep)}},{"event":"last"}]}"#
        )
        #expect(
            rows == [
                "track task=e", "refused bad_json", "refused bad_json", "refused no_task", "refused bad_json",
                "refused too_deep", "track task=last",
            ])
    }

    @Test(
        "a body that is no batch is refused as a whole",
        arguments: [
            ("", "bad_json"), ("{", "bad_json"), (#"{"batch":[{"type":"track","event":"e"}]"#, "bad_json"),
            (#"{"batch":[{"type":"track" "event":"e"}]}"#, "bad_json"), (#"{"batch":[]} x"#, "bad_json"),
            ("{}", "bad_request"), (#"{"batch":{}}"#, "bad_request"), ("[]", "bad_request"), ("7", "bad_request"),
            (#"{"batch":"# + String(repeating: "[", count: 200), "too_deep"),
            (#"{"batch":[0"# + String(repeating: ",0", count: 65_536) + "]}", "bad_request"),
        ])
    func badBodies(body: String, code: String) {
        #expect(batch.rows(body) == [code])
    }

    @Test("of two lists the last counts")
    func twoLists() {
        #expect(
            batch.rows(#"{"batch":[{"event":"a"},{"event":"b"}],"batch":[{"event":"c"}]}"#) == ["track task=c"])
    }

    @Test("an empty batch has no events")
    func empty() {
        #expect(batch.rows(#"{"batch":[]}"#).isEmpty)
    }

    @Test("a single call is what its path says where it does not say so itself")
    func singleCalls() {
        #expect(
            ClientScene(call: .segment(.page)).rows(#"{"name":"Home","userId":"u","writeKey":"k"}"#) == [
                "page user=u task=Home"
            ])
        #expect(ClientScene(call: .segment(.group)).rows(#"{"groupId":"g"}"#) == ["group company=g"])
        #expect(ClientScene(call: .segment(.track)).rows(#"[{"event":"e"}]"#) == ["bad_request"])
    }

    @Test("batches of rows that are filled one after the other hold the same as one")
    func manyBatches() {
        let events = (0..<10).map { #"{"type":"track","event":"e\#($0)","userId":"u"}"# }.joined(separator: ",")
        let body = #"{"batch":[\#(events)],"context":{"groupId":"acme"}}"#
        var mapping = SourceMapping()
        mapping.source = "app"
        let whole = ClientScene(call: .segmentBatch, mapping: mapping).rows(body)
        #expect(whole.count == 10)
        for maximumLines in 1...4 {
            let scene = ClientScene(call: .segmentBatch, mapping: mapping, maximumLines: maximumLines)
            #expect(scene.rows(body) == whole)
        }
    }

    @Test("the key is found wherever it stands")
    func key() throws {
        let body = Array(#"{"batch":[{"writeKey":"inner"}],"writeKey":"outer"}"#.utf8)
        #expect(try body.withUnsafeBytes { try EventList($0, call: .segmentBatch).key } == "outer")
    }
}
