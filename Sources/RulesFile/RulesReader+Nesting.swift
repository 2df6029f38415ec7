import Rules

// How deep a file may be nested, told before YAML reads it: composing its nodes recurses as deep, at some
// kilobytes of stack a level, and not every thread that reads a rule file has much of it.
extension RulesReader {
    /// A rule needs five levels.
    private static let deepest = 200

    /// Reports the place where the file is nested too deep. Counts brackets and indentation wherever they
    /// stand, in comments too, so it may count more levels than there are, never fewer. O(length).
    mutating func refusesDeepNesting() -> Bool {
        var brackets = 0
        // Columns before the first word of the line, where each `-`, `?` or `:` may open a level.
        var columns = 0
        var isLeading = true
        for (offset, byte) in shielded.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(0, brackets - 1)
            default: break
            }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                columns = 0
                isLeading = true
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                if isLeading { columns += 1 }
            default: isLeading = false
            }
            guard brackets <= Self.deepest, columns <= Self.deepest else {
                let scalars = String(decoding: shielded.utf8.prefix(offset), as: UTF8.self).unicodeScalars.count
                report(map.position(at: scalars), nil, "the file is nested deeper than \(Self.deepest) levels")
                return true
            }
        }
        return false
    }
}
