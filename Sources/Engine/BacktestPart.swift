import UsageModel

/// One part of a history's companies, so that rules can be tuned on one part and their figures taken
/// from another.
///
/// A company's part follows from its name alone: XXH3-64 of the name's bytes, modulo the number of
/// parts. It is the same on every machine, in every history and at every time.
public struct BacktestPart: Sendable, Equatable {
    /// From 1.
    public let number: Int
    public let of: Int

    /// Companies are few: finer parts would be empty ones.
    public static let greatestCount = 100

    /// `1/2` is the first of two parts; nil for anything that is not a part.
    public init?(_ text: String) {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count == 2, let number = Int(pieces[0]), let of = Int(pieces[1]),
            (1...Self.greatestCount).contains(of), (1...of).contains(number)
        else { return nil }
        self.number = number
        self.of = of
    }

    /// As it is written.
    public var text: String { "\(number)/\(of)" }

    /// Whether the company of this name belongs to the part. O(bytes).
    public func contains(name: UnsafeRawBufferPointer) -> Bool {
        hash64(name) % UInt64(of) == UInt64(number - 1)
    }
}
