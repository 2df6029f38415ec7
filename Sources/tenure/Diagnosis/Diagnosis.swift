import UsageModel

/// What `tenure doctor` and `tenure check` find in the daemon's own account of itself. Pure: answers in, findings out.
struct Diagnosis {
    private let status: JSON
    private(set) var findings: [Finding] = []

    /// Above this share of descriptors or connections in use somebody should raise the limit before it is met.
    private static let crowdedShare = 0.8
    /// Refused lines beyond this share of all since the start are no accident of one sender's.
    private static let refusedShare = 0.01
    /// Free space below so many reserves leaves little time to react.
    private static let reservesLeft = 2

    /// - Parameters:
    ///   - status: the answer to `/v1/status`.
    ///   - configuration: the answer to `/v1/config`; nil leaves it out.
    init(status: JSON, configuration: JSON? = nil, commandVersion: String = Version.current) {
        self.status = status
        lookAtDaemon(commandVersion)
        lookAtClock()
        lookAtDisk()
        lookAtSources()
        lookAtLines()
        lookAtConnections()
        if let configuration { lookAtConfiguration(configuration) }
        lookAtCaller()
    }

    /// The daemon could not be asked.
    init(unreachable error: CommandError) {
        status = .null
        let advice = error.advice?.split(separator: "\n").last.map(String.init)
        findings = [.problem("daemon", error.message, advice ?? "look into its log: `journalctl -u tenured`")]
    }

    var worst: Finding.Level { findings.map(\.level).max() ?? .good }

    private mutating func lookAtDaemon(_ commandVersion: String) {
        let version = status.at("version")?.plainText ?? Quantity.unknown
        let state = status.at("state")?.plainText ?? Quantity.unknown
        let uptime = Quantity.seconds(status.at("uptime_s")?.doubleValue)
        findings.append(
            state == "ready"
                ? .good("daemon", "version \(version), ready, up \(uptime)")
                : .warning("daemon", "it is \(state)", "wait for it with `tenure wait ready`"))
        if version != commandVersion {
            findings.append(
                .warning(
                    "version", "this command is \(commandVersion), the daemon \(version)",
                    "restart the daemon after an upgrade: `systemctl restart tenured`"))
        }
    }

    private mutating func lookAtClock() {
        if let complaint = status.at("clock_complaint")?.stringValue {
            findings.append(
                .problem(
                    "clock", complaint, "compare `date` with a clock you trust; `tenure clock accept` if it is right"))
        } else {
            findings.append(.good("clock", "\(status.at("clock")?.plainText ?? "wall"), believed"))
        }
    }

    private mutating func lookAtDisk() {
        guard let log = status.at("log") else { return }
        let available = log.at("available_bytes")?.intValue
        let reserve = log.at("reserve_bytes")?.intValue ?? 0
        let directory = log.at("directory")?.plainText ?? "the log"
        let free = "\(Quantity.bytes(available)) free beside \(directory), \(Quantity.bytes(reserve)) kept in reserve"
        let remedy = "free space there, move the state to a larger disk, or lower log.reserve"
        if log.at("is_full")?.boolValue == true {
            findings.append(.problem("disk", "full: senders are held up; \(free)", remedy))
        } else if let available, available < reserve * Self.reservesLeft {
            findings.append(.warning("disk", free, remedy))
        } else {
            findings.append(.good("disk", free))
        }
    }

    private mutating func lookAtSources() {
        let sources = status.at("sources")?.arrayValue ?? []
        for source in sources where source.at("silent_since") != nil {
            let name = source.at("name")?.plainText ?? ""
            findings.append(
                .warning(
                    "source \(name)", "silent since \(Quantity.instant(source.at("silent_since")?.stringValue)) UTC",
                    "start its sender again; if it will not come back, close its flag as false_alarm"))
        }
        if !sources.isEmpty, sources.allSatisfy({ $0.at("silent_since") == nil }) {
            findings.append(.good("sources", "\(Quantity.count(sources.count, "source")) heard"))
        }
        if status.at("seq")?.intValue == 0 {
            findings.append(
                .warning("events", "there is none yet", "send one: the README has a sender in ten lines"))
        }
    }

    private mutating func lookAtLines() {
        let accepted =
            (status.at("lines", "accepted")?.intValue ?? 0) + (status.at("lines", "duplicate")?.intValue ?? 0)
        let codes = (status.at("lines", "refused")?.members ?? []).map { ($0.name, $0.value.intValue ?? 0) }
        let refused = codes.reduce(0) { $0 + $1.1 }
        guard refused > 0 else {
            findings.append(.good("lines", "\(Quantity.whole(accepted)) taken since the start, none refused"))
            return
        }
        let most = codes.max { $0.1 < $1.1 }?.0 ?? ""
        let message =
            "\(Quantity.whole(refused)) refused since the start beside \(Quantity.whole(accepted)) taken, mostly \(most)"
        let isMany = Double(refused) > Self.refusedShare * Double(refused + accepted)
        findings.append(
            isMany
                ? .warning("lines", message, Self.remedy(for: most)) : .good("lines", message))
    }

    /// What usually helps against the refusals that are most.
    private static func remedy(for code: String) -> String {
        switch code {
        case "too_far_in_future": "set the sender's clock right; `tenure rejects` names the sender"
        case "conflict": "a sender gives two events one id; `tenure rejects` shows which"
        case "limit": "ids may have leaked into names of tasks or companies; `tenure rejects` names the limit"
        case "no_company": "name the company, or switch on ingest.company_from_email; `tenure rejects` shows the lines"
        default: "`tenure rejects` shows each line with its reason, `tenure decode` tries them"
        }
    }

    private mutating func lookAtConnections() {
        let pairs = [
            ("senders", status.at("connections"), status.at("connections_limit"), "limits.ingest_connections"),
            (
                "questions", status.at("http_connections"), status.at("http_connections_limit"),
                "limits.http_connections"
            ),
            (
                "files", status.at("process", "open_files"), status.at("process", "open_files_limit"),
                "LimitNOFILE= or ulimit -n"
            ),
        ]
        for (subject, count, limit, setting) in pairs {
            guard let count = count?.intValue, let limit = limit?.intValue, limit > 0 else { continue }
            let message = "\(Quantity.whole(count)) of \(Quantity.whole(limit)) open"
            let isCrowded = Double(count) > Self.crowdedShare * Double(limit)
            findings.append(isCrowded ? .warning(subject, message, "raise \(setting)") : .good(subject, message))
        }
    }

    private mutating func lookAtConfiguration(_ configuration: JSON) {
        let file = configuration.at("file")?.plainText
        if configuration.at("is_changed_since_start")?.boolValue == true {
            findings.append(
                .warning(
                    "settings", "\(file ?? "the file") has changed since the start",
                    "`tenured --check-config`, then restart the daemon"))
        } else {
            findings.append(.good("settings", file.map { "\($0) as at the start" } ?? "all by default"))
        }
    }

    private mutating func lookAtCaller() {
        guard let name = status.at("you", "name")?.plainText else { return }
        let mayChange = status.at("you", "may_change")?.boolValue == true
        findings.append(.good("you", "\(name), may look\(mayChange ? " and change" : ", not change")"))
    }
}
