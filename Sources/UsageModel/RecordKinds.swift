/// A set of kinds of records.
public struct RecordKinds: OptionSet, Sendable {
    /// Bit n stands for the kind whose raw value is n.
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    public init(_ kind: RecordKind) { rawValue = 1 << UInt64(kind.rawValue) }

    /// Those that occur in `records`.
    public init(of records: [Record]) {
        var all: RecordKinds = []
        for record in records { all.formUnion(RecordKinds(record.kind)) }
        self = all
    }

    @inlinable
    public static var all: RecordKinds { RecordKinds(rawValue: .max) }

    @inlinable
    public func contains(_ kind: RecordKind) -> Bool { !isDisjoint(with: RecordKinds(kind)) }
}
