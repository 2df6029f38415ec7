public import UsageModel

/// 64-bit fingerprint → seq, one table per UTC date.
public struct DuplicateIndex: Sendable {
    public init() {}
    public mutating func insert(fingerprint: UInt64, day: Day, seq: UInt64) { fatalError("being written") }
    /// Seqs that may carry `fingerprint` on `day`, ascending; empty (and nothing allocated) as a rule.
    public func candidates(fingerprint: UInt64, day: Day) -> [UInt64] { fatalError("being written") }
    public var count: Int { fatalError("being written") }
    public var byteCount: Int { fatalError("being written") }
    /// Forgets `day`.
    public mutating func remove(day: Day) { fatalError("being written") }
}
