public import UsageModel

/// What moves `now`.
public enum ClockMode: String, Sendable, CaseIterable {
    /// Log time.
    case wall
    /// The greatest event time seen: for history, demos and tests.
    case event
}

/// The settings that shape numbers. They stand in the log as `settings` records, so that a replay
/// counts as the live daemon did.
public struct Settings: Sendable, Equatable {
    public var clock = ClockMode.wall
    /// Under `clock: event`: an event further ahead of `now` than this needs a second user's word.
    public var clockMaxStepMilliseconds: Int64 = 30 * millisecondsPerDay
    /// The zone of companies without a `timezone` trait that the log knows.
    public var defaultZone = "UTC"
    /// Names of tasks that make nobody active.
    public var ignoreTasks: [String] = []
    /// Ids of users who are never active.
    public var ignoreUsers: [String] = []
    /// Whether a user's e-mail domain names the company where nothing else does.
    public var companyFromEmail = false
    /// Domains that belong to no company.
    public var freeMailDomains: [String] = []
    /// By name of a source of events: it never pauses longer than this, in milliseconds.
    public var heartbeats: [String: Int64] = [:]

    public init() {}

    /// The company that an e-mail address speaks for: its domain in lower case, unless that is a
    /// free-mail domain or the text is no address.
    public func companyDomain(ofEmail email: String) -> String? {
        guard let at = email.utf8.lastIndex(of: UInt8(ascii: "@")), at > email.utf8.startIndex else { return nil }
        let domain = email[email.utf8.index(after: at)...].lowercased()
        guard domain.contains("."), !domain.hasPrefix("."), !domain.hasSuffix("."),
            domain.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 0x7f }),
            !freeMailDomains.contains(where: { $0.lowercased() == domain })
        else { return nil }
        return domain
    }
}

extension Settings {
    /// Reads what `json` writes; absent members keep their defaults.
    public init(json: JSON) throws(SettingsError) {
        self.init()
        guard json.members != nil else { throw SettingsError(description: "settings are not an object") }
        if let value = json["clock"] {
            guard let clock = value.stringValue.flatMap(ClockMode.init) else { throw .wrong("clock", "wall or event") }
            self.clock = clock
        }
        if let value = json["clock_max_step_ms"] {
            guard let step = value.intValue, step > 0 else {
                throw .wrong("clock_max_step_ms", "a whole number above 0")
            }
            clockMaxStepMilliseconds = Int64(step)
        }
        if let value = json["default_zone"] {
            guard let name = value.stringValue else { throw .wrong("default_zone", "a zone's name") }
            defaultZone = name
        }
        if let value = json["company_from_email"] {
            guard let isOn = value.boolValue else { throw .wrong("company_from_email", "true or false") }
            companyFromEmail = isOn
        }
        ignoreTasks = try Self.names("ignore_tasks", in: json)
        ignoreUsers = try Self.names("ignore_users", in: json)
        freeMailDomains = try Self.names("free_mail_domains", in: json)
        for source in json["sources"]?.members ?? [] {
            guard let heartbeat = source.value["heartbeat_ms"]?.intValue, heartbeat > 0 else {
                throw .wrong("sources.\(source.name).heartbeat_ms", "a whole number above 0")
            }
            heartbeats[source.name] = Int64(heartbeat)
        }
    }

    /// What a `settings` record holds.
    public var json: JSON {
        var json: JSON = [
            "clock": .string(clock.rawValue),
            "clock_max_step_ms": .int(clockMaxStepMilliseconds),
            "default_zone": .string(defaultZone),
            "ignore_tasks": .array(ignoreTasks.map(JSON.string)),
            "ignore_users": .array(ignoreUsers.map(JSON.string)),
            "company_from_email": .bool(companyFromEmail),
            "free_mail_domains": .array(freeMailDomains.map(JSON.string)),
        ]
        if !heartbeats.isEmpty { json = .object((json.members ?? []) + [.init("sources", heartbeatsJSON)]) }
        return json
    }

    /// By name in byte order, so that equal settings are equal texts.
    private var heartbeatsJSON: JSON {
        let sources = heartbeats.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return .object(sources.map { JSON.Member($0.key, ["heartbeat_ms": .int($0.value)]) })
    }

    private static func names(_ member: String, in json: JSON) throws(SettingsError) -> [String] {
        guard let value = json[member] else { return [] }
        guard let array = value.arrayValue else { throw .wrong(member, "a list of names") }
        var names: [String] = []
        for element in array {
            guard let name = element.stringValue else { throw .wrong(member, "a list of names") }
            names.append(name)
        }
        return names
    }
}

/// A `settings` object that cannot be read.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String

    static func wrong(_ member: String, _ wanted: String) -> SettingsError {
        SettingsError(description: "setting \"\(member)\" must be \(wanted)")
    }
}
