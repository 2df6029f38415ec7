import Engine
import Testing
import UsageModel

@testable import Server

@Suite("Targets of requests")
struct QueryTests {
    @Test(
        "percent-encoding is undone, and what is not percent-encoded UTF-8 is refused",
        arguments: [
            ("acme", "acme"), ("a%2Fb%20c", "a/b c"), ("%E2%82%AC", "€"), ("a+b", "a+b"), ("", ""),
            ("%2", nil), ("%zz", nil), ("%", nil), ("%FF", nil),
        ] as [(String, String?)])
    func percentDecoding(text: String, decoded: String?) {
        #expect(PercentDecoding.decode(text) == decoded)
    }

    @Test("in a query a plus is a space, and an encoded plus is a plus")
    func plus() throws {
        let query = try QueryParameters("where=events%287d%29+%3E+1%2B1", known: ["where"])
        #expect(query["where"] == "events(7d) > 1+1")
    }

    @Test("a name that the path does not know is refused, since the answer would be to another question")
    func unknownName() {
        #expect(throws: RequestRefusal.badRequest("unknown query parameter \"sorted\"; this path knows: sort, limit")) {
            try QueryParameters("sorted=x", known: ["sort", "limit"])
        }
    }

    @Test("limits and cursors become pages")
    func pages() throws {
        let names = ["limit", "cursor"]
        let page = try QueryParameters("limit=7&cursor=abc", known: names).page()
        #expect(page.limit == 7)
        #expect(page.cursor == "abc")
        #expect(try QueryParameters(nil, known: names).page().limit == Page.defaultLimit)
        for bad in ["limit=0", "limit=-1", "limit=x", "limit=1e3", "limit=\(Page.greatestLimit + 1)"] {
            #expect(throws: RequestRefusal.self) { try QueryParameters(bad, known: names).page() }
        }
    }

    @Test("kinds of records are named as in answers, separated by commas; without any all are meant")
    func recordKinds() throws {
        #expect(try QueryParameters("kind=move", known: ["kind"]).recordKinds("kind") == RecordKinds(.move))
        #expect(
            try QueryParameters("kind=group,identify", known: ["kind"]).recordKinds("kind")
                == [RecordKinds(.group), RecordKinds(.identify)])
        #expect(try QueryParameters("", known: ["kind"]).recordKinds("kind") == .all)
        for bad in ["kind=mov", "kind=move,", "kind=40", "kind=Move"] {
            #expect(throws: RequestRefusal.self) { try QueryParameters(bad, known: ["kind"]).recordKinds("kind") }
        }
    }

    @Test("a flag is on when it is named, or 1, or true", arguments: ["follow", "follow=1", "follow=true"])
    func flagOn(query: String) throws {
        #expect(try QueryParameters(query, known: ["follow"]).flag("follow"))
    }

    @Test("a flag is off when it is absent, or 0, or false", arguments: ["", "follow=0", "follow=false"])
    func flagOff(query: String) throws {
        #expect(try !QueryParameters(query, known: ["follow"]).flag("follow"))
    }

    @Test(
        "TCP endpoints name their interface, or mean the loopback",
        arguments: [
            ("8086", .tcp(host: "127.0.0.1", port: 8086)), ("0.0.0.0:1", .tcp(host: "0.0.0.0", port: 1)),
            ("[::1]:99", .tcp(host: "::1", port: 99)), ("localhost:0", .tcp(host: "localhost", port: 0)),
            (":80", nil), ("host:", nil), ("host:65536", nil), ("host", nil), ("", nil),
        ] as [(String, Endpoint?)])
    func endpoints(text: String, endpoint: Endpoint?) {
        #expect(Endpoint(tcp: text) == endpoint)
    }
}
