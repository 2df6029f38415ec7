import Testing
import WireFormat

@testable import Engine
@testable import Server

@Suite("Replies of one ingest connection")
struct ReplyQueueTests {
    private let budget = ByteBudget(bytes: 10_000)

    private func error(_ line: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        Reply.error(code: "bad_json", line: line, detail: "x").write(to: &bytes)
        return bytes
    }

    private func replies(
        errors: [UInt8] = [], acked: UInt64 = 0, seq: UInt64 = 0, other: [UInt8] = []
    ) -> SessionReplies {
        var replies = SessionReplies()
        replies.errors = errors
        replies.acked = acked
        replies.seq = seq
        replies.other = other
        return replies
    }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test("errors leave before the ack that covers them, answers behind it")
    func order() {
        var queue = ReplyQueue(limitBytes: 1_000, budget: budget)
        queue.add(
            replies(errors: error(2), acked: 3, seq: 2, other: Array("{\"pong\":true}\n".utf8)), isNewAck: true)
        let sent = text(queue.next(byteCount: 1_000))
        #expect(
            sent == """
                {"error":"bad_json","line":2,"detail":"x"}
                {"ack":3,"seq":2}
                {"pong":true}

                """)
        let isEmpty = queue.isEmpty
        #expect(isEmpty)
        #expect(queue.next(byteCount: 1_000) == nil)
    }

    @Test("only the newest ack is kept for a client that does not read")
    func newestAck() {
        var queue = ReplyQueue(limitBytes: 1_000, budget: budget)
        for lines in 1...5 { queue.add(replies(acked: UInt64(lines), seq: UInt64(lines)), isNewAck: true) }
        #expect(text(queue.next(byteCount: 1_000)) == "{\"ack\":5,\"seq\":5}\n")
        let isEmpty = queue.isEmpty
        #expect(isEmpty)
    }

    @Test("an ack waits until every error before it has left")
    func ackWaits() {
        var queue = ReplyQueue(limitBytes: 1_000, budget: budget)
        queue.add(replies(errors: error(1) + error(2), acked: 2, seq: 0), isNewAck: true)
        var sent: [UInt8] = []
        var pieces = 0
        while let piece = queue.next(byteCount: 10) {
            sent += piece
            pieces += 1
        }
        #expect(pieces > 5)
        #expect(text(sent)?.hasSuffix("{\"ack\":2,\"seq\":0}\n") == true)
        #expect(text(sent)?.split(separator: "\n").count == 3)
    }

    @Test("errors beyond the limit are counted, and the count stands where they would have stood")
    func boundedErrors() {
        let one = error(1).count
        var queue = ReplyQueue(limitBytes: 3 * one, budget: budget)
        for line in 1...10 { queue.add(replies(errors: error(UInt64(line)), acked: UInt64(line)), isNewAck: true) }
        let lines = text(queue.next(byteCount: 100_000))?.split(separator: "\n") ?? []
        #expect(lines.count == 5)
        #expect(lines.dropFirst(3).first?.contains("7 errors were not kept") == true)
        #expect(lines.last == "{\"ack\":10,\"seq\":0}")
    }

    @Test("all connections together stay within one budget, which is given back as replies leave")
    func sharedBudget() {
        let small = ByteBudget(bytes: 2 * error(1).count)
        var first = ReplyQueue(limitBytes: 1_000, budget: small)
        var second = ReplyQueue(limitBytes: 1_000, budget: small)
        first.add(replies(errors: error(1) + error(2)), isNewAck: false)
        second.add(replies(errors: error(3)), isNewAck: false)
        #expect(text(second.next(byteCount: 1_000))?.contains("1 errors were not kept") == true)
        #expect(first.next(byteCount: 1_000) != nil)
        second.add(replies(errors: error(4)), isNewAck: false)
        #expect(text(second.next(byteCount: 1_000))?.contains("\"line\":4") == true)
    }

    @Test("errors that come while answers wait never stand within one of their lines")
    func wholeAnswers() {
        var queue = ReplyQueue(limitBytes: 1_000, budget: budget)
        queue.add(.sync(tag: "t", ack: 1, seq: 1))
        let first = text(queue.next(byteCount: 4))
        #expect(first == "{\"sync\":\"t\",\"ack\":1,\"seq\":1}\n")
    }

    @Test("a client that asks without end and reads nothing clogs its own connection")
    func clogged() {
        var queue = ReplyQueue(limitBytes: 100, budget: budget)
        let atFirst = queue.isClogged
        for _ in 0..<10 { queue.add(.pong) }
        let afterAsking = queue.isClogged
        _ = queue.next(byteCount: 1)
        let afterReading = queue.isClogged
        #expect([atFirst, afterAsking, afterReading] == [false, true, false])
    }
}
