/// UUIDs as people write them, 8-4-4-4-12 lower-case hexadecimal digits, and their 16 bytes.
///
/// Eight digits at a time in one word. Only text that comes back exactly is taken as a UUID, so
/// upper case and other spellings stay text.
enum UUIDText {
    static let textByteCount = 36
    static let byteCount = 16
    private static let hyphen = UInt8(ascii: "-")

    /// Writes the 16 bytes of `text` to `target`; false when it is no UUID in this spelling.
    @inline(__always)
    static func parse(_ text: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Bool {
        guard text.count == textByteCount, let base = text.baseAddress,
            text[8] == hyphen, text[13] == hyphen, text[18] == hyphen, text[23] == hyphen
        else { return false }
        let words = (
            word(base, 0), half(base, 9) | half(base, 14) << 32, half(base, 19) | half(base, 24) << 32, word(base, 28)
        )
        let first = nibbles(words.0)
        let second = nibbles(words.1)
        let third = nibbles(words.2)
        let fourth = nibbles(words.3)
        guard digits(first) == words.0, digits(second) == words.1, digits(third) == words.2,
            digits(fourth) == words.3
        else { return false }
        let low = UInt64(packed(first)) | UInt64(packed(second)) << 32
        let high = UInt64(packed(third)) | UInt64(packed(fourth)) << 32
        target.storeBytes(of: low.littleEndian, as: UInt64.self)
        target.storeBytes(of: high.littleEndian, toByteOffset: 8, as: UInt64.self)
        return true
    }

    /// Writes the 36 characters of the UUID at `bytes` to `target`.
    @inline(__always)
    static func write(_ bytes: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
        let low = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        let high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let second = digits(unpacked(UInt32(truncatingIfNeeded: low >> 32)))
        let third = digits(unpacked(UInt32(truncatingIfNeeded: high)))
        store(digits(unpacked(UInt32(truncatingIfNeeded: low))), target, 0)
        storeHalf(second, target, 9)
        storeHalf(second >> 32, target, 14)
        storeHalf(third, target, 19)
        storeHalf(third >> 32, target, 24)
        store(digits(unpacked(UInt32(truncatingIfNeeded: high >> 32))), target, 28)
        for position in [8, 13, 18, 23] { target.storeBytes(of: hyphen, toByteOffset: position, as: UInt8.self) }
    }

    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func half(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    @inline(__always)
    private static func store(_ word: UInt64, _ target: UnsafeMutableRawPointer, _ offset: Int) {
        target.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private static func storeHalf(_ word: UInt64, _ target: UnsafeMutableRawPointer, _ offset: Int) {
        target.storeBytes(of: UInt32(truncatingIfNeeded: word).littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Digit characters to their values, one a byte. Letters have bit 6, digits have not. Anything
    /// else gives values that `digits` does not turn back into the same characters.
    @inline(__always)
    private static func nibbles(_ text: UInt64) -> UInt64 {
        ((text & 0x0F0F_0F0F_0F0F_0F0F) &+ (text >> 6 & 0x0101_0101_0101_0101) &* 9) & 0x0F0F_0F0F_0F0F_0F0F
    }

    /// Values 0…15, one a byte, to digit characters: those above 9 are 39 further on.
    @inline(__always)
    private static func digits(_ values: UInt64) -> UInt64 {
        let letters = (values &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return values &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// Eight values to four bytes, the first digit in the upper half of the first byte.
    @inline(__always)
    private static func packed(_ values: UInt64) -> UInt32 {
        var pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        pairs = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: pairs | pairs >> 16)
    }

    @inline(__always)
    private static func unpacked(_ bytes: UInt32) -> UInt64 {
        var pairs = UInt64(bytes)
        pairs = (pairs | pairs << 16) & 0x0000_FFFF_0000_FFFF
        pairs = (pairs | pairs << 8) & 0x00FF_00FF_00FF_00FF
        return (pairs >> 4 & 0x000F_000F_000F_000F) | (pairs & 0x000F_000F_000F_000F) << 8
    }
}
