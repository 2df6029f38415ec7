import Clients
import Testing

@Suite("CloudEvents")
struct CloudEventTests {
    private let scene = ClientScene(call: .cloudEvents)

    @Test(
        "structured mode",
        arguments: [
            (
                #"{"specversion":"1.0","id":"1","source":"svc","type":"exported","subject":"acme/u1","time":"2026-11-28T00:36:36.133537+00:00","data":{"amount":"1.5"}}"#,
                #"track company=acme user=u1 task=exported id=svc 1 amount=1.5 time=1795826196133 payload={"amount":"1.5"}"#
            ),
            (
                #"{"id":"1","source":"s","type":"t","subject":"acme","data":{"user":"u2","value":2}}"#,
                #"track company=acme user=u2 task=t id=s 1 amount=2 payload={"user":"u2","value":2}"#
            ),
            (
                #"{"id":"1","type":"t","subject":"acme\/a\/b","data":{"user":"not me"}}"#,
                #"track company=acme user=a/b task=t id=1 payload={"user":"not me"}"#
            ),
            (#"{"id":"1","type":"t","subject":"acme","data":"text"}"#, "track company=acme task=t id=1"),
            (#"{"id":"1","source":"s"}"#, "refused no_task"),
        ])
    func structured(event: String, expected: String) {
        #expect(scene.rows(event) == [expected])
        #expect(scene.rows("[\(event),\(event)]") == [expected, expected])
    }

    private func structured(_ attributes: [(String, String)], _ data: String) throws -> String {
        let attributes = attributes.map { (name: $0, value: $1) }
        let event = try Array(data.utf8).withUnsafeBytes {
            try CloudEvent.structured(attributes: attributes, data: $0)
        }
        return String(decoding: event, as: UTF8.self)
    }

    @Test("binary mode is structured mode with its attributes in headers")
    func binary() throws {
        let attributes = [("id", "1"), ("source", "s\"x"), ("type", "t"), ("subject", "acme/ü")]
        let event = try structured(attributes, #" {"value":"3"} "#)
        #expect(
            scene.rows(event) == [
                #"track company=acme user=ü task=t id=s"x 1 amount=3 payload={"value":"3"}"#
            ])
    }

    @Test("data in binary mode that is no JSON refuses the event; no data are no mistake")
    func binaryData() throws {
        #expect(try structured([("id", "1")], "") == #"{"id":"1"}"#)
        #expect(throws: BodyError.self) { try structured([("id", "1")], #"{"a":1} x"#) }
    }

    @Test("the usage of a customer may be counted by a field of their data")
    func fields() {
        var mapping = SourceMapping()
        mapping.fields = [.amount: FieldPath("data.tokens")!, .user: FieldPath("data.who")!]
        #expect(
            ClientScene(call: .cloudEvents, mapping: mapping).rows(
                #"{"id":"1","type":"t","subject":"acme","data":{"tokens":"12","who":"u"}}"#) == [
                    #"track company=acme user=u task=t id=1 amount=12 payload={"tokens":"12","who":"u"}"#
                ])
    }
}
