import Glibc
import UsageModel

/// Tokens of line protocol → plain text, and → JSON.
enum LineProtocolText {
    /// What a backslash before `byte` stands for inside a quoted string; nil when the backslash stands
    /// for itself.
    static func unescapedInString(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): byte
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// Appends the text of a name or tag value. In an accepted token only separators follow a
    /// backslash that escapes; `=` does so in measurements too, where it needs no escape and the
    /// backslash stays.
    static func unescape(name text: UnsafeRawBufferPointer, isMeasurement: Bool = false, into bytes: inout [UInt8]) {
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "\\"), index + 1 < text.count {
                let next = text[index + 1]
                if next == UInt8(ascii: ",") || next == UInt8(ascii: " ")
                    || (next == UInt8(ascii: "=") && !isMeasurement)
                {
                    index += 1
                }
            }
            bytes.append(text[index])
            index += 1
        }
    }

    /// Appends the text of a quoted string.
    static func unescape(string text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) {
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "\\"), index + 1 < text.count,
                let byte = unescapedInString(text[index + 1])
            {
                bytes.append(byte)
                index += 2
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
    }

    /// Appends `text` as a JSON string, quotes included.
    static func writeJSON(string text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<index]))
            JSON.writeEscaped(byte, to: &bytes)
            start = index + 1
        }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start...]))
        bytes.append(UInt8(ascii: "\""))
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    package func isEqual(to word: StaticString) -> Bool {
        guard let baseAddress, count == word.utf8CodeUnitCount else { return false }
        return memcmp(baseAddress, word.utf8Start, word.utf8CodeUnitCount) == 0
    }

    @inline(__always)
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}
