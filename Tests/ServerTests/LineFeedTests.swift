import NIOCore
import Testing
import WireFormat

@testable import Server

@Suite("What a sender has sent and is not a line yet")
struct LineFeedTests {
    private func feed() -> LineFeed { LineFeed(limits: DecoderLimits(), precision: .ns) }

    private func lines(_ feed: inout LineFeed, atEnd: Bool = false, givingUp: Bool = false) -> [Line] {
        var batch = LineBatch()
        feed.decode(into: &batch, atEnd: atEnd, givingUpOpenString: givingUp)
        return batch.lines
    }

    private let line = "{\"company\":\"acme\",\"user\":\"u1\",\"task\":\"t\"}\n"

    @Test("a line cut anywhere is the same line")
    func cuts() {
        let bytes = Array(line.utf8)
        for cut in 1..<bytes.count {
            var feed = feed()
            feed.receive(ByteBuffer(bytes: bytes[..<cut]))
            #expect(!feed.isDecodable(atEnd: false))
            feed.receive(ByteBuffer(bytes: bytes[cut...]))
            #expect(feed.isDecodable(atEnd: false))
            #expect(lines(&feed).map(\.kind) == [.record])
            #expect(feed.isEmpty)
        }
    }

    @Test("the last line needs no newline once the sender is at its end, and only then")
    func lastLine() {
        var feed = feed()
        feed.receive(ByteBuffer(string: line + line.dropLast()))
        #expect(lines(&feed).count == 1)
        #expect(!feed.isDecodable(atEnd: false))
        #expect(feed.isDecodable(atEnd: true))
        #expect(lines(&feed, atEnd: true).map(\.kind) == [.record])
        #expect(feed.isEmpty)
    }

    @Test("more lines than fit into one batch go into several, in order")
    func severalBatches() {
        var feed = feed()
        let count = 2 * linesPerBatch + 1
        feed.receive(ByteBuffer(string: String(repeating: line, count: count)))
        var sizes: [Int] = []
        while feed.isDecodable(atEnd: false) { sizes.append(lines(&feed).count) }
        #expect(sizes == [linesPerBatch, linesPerBatch, 1])
    }

    @Test("a string left open is given up on demand, and the line behind its first newline counts")
    func openString() {
        var feed = feed()
        feed.receive(ByteBuffer(string: "report,company=acme user=\"abc\nreport,company=acme amount=1\n"))
        #expect(feed.isDecodable(atEnd: false))
        #expect(lines(&feed).isEmpty)
        #expect(feed.isInOpenString)
        #expect(lines(&feed, givingUp: true).map(\.kind) == [.refused, .record])
        #expect(!feed.isInOpenString)
    }

    @Test("a line without end takes no more memory than its limit and one read")
    func endlessLine() {
        var feed = feed()
        var refused = 0
        for _ in 0..<100 {
            feed.receive(ByteBuffer(repeating: UInt8(ascii: "x"), count: 100_000))
            while feed.isDecodable(atEnd: false) {
                let found = lines(&feed)
                refused += found.count
                if found.isEmpty { break }
            }
            #expect(feed.waitingByteCount <= DecoderLimits().lineBytes + 100_000)
        }
        feed.receive(ByteBuffer(string: "\n" + line))
        #expect(lines(&feed).last?.kind == .record)
        #expect(refused <= 1)
    }
}
