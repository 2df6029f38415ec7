public import UsageModel

public final class Portraits {
    public let names: NameTable
    public private(set) var now: Timestamp?
    public var settings = Settings()
    public init(names: NameTable) { self.names = names }
    public func advanceClock(for record: Record, logTime: Timestamp) {}
    public func advanceClock(to wall: Timestamp) {}
    public func apply(_ record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer) {}
    public func portrait(_ company: CompanyID) -> CompanyPortrait? { nil }
    public var companyCount: Int { 0 }
    public func companies() -> [CompanyID] { [] }
    public func zone(named name: String) -> Zone? { nil }
    public func zone(of company: CompanyID) -> Zone { .utc }
    public func resolve(user: UserID) -> UserID { user }
    public func wouldCycle(merging: UserID, into: UserID) -> Bool { false }
    public func lastGroup(of user: UserID) -> CompanyID? { nil }
    public func email(of user: UserID) -> String? { nil }
    public func producerSeq(of producer: ProducerID) -> UInt64? { nil }
    public func moment(for company: CompanyID, at now: Timestamp) -> Moment { fatalError() }
    public func digest(of company: CompanyID, adding flagBytes: [UInt8]) -> Hash128 { .zero }
    public func globalDigest() -> Hash128 { .zero }
}
