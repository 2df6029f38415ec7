import Testing
import WireFormat

@Suite("Control lines")
struct ControlLineTests {
    @Test(
        "hello, sync and ping in both forms",
        arguments: [
            ("{\"type\":\"hello\",\"producer\":\"billing-3\"}", "hello producer=billing-3"),
            ("#!hello billing-3", "hello producer=billing-3"), ("  #!hello  billing 3 \r", "hello producer=billing 3"),
            ("{\"type\":\"sync\",\"tag\":\"t1\"}", "sync id=t1"), ("{\"type\":\"sync\",\"tag\":7}", "sync id=7"),
            ("{\"type\":\"sync\"}", "sync"), ("#!sync t1", "sync id=t1"), ("#!sync", "sync"),
            ("{\"type\":\"ping\"}", "ping"), ("#!ping", "ping"), ("#!ping\r", "ping"),
        ])
    func control(text: String, expected: String) {
        #expect(describe(text + "\n") == [expected])
    }

    @Test("a hello without a name is refused")
    func namelessHello() {
        #expect(
            describe("#!hello\n#!hello  \n{\"type\":\"hello\"}\n{\"type\":\"hello\",\"producer\":\"\"}") == [
                "refused bad_line", "refused bad_line", "refused bad_json", "refused bad_json",
            ])
    }

    @Test("other comments with an exclamation mark are comments")
    func otherComments() {
        #expect(describe("#!/usr/bin/env x\n#!pings\n#! ping\n# !ping\n##!ping\n") == [])
    }

    @Test("a name in a comment is checked like any other")
    func checkedNames() {
        #expect(decode("#!hello \(String(repeating: "x", count: 257))").map(\.error) == ["limit"])
        #expect(decode(Array("#!sync ".utf8) + [0xFF]).map(\.error) == ["bad_utf8"])
    }
}
