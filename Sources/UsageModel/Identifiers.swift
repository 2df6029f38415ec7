/// Dense numbers for names, handed out from 1 in the order in which the log first saw each name.
/// Zero means "none". They are the log's own and never reach an answer, a digest or a file that
/// outlives the log; each kind is a type of its own so that a company cannot pass for a user.
public protocol Identifier: Hashable, Sendable, BitwiseCopyable {
    var number: UInt32 { get set }
    init(number: UInt32)
    static var kind: NameKind { get }
}

extension Identifier {
    /// No name at all.
    @inlinable
    public static var none: Self { Self(number: 0) }

    @inlinable
    public var isNone: Bool { number == 0 }
}

/// The kinds of names that the log interns, each with numbers of its own. Raw values stand in files.
public enum NameKind: UInt8, CaseIterable, Sendable {
    case company = 1
    case user = 2
    case task = 3
    case unit = 4
    case source = 5
    case producer = 6
}

public struct CompanyID: Identifier {
    public var number: UInt32
    @inlinable public init(number: UInt32) { self.number = number }
    @inlinable public static var kind: NameKind { .company }
}

/// A user name; the same name in two companies is one `UserID` and two memberships.
public struct UserID: Identifier {
    public var number: UInt32
    @inlinable public init(number: UInt32) { self.number = number }
    @inlinable public static var kind: NameKind { .user }
}

public struct TaskID: Identifier {
    public var number: UInt32
    @inlinable public init(number: UInt32) { self.number = number }
    @inlinable public static var kind: NameKind { .task }
}

public struct UnitID: Identifier {
    public var number: UInt32
    @inlinable public init(number: UInt32) { self.number = number }
    @inlinable public static var kind: NameKind { .unit }
}

public struct SourceID: Identifier {
    public var number: UInt32
    @inlinable public init(number: UInt32) { self.number = number }
    @inlinable public static var kind: NameKind { .source }
}

public struct ProducerID: Identifier {
    public var number: UInt32
    @inlinable public init(number: UInt32) { self.number = number }
    @inlinable public static var kind: NameKind { .producer }
}
