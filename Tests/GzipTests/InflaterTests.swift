import Gzip
import Testing

@Suite("Unpacking gzip and zlib data")
struct InflaterTests {
    /// `gzip` of "hello " and, behind it, of "world".
    private static let gzip: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0x00, 0x00,
        0xF6, 0xF9, 0x81, 0xED, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
        0x2B, 0xCF, 0x2F, 0xCA, 0x49, 0x01, 0x00, 0x43, 0x11, 0x77, 0x3A, 0x05, 0x00, 0x00, 0x00,
    ]
    /// zlib's form of "hello world", which HTTP calls deflate.
    private static let zlib: [UInt8] = [
        0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0x28, 0xCF, 0x2F, 0xCA, 0x49, 0x01, 0x00, 0x1A, 0x0B, 0x04,
        0x5D,
    ]

    /// Unpacks what comes in pieces of `step` bytes.
    private func unpack(_ packed: [UInt8], step: Int, outputByteCount: Int = 64) throws -> (text: String, isWhole: Bool)
    {
        let inflater = try Inflater(outputByteCount: outputByteCount)
        var unpacked: [UInt8] = []
        for start in stride(from: 0, to: packed.count, by: step) {
            var piece = Array(packed[start..<min(start + step, packed.count)])
            while true {
                var produced = 0
                let used = try piece.withUnsafeBytes {
                    try inflater.inflate($0) {
                        produced = $0.count
                        unpacked.append(contentsOf: $0)
                    }
                }
                #expect(produced <= outputByteCount)
                piece.removeFirst(used)
                if produced == 0, piece.isEmpty || used == 0 { break }
            }
        }
        return (String(decoding: unpacked, as: UTF8.self), inflater.isBetweenMembers)
    }

    @Test("members one behind the other, and both framings, however the bytes come", arguments: [1, 2, 7, 1_000])
    func pieces(step: Int) throws {
        for packed in [Self.gzip, Self.zlib] {
            for outputByteCount in [1, 3, 64] {
                let result = try unpack(packed, step: step, outputByteCount: outputByteCount)
                #expect(result == ("hello world", true))
            }
        }
    }

    @Test("data that end too early are known by it")
    func cutShort() throws {
        for count in 1..<Self.zlib.count {
            #expect(try !unpack(Array(Self.zlib[..<count]), step: 5).isWhole)
        }
    }

    @Test("what is no packed data is refused")
    func invalid() {
        #expect(throws: InflateError.invalid) { try unpack(Array("{\"batch\":[]}".utf8), step: 100) }
        var damaged = Self.gzip
        damaged[12] ^= 0xFF
        #expect(throws: InflateError.invalid) { try unpack(damaged, step: 100) }
    }
}
