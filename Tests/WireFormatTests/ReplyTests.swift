import Testing
import UsageModel
import WireFormat

@Suite("Replies")
struct ReplyTests {
    @Test(
        "each reply is one line of JSON as INTERFACE names it",
        arguments: [
            (Reply.ack(lines: 12, seq: 34), "{\"ack\":12,\"seq\":34}"),
            (
                .error(code: "bad_json", line: 3, detail: "a \"quote\"\n"),
                "{\"error\":\"bad_json\",\"line\":3,\"detail\":\"a \\\"quote\\\"\\n\"}"
            ),
            (
                .sync(tag: "t1", ack: 1, seq: 18_446_744_073_709_551_615),
                "{\"sync\":\"t1\",\"ack\":1,\"seq\":18446744073709551615}"
            ),
            (.hello(producer: "billing-3", producerSeq: 9), "{\"hello\":\"billing-3\",\"producer_seq\":9}"),
            (.pong, "{\"pong\":true}"), (.busy(reason: "disk"), "{\"busy\":\"disk\"}"),
        ])
    func line(reply: Reply, expected: String) throws {
        var bytes: [UInt8] = []
        reply.write(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected + "\n")
        #expect(try JSON(parsing: expected) == reply.json)
    }
}
