public import CHash

/// 128 bits of XXH3, as checksum, header chain and digest.
public struct Hash128: Hashable, Sendable, BitwiseCopyable {
    public var low: UInt64
    public var high: UInt64

    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    public static let zero = Hash128(low: 0, high: 0)
    public static let byteCount = 16

    /// XXH3-128 of `bytes` with `seed`.
    public init(of bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) {
        let hash = chash_128(bytes.baseAddress, bytes.count, seed)
        self.init(low: hash.low, high: hash.high)
    }

    /// Addition modulo 2^128: lets a digest be a sum whose order does not matter.
    public static func &+ (left: Hash128, right: Hash128) -> Hash128 {
        let (low, carry) = left.low.addingReportingOverflow(right.low)
        return Hash128(low: low, high: left.high &+ right.high &+ (carry ? 1 : 0))
    }
}

extension Hash128: CustomStringConvertible {
    /// 32 hexadecimal digits, high half first.
    public var description: String { Self.hex(high) + Self.hex(low) }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Asks for the memory at `address`, which will be needed soon. A hint: it neither fails nor reads.
@inlinable @inline(__always)
public func prefetch(_ address: UnsafeRawPointer) { chash_prefetch(address) }

/// XXH3-64 of `bytes` with `seed`.
@inlinable @inline(__always)
public func hash64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    chash_64(bytes.baseAddress, bytes.count, seed)
}
