/// placeholder, replaced in the next commit
public struct Zone: Sendable {
    public let name: String
    public static let utc = Zone(name: "UTC")
    init(name: String) { self.name = name }
    public init(name: String, tzif: [UInt8]) throws(ZoneError) { self.name = name }
    public func offsetSeconds(at instant: Timestamp) -> Int { 0 }
    public func day(of instant: Timestamp) -> Day { instant.utcDay }
    public func startOfDay(_ day: Day) -> Timestamp { day.startUTC }
    /// The first instant after `instant` at which the local date is another.
    public func nextDateChange(after instant: Timestamp) -> Timestamp { (day(of: instant) + 1).startUTC }
}
public struct ZoneError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String
}
