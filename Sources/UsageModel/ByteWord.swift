/// Eight bytes looked at together, for scanning text: a compare of eight bytes costs little more than
/// one of a single byte. Swift's SIMD masks have no cheap "which lane first", words do.
///
/// A *mark* is the high bit of a byte's place. The lowest mark of each test is exact; marks above it
/// can be false, because a borrow runs upwards. So only the lowest mark of a union may be used.
public struct ByteWord: Sendable, BitwiseCopyable {
    @usableFromInline let bits: UInt64

    /// The eight bytes at `pointer`, which must all be readable.
    @inlinable @inline(__always)
    public init(_ pointer: UnsafeRawPointer) {
        bits = UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
    }

    public static let byteCount = 8

    /// Marks bytes equal to `byte`.
    @inlinable @inline(__always)
    public func marks(equalTo byte: UInt8) -> UInt64 {
        let difference = bits ^ (0x0101_0101_0101_0101 &* UInt64(byte))
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// Marks bytes below `bound`, which must be at most 128.
    @inlinable @inline(__always)
    public func marks(below bound: UInt8) -> UInt64 {
        (bits &- (0x0101_0101_0101_0101 &* UInt64(bound))) & ~bits & 0x8080_8080_8080_8080
    }

    /// Marks bytes of 128 and above: those outside ASCII.
    @inlinable @inline(__always)
    public var marksOutsideASCII: UInt64 { bits & 0x8080_8080_8080_8080 }

    /// Whether all eight are decimal digits.
    @inlinable @inline(__always)
    public var areDigits: Bool {
        // 0x30…0x39: the upper half is 3, and stays so when 6 is added.
        (bits & (bits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
            && (bits | (bits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
    }

    /// The number that eight digits make. Pairs, fours and eights are put together by three multiplications, each for
    /// all at once (D. Lemire, "Quickly parsing eight digits", 2018).
    @inlinable @inline(__always)
    public var digitsValue: UInt64 {
        let digits = bits &- 0x3030_3030_3030_3030
        let pairs = (digits &* 10 &+ (digits >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ (fours >> 32)) & 0xFFFF_FFFF
    }

    /// The three numbers of `07-08-09` or the like, nil when it is not three times two digits around `separator`.
    @inlinable @inline(__always)
    public func pairs(separator: UInt8) -> (Int, Int, Int)? {
        let isSeparator: UInt64 = 0x0000_FF00_00FF_0000
        let rest =
            bits ^ (0x0101_0101_0101_0101 &* UInt64(separator) & isSeparator | 0x3030_3030_3030_3030 & ~isSeparator)
        // What is left of a digit is 0 to 9, of the separator 0: with this added no more than 127.
        let sum = rest &+ (0x7676_7676_7676_7676 & ~isSeparator | 0x7F7F_7F7F_7F7F_7F7F & isSeparator)
        guard (rest | sum) & 0x8080_8080_8080_8080 == 0 else { return nil }
        let numbers = rest &* 10 &+ (rest >> 8)
        return (Int(numbers & 0xFF), Int(numbers >> 24 & 0xFF), Int(numbers >> 48 & 0xFF))
    }

    /// Which byte the lowest mark stands for; `marks` must not be zero.
    @inlinable @inline(__always)
    public static func firstIndex(_ marks: UInt64) -> Int { marks.trailingZeroBitCount >> 3 }
}
