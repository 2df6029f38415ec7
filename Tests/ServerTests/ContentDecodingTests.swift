import Hummingbird
import NIOCore
import Testing

@testable import Server

@Suite("Packed bodies")
struct ContentDecodingTests {
    private func unpack(
        _ bytes: [UInt8], encoding: String?, limit: Int = 1 << 30, step: Int = 16_384
    ) throws -> (byteCount: Int, longestPiece: Int) {
        var headers = HTTPFields()
        headers[.contentEncoding] = encoding
        var content = try ContentDecoding(headers, limit: .init(bytes: limit, setting: "limits.body"))
        var result = (byteCount: 0, longestPiece: 0)
        for start in stride(from: 0, to: bytes.count, by: step) {
            content.feed(ByteBuffer(bytes: bytes[start..<min(start + step, bytes.count)]))
            while let piece = try content.next() {
                result.byteCount += piece.readableBytes
                result.longestPiece = max(result.longestPiece, piece.readableBytes)
            }
        }
        try content.finish()
        return result
    }

    /// zlib's data for zeros, without their end: a head, and then a zero byte for each 1,032 of them, zlib's best ratio.
    private static func zeros(packed count: Int) -> [UInt8] {
        let head: [UInt8] = [
            0x78, 0xDA, 0xEC, 0xC1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x80, 0x90, 0xFE, 0xAF, 0xEE, 0x08, 0x0A,
        ]
        return head + [UInt8](repeating: 0, count: count)
    }

    @Test("a body that is not packed passes as it comes")
    func plain() throws {
        for encoding in [nil, "identity"] {
            #expect(try unpack([UInt8](repeating: 7, count: 100_000), encoding: encoding).byteCount == 100_000)
        }
    }

    @Test("an empty body that is said to be packed is an empty body")
    func empty() throws {
        #expect(try unpack([], encoding: "gzip").byteCount == 0)
    }

    @Test("a bomb is refused by its ratio after a bounded number of bytes")
    func bomb() throws {
        let refusal = #expect(throws: RequestRefusal.self) {
            try unpack(Self.zeros(packed: 1 << 20), encoding: "deflate")
        }
        #expect(refusal?.code == "too_large")
        #expect(refusal?.detail.contains("200 times") == true)
    }

    @Test("what a body unfolds to counts against its limit")
    func limit() {
        let refusal = #expect(throws: RequestRefusal.self) {
            try unpack(Self.zeros(packed: 900), encoding: "deflate", limit: 500_000)
        }
        #expect(refusal?.detail.contains("limits.body") == true)
    }

    @Test("one step brings out no more than a piece, so that memory does not follow the ratio")
    func pieces() throws {
        var content = try ContentDecoding([.contentEncoding: "deflate"], limit: .init(bytes: 1 << 30, setting: "l"))
        content.feed(ByteBuffer(bytes: Self.zeros(packed: 900)))
        var pieces: [Int] = []
        while let piece = try content.next() { pieces.append(piece.readableBytes) }
        #expect(pieces.reduce(0, +) > 900_000)
        #expect(pieces.allSatisfy { $0 <= 65_536 })
        #expect(throws: RequestRefusal.self, "they have no end") { try content.finish() }
    }

    @Test(
        "what is not what it says, or ends too early, is refused by name", arguments: ["gzip", "deflate", "br", "zstd"])
    func bad(encoding: String) {
        let refusal = #expect(throws: RequestRefusal.self) { try unpack(Array("not packed".utf8), encoding: encoding) }
        #expect(refusal?.code == "bad_encoding")
    }
}
