import Clients
import Testing
import UsageModel

@Suite("What a source's key says of its events")
struct SourceMappingTests {
    private func mapping(_ change: (inout SourceMapping) -> Void) -> SourceMapping {
        var mapping = SourceMapping()
        change(&mapping)
        return mapping
    }

    @Test("the source is that of the key, except where an event names one; the company is one of last resort")
    func sourceAndCompany() {
        let mapping = mapping {
            $0.source = "app"
            $0.company = "acme"
        }
        let events = #"{"type":"track","event":"e","source":"own"},{"type":"track","event":"e","groupId":"g"}"#
        #expect(
            ClientScene(call: .segmentBatch, mapping: mapping).rows(#"{"batch":[\#(events)]}"#) == [
                "track fallback=acme task=e source=own", "track company=g fallback=acme task=e source=app",
            ])
    }

    @Test("tasks are taken or left by name or beginning; control records always come through")
    func tasks() {
        let body =
            #"{"batch":[{"type":"track","event":"report.a"},{"type":"page","name":"home"},{"type":"group","groupId":"g"}]}"#
        func rows(_ filter: TaskFilter) -> [String] {
            ClientScene(call: .segmentBatch, mapping: mapping { $0.tasks = filter }).rows(body)
        }
        #expect(rows(.taking([TaskPattern("report.*")])) == ["track task=report.a", "ignored", "group company=g"])
        #expect(
            rows(.leaving([TaskPattern("home"), TaskPattern("x")])) == [
                "track task=report.a", "ignored", "group company=g",
            ])
        #expect(rows(.leaving([TaskPattern("report")])).first == "track task=report.a")
    }

    @Test("a field is looked for in its own place first, and then in the usual one")
    func fields() {
        let mapping = mapping {
            $0.fields = [
                .company: FieldPath("properties.account.id")!, .user: FieldPath("properties.member")!,
                .amount: FieldPath("properties.price")!, .unit: FieldPath("properties.money")!,
            ]
        }
        let events = [
            #"{"type":"track","event":"e","userId":"u","properties":{"account":{"id":17},"member":"m\u0031","price":"2.5","money":"EUR"}}"#,
            #"{"type":"track","event":"e","userId":"u","groupId":"g","properties":{"account":[],"price":"much","value":1}}"#,
        ]
        #expect(
            ClientScene(call: .segmentBatch, mapping: mapping).rows(#"{"batch":[\#(events.joined(separator: ","))]}"#)
                == [
                    #"track company=17 user=m1 task=e unit=EUR amount=2.5 payload={"account":{"id":17},"member":"m\u0031","price":"2.5","money":"EUR"}"#,
                    #"track company=g user=u task=e amount=1 payload={"account":[],"price":"much","value":1}"#,
                ])
    }

    @Test("a name from a place of the sender's own is bounded as any other")
    func longName() {
        let mapping = mapping { $0.fields = [.company: FieldPath("properties.c")!] }
        let name = String(repeating: "x", count: 300)
        #expect(
            ClientScene(call: .segment(.track), mapping: mapping).rows(#"{"event":"e","properties":{"c":"\#(name)"}}"#)
                == ["refused limit"])
    }

    @Test("in lines the places are those of the JSON object, and in points those of tags and fields")
    func lines() {
        let mapping = mapping {
            $0.source = "app"
            $0.fields = [.company: FieldPath("customer")!, .amount: FieldPath("value")!]
        }
        let scene = ClientScene(call: .lines, mapping: mapping)
        #expect(
            scene.lines(
                "{\"task\":\"t\",\"customer\":\"acme\",\"value\":3}\nt,customer=acme value=3 1602841605822791506\n")
                == [
                    "track company=acme task=t source=app amount=3",
                    #"track company=acme task=t source=app amount=3 time=1602841605822 payload={"customer":"acme","value":3}"#,
                ])
    }

    @Test("a point of InfluxDB's with a time gets an id from its text, the same for the same text")
    func pointsAreIdentified() {
        let scene = ClientScene(call: .influx2)
        let rows = scene.lines("t,company=a amount=1 1602841605822791506\nt,company=a amount=1 1602841605822791506\n")
        #expect(rows.count == 2)
        #expect(Set(rows).count == 1)
        #expect(rows[0].contains(" id="))
        #expect(scene.lines("t,company=a amount=2 1602841605822791506") != [rows[0]])
        #expect(scene.lines("t,company=a amount=1") == ["track company=a task=t amount=1"])
        #expect(scene.lines("t,company=a id=\"x\" 1602841605822791506").first?.contains("id=x") == true)
    }

    @Test(
        "a path is names with dots between them",
        arguments: [("a", true), ("a.b.c", true), ("", false), ("a..b", false)])
    func paths(text: String, isPath: Bool) {
        #expect((FieldPath(text) != nil) == isPath)
    }
}
