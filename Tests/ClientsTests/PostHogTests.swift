import Clients
import Testing
import WireFormat

@Suite("PostHog's bodies")
struct PostHogTests {
    @Test(
        "each kind of event",
        arguments: [
            (
                #"{"properties": {"amount": 3, "$groups": {"company": "acme"}}, "timestamp": "2026-11-28T00:36:35.832619+00:00", "distinct_id": "u1", "event": "exported", "uuid": "7d"}"#,
                #"track company=acme user=u1 task=exported id=7d amount=3 time=1795826195832 payload={"amount": 3, "$groups": {"company": "acme"}}"#
            ),
            (
                #"{"event":"$pageview","distinct_id":7,"properties":{"$groups":{"company":"a\"b"}}}"#,
                #"page company=a"b user=7 task=$pageview payload={"$groups":{"company":"a\"b"}}"#
            ),
            (#"{"event":"$screen","distinct_id":"u","properties":null}"#, "screen user=u task=$screen"),
            (#"{"event":"e","properties":{"distinct_id":"u"}}"#, #"track user=u task=e payload={"distinct_id":"u"}"#),
            (
                #"{"event":"$groupidentify","distinct_id":"random","properties":{"$group_type":"company","$group_key":"acme","$group_set":{"seats":5}},"uuid":"g"}"#,
                #"group company=acme id=g payload={"seats":5}"#
            ),
            (
                #"{"event":"$groupidentify","properties":{"$group_type":"project","$group_key":"p"}}"#, "ignored"
            ),
            (
                #"{"event":"$create_alias","distinct_id":"old","properties":{"distinct_id":"old","alias":"u1"}}"#,
                "alias user=u1 previous=old"
            ),
            (#"{"event":"$set","distinct_id":"u","$set":{"email":"u@x.example"}}"#, "ignored"),
            (
                #"{"event":"$set","distinct_id":"u","$set":{"email":"u@x.example"},"properties":{"$groups":{"company":"acme"}}}"#,
                #"identify company=acme user=u email=u@x.example payload={"email":"u@x.example"}"#
            ),
            (
                #"{"event":"anon","distinct_id":"random","properties":{"$process_person_profile":false}}"#,
                #"track task=anon payload={"$process_person_profile":false}"#
            ),
            (
                #"{"event":"anon","distinct_id":"random","options":{"process_person_profile":false}}"#,
                "track task=anon"
            ),
            (#"{"event":"$feature_flag_called","distinct_id":"u"}"#, "ignored"),
            (#"{"event":"$exception","distinct_id":"u"}"#, "ignored"),
            (#"{"event":"$ai_generation","distinct_id":"u"}"#, "ignored"),
            (#"{"distinct_id":"u"}"#, "refused no_task"), (#"{"event":7,"distinct_id":"u"}"#, "track user=u task=7"),
            (#"{"event":"e","timestamp":"yesterday"}"#, "refused bad_time"),
        ])
    func events(event: String, expected: String) {
        #expect(ClientScene(call: .postHog).rows(#"{"api_key":"k","batch":[\#(event)]}"#) == [expected])
        #expect(ClientScene(call: .postHog).rows("[\(event)]") == [expected])
        #expect(ClientScene(call: .postHogEvents).rows(#"{"batch":[\#(event)]}"#) == [expected])
        #expect(ClientScene(call: .postHog).rows(event) == [expected])
    }

    @Test("another type of group can be the company")
    func groupType() {
        var mapping = SourceMapping()
        mapping.fields[.company] = FieldPath("properties.$groups.org")
        let scene = ClientScene(call: .postHog, mapping: mapping)
        #expect(
            scene.rows(
                #"[{"event":"$groupidentify","properties":{"$group_type":"org","$group_key":"acme"}},{"event":"$set","distinct_id":"u","properties":{"$groups":{"org":"acme"}}}]"#
            ) == ["group company=acme", "identify company=acme user=u"])
        #expect(
            scene.rows(#"{"event":"e","distinct_id":"u","properties":{"$groups":{"org":"acme","company":"x"}}}"#) == [
                #"track company=acme user=u task=e payload={"$groups":{"org":"acme","company":"x"}}"#
            ])
    }

    @Test("an event that is too long is refused, also where what we keep of it would be short")
    func tooLong() {
        let scene = ClientScene(
            call: .postHog, limits: DecoderLimits(lineBytes: 200, nameBytes: 50, propsBytes: 100, jsonDepth: 8))
        let event = #"{"event":"e","distinct_id":"u","x":"\#(String(repeating: "y", count: 300))"}"#
        #expect(scene.rows(event) == ["refused too_long"])
    }
}
