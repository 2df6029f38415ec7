/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
public enum UTF8Text {
    /// The length of the well-formed sequence at `offset`, or 0 when there is none before `end`. O(1).
    public static func sequenceLength(_ base: UnsafeRawPointer, at offset: Int, end: Int) -> Int {
        let first = base.load(fromByteOffset: offset, as: UInt8.self)
        if first < 0x80 { return 1 }
        let length: Int
        // The second byte's range carries all exceptions: overlong forms, surrogates, the upper bound.
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            second = 0xA0...0xBF
        case 0xED:
            length = 3
            second = 0x80...0x9F
        case 0xE1...0xEF: length = 3
        case 0xF0:
            length = 4
            second = 0x90...0xBF
        case 0xF1...0xF3: length = 4
        case 0xF4:
            length = 4
            second = 0x80...0x8F
        default: return 0
        }
        guard end - offset >= length, second.contains(base.load(fromByteOffset: offset + 1, as: UInt8.self)) else {
            return 0
        }
        for index in 2..<max(length, 2) {
            guard base.load(fromByteOffset: offset + index, as: UInt8.self) & 0xC0 == 0x80 else { return 0 }
        }
        return length
    }

    /// The offset of the first byte that starts no well-formed sequence, or nil. O(length).
    public static func firstFault(in text: UnsafeRawBufferPointer) -> Int? {
        guard let base = text.baseAddress else { return nil }
        var offset = 0
        while offset < text.count {
            if text.count - offset >= ByteWord.byteCount {
                let marks = ByteWord(base + offset).marksOutsideASCII
                if marks == 0 {
                    offset += ByteWord.byteCount
                    continue
                }
                offset += ByteWord.firstIndex(marks)
            }
            let length = sequenceLength(base, at: offset, end: text.count)
            if length == 0 { return offset }
            offset += length
        }
        return nil
    }
}
