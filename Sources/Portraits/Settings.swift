public import UsageModel

/// What moves `now`.
public enum ClockMode: String, Sendable, CaseIterable {
    case wall, event
}

/// The settings that shape numbers. They stand in the log as `settings` records, so that a replay
/// counts as the live daemon did.
public struct Settings: Sendable, Equatable {
    public var clock: ClockMode = .wall
    public var clockMaxStepMilliseconds: Int64 = 30 * millisecondsPerDay
    public var defaultZone = "UTC"
    public var ignoreTasks: [String] = []
    public var ignoreUsers: [String] = []
    public var companyFromEmail = false
    public var freeMailDomains: [String] = []
    public init() {}
    public init(json: JSON) throws(SettingsError) { self.init() }
    public var json: JSON { .null }
}

public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String
}
