import Testing
import WireFormat

@Suite("Strings over several lines")
struct OpenStringTests {
    private static let good = "a,company=x note=\"one\ntwo\nthree\",n=1,more=\"four\nfive\" 5\n"

    @Test("a quoted string may hold newlines")
    func newlines() {
        #expect(
            describe(Self.good + "b n=1\n") == [
                "track company=x task=a time=0 payload="
                    + "{\"note\":\"one\\ntwo\\nthree\",\"n\":1,\"more\":\"four\\nfive\"}",
                "track task=b payload={\"n\":1}",
            ])
    }

    @Test(
        "what looks like an open string and is none",
        arguments: [
            "e,t=\"open n=1\nf n=1\n", "\"e n=1\nf n=1\n", "e \"k=1\nf n=1\n", "e s=\"a\\\\\"\nf n=1\n",
            "e n=1 \"\nf n=1\n",
        ])
    func noString(text: String) {
        #expect(decode(text).count == 2)
        #expect(decode(text).last?.description == "track task=f payload={\"n\":1}")
    }

    @Test("a string still open at the end is refused up to its first newline, and its neighbours count")
    func openAtEnd() {
        #expect(
            describe("a n=1\nb s=\"open\nc n=1\nd n=1") == [
                "track task=a payload={\"n\":1}", "refused bad_line", "track task=c payload={\"n\":1}",
                "track task=d payload={\"n\":1}",
            ])
        #expect(decode("b s=\"open\nc n=1\n").first?.text == Array("b s=\"open".utf8))
        #expect(describe("b s=\"open") == ["refused bad_line"])
    }

    @Test("an open string that a later line's quote closes costs no neighbour")
    func closedByNeighbour() {
        #expect(
            describe("b s=\"open\nc n=1\nd s=\"x\"\ne n=1\n") == [
                "refused bad_line", "track task=c payload={\"n\":1}", "track task=d payload={\"s\":\"x\"}",
                "track task=e payload={\"n\":1}",
            ])
    }

    @Test("a string still open at the line limit is given up, and its neighbours count")
    func openAtLimit() {
        let limits = DecoderLimits(lineBytes: 64, nameBytes: 16, propsBytes: 64, jsonDepth: 4)
        let neighbours = (0..<20).map { "c\($0) n=1" }
        let rows = decode("b s=\"open\n" + neighbours.joined(separator: "\n"), limits: limits)
        #expect(rows.map(\.error) == ["bad_line"] + neighbours.map { _ in nil })
    }

    @Test("after a silence the open string is given up; without one the decoder waits")
    func silence() {
        var decoder = LineDecoder()
        let input = Array("a n=1\nb s=\"open\nc n=1\nd n".utf8)
        var batch = LineBatch()
        var consumed = input.withUnsafeBytes { decoder.decode($0, into: &batch, atEnd: false, maximumLines: 10) }
        #expect(batch.lines.count == 1)
        #expect(decoder.isInOpenString)
        var rest = Array(input[consumed...])
        consumed = rest.withUnsafeBytes {
            decoder.decode($0, into: &batch, atEnd: false, maximumLines: 10, giveUpOpenString: true)
        }
        #expect(
            batch.lines.map { Row($0, batch).description } == [
                "track task=a payload={\"n\":1}", "refused bad_line", "track task=c payload={\"n\":1}",
            ])
        #expect(!decoder.isInOpenString)
        // What was no open string is still waited for.
        rest = Array(rest[consumed...]) + Array("=2\n".utf8)
        consumed = rest.withUnsafeBytes { decoder.decode($0, into: &batch, atEnd: false, maximumLines: 10) }
        #expect(consumed == rest.count)
        #expect(batch.lines.last.map { Row($0, batch).description } == "track task=d payload={\"n\":2}")
    }

    @Test("a silence inside a line without a newline gives nothing up")
    func silenceInLine() {
        var decoder = LineDecoder()
        var batch = LineBatch()
        let consumed = Array("b s=\"open".utf8).withUnsafeBytes {
            decoder.decode($0, into: &batch, atEnd: false, maximumLines: 10, giveUpOpenString: true)
        }
        #expect(consumed == 0)
        #expect(batch.lines.isEmpty)
        #expect(!decoder.isInOpenString)
    }
}
