/// Some of a rule set's flag rules, by `FlagRule.index`. A bit a rule, in place, so that `flag("x")` costs
/// a shift and a mask.
public struct RuleMask: Hashable, Sendable, BitwiseCopyable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// As many flags as a rule set may have.
    public static let capacity = 256

    public init() {}

    public subscript(index: Int) -> Bool {
        get {
            let bit = UInt64(1) << UInt64(index & 63)
            return switch index >> 6 {
            case 0: words.0 & bit != 0
            case 1: words.1 & bit != 0
            case 2: words.2 & bit != 0
            default: words.3 & bit != 0
            }
        }
        set {
            precondition(index >= 0 && index < Self.capacity, "flag index out of range")
            let bit = UInt64(1) << UInt64(index & 63)
            switch index >> 6 {
            case 0: words.0 = newValue ? words.0 | bit : words.0 & ~bit
            case 1: words.1 = newValue ? words.1 | bit : words.1 & ~bit
            case 2: words.2 = newValue ? words.2 | bit : words.2 & ~bit
            default: words.3 = newValue ? words.3 | bit : words.3 & ~bit
            }
        }
    }

    public static func == (left: RuleMask, right: RuleMask) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
