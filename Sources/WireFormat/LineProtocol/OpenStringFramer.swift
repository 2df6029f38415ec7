import UsageModel

/// Finds the end of a point whose quoted string runs over a newline, without parsing the point again
/// for each piece that arrives: it goes on at any byte where it stopped.
///
/// It starts inside a string and follows the structure from there: strings, fields, tail. What it
/// says of malformed points does not matter, since those end at their first newline anyway.
struct OpenStringFramer {
    private enum State {
        case string, stringEscape, afterString, fieldName, fieldNameEscape, fieldValue, plainValue, tail
    }

    private var state = State.string
    /// How far it has looked, from the point's beginning.
    private var offset: Int
    /// Where the point's first newline stands, from its beginning.
    let firstNewline: Int

    init(firstNewline: Int) {
        self.firstNewline = firstNewline
        offset = firstNewline
    }

    var isInString: Bool { state == .string || state == .stringEscape }

    /// Goes on through `text`, which begins where the point does. Returns where the newline stands that
    /// ends the point; nil when more is needed. O(bytes not seen before).
    mutating func findEnd(_ text: UnsafeRawBufferPointer) -> Int? {
        while offset < text.count {
            if state == .string {
                skipInString(text)
                if offset == text.count { return nil }
            }
            let byte = text[offset]
            state = next(byte)
            if byte == UInt8(ascii: "\n"), !isInString { return offset }
            offset += 1
        }
        return nil
    }

    private func next(_ byte: UInt8) -> State {
        switch state {
        case .string: byte == UInt8(ascii: "\"") ? .afterString : byte == UInt8(ascii: "\\") ? .stringEscape : .string
        // A quote or a backslash is escaped here; any other byte means nothing to the framing,
        // whether it is or not.
        case .stringEscape: .string
        case .afterString: byte == UInt8(ascii: ",") ? .fieldName : .tail
        case .fieldName:
            byte == UInt8(ascii: "=") ? .fieldValue : byte == UInt8(ascii: "\\") ? .fieldNameEscape : .fieldName
        // In a name a backslash does not escape a backslash, so the second one may escape what follows.
        case .fieldNameEscape: byte == UInt8(ascii: "\\") ? .fieldNameEscape : .fieldName
        case .fieldValue: byte == UInt8(ascii: "\"") ? .string : .plainValue
        case .plainValue: byte == UInt8(ascii: ",") ? .fieldName : byte == UInt8(ascii: " ") ? .tail : .plainValue
        case .tail: .tail
        }
    }

    /// Moves over bytes that mean nothing inside a string, eight at a time.
    private mutating func skipInString(_ text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress else { return }
        while text.count - offset >= ByteWord.byteCount {
            let word = ByteWord(base + offset)
            let marks = word.marks(equalTo: UInt8(ascii: "\"")) | word.marks(equalTo: UInt8(ascii: "\\"))
            if marks != 0 {
                offset += ByteWord.firstIndex(marks)
                return
            }
            offset += ByteWord.byteCount
        }
    }
}
