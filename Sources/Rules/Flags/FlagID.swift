/// The number of a flag, in order of raising over all companies: 1, 2, 3, … without a gap.
///
/// People read and write it as `F12`. It is part of the log (each raise carries it), so it never changes.
public struct FlagID: Hashable, Comparable, Sendable, BitwiseCopyable {
    public var number: UInt64

    public init(number: UInt64) { self.number = number }

    public static func < (left: FlagID, right: FlagID) -> Bool { left.number < right.number }

    /// Reads `F12`, `f12` or `12`; nil for anything else.
    public init?(_ text: String) {
        let digits = text.first == "F" || text.first == "f" ? text.dropFirst() : text[...]
        guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let number = UInt64(digits), number > 0
        else { return nil }
        self.number = number
    }
}

extension FlagID: CustomStringConvertible {
    public var description: String { "F\(number)" }
}
