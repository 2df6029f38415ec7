import CHash
import TestSupport
import Testing

@testable import UsageModel

@Suite("Hashes")
struct HashingTests {
    /// Files and logs move between machines, so what a processor can do must not show.
    @Test("hashes of much are the same in wider steps", arguments: [0, 1, 240, 4_095, 4_096, 4_097, 65_537, 1 << 20])
    func wide(byteCount: Int) {
        var random = SeededRandom(seed: UInt64(byteCount))
        let bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.below(256)) }
        for seed in [0, random.next()] {
            bytes.withUnsafeBytes {
                let narrow = XXH_INLINE_XXH3_128bits_withSeed($0.baseAddress, $0.count, seed)
                #expect(Hash128(of: $0, seed: seed) == Hash128(low: narrow.low64, high: narrow.high64))
                // Bytes of a file begin anywhere.
                let rest = UnsafeRawBufferPointer(rebasing: $0.dropFirst(3))
                let narrowRest = XXH_INLINE_XXH3_128bits_withSeed(rest.baseAddress, rest.count, seed)
                #expect(Hash128(of: rest, seed: seed) == Hash128(low: narrowRest.low64, high: narrowRest.high64))
            }
        }
    }
}
