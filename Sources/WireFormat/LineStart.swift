/// What a line is, told by its first bytes.
enum LineStart {
    /// Nothing but spaces, and a carriage return before the newline.
    case blank
    /// The offset of the `#`.
    case comment(Int)
    case json
    case point

    @inline(__always)
    init(_ line: UnsafeRawBufferPointer) {
        var offset = 0
        while offset < line.count, line[offset] == UInt8(ascii: " ") { offset += 1 }
        guard offset < line.count else {
            self = .blank
            return
        }
        switch line[offset] {
        case UInt8(ascii: "{"): self = .json
        case UInt8(ascii: "#"): self = .comment(offset)
        case UInt8(ascii: "\r") where offset == line.count - 1: self = .blank
        // White space that JSON allows and line protocol does not.
        case UInt8(ascii: "\t"):
            while offset < line.count, line[offset] == UInt8(ascii: " ") || line[offset] == UInt8(ascii: "\t") {
                offset += 1
            }
            self = offset < line.count && line[offset] == UInt8(ascii: "{") ? .json : .point
        default: self = .point
        }
    }
}

extension LineRefusal {
    /// Why a comment is malformed, nil when it is not: it holds no control characters but tabs.
    static func comment(_ line: UnsafeRawBufferPointer, from start: Int) -> LineRefusal? {
        for offset in start..<line.count {
            let byte = line[offset]
            guard byte < 0x20 || byte == 0x7F, byte != UInt8(ascii: "\t") else { continue }
            if byte == UInt8(ascii: "\r"), offset == line.count - 1 { continue }
            return LineRefusal(.badLine, "a comment holds no control characters", at: offset)
        }
        return nil
    }

    static let stringLeftOpen = LineRefusal(.badLine, "a quoted string is not closed", at: 0)

    static func tooLong(_ limit: Int) -> LineRefusal {
        LineRefusal(limit: limit, .tooLong, "the line is too long")
    }
}
