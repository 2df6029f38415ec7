import UsageModel

/// A work list in words, which the screen and the digests share.
struct WorklistText {
    /// When, over how many companies, and how fresh the data are.
    let moment: String
    let installation: [String]
    /// Whether a source of events is silent, so that absence means little.
    let isBlind: Bool
    /// Whose list it is.
    let owner: String
    /// `4 to do, 1 overdue`.
    let todo: String
    let isOverdue: Bool
    /// `since Mon 16 Nov: 3 new, 2 recovered, 1 renewed`.
    let changes: String
    let entries: [WorklistEntryText]
    /// Entries that the answer leaves out.
    let more: Int
    let quiet: String
    /// How the rules have done.
    let record: String

    init(_ list: JSON) {
        let now = list.at("now")?.stringValue.flatMap(Timestamp.init(rfc3339:)) ?? Timestamp(milliseconds: 0)
        moment = CalendarText.moment(now)
        var installation = ["\(Quantity.whole(list.at("companies")?.intValue)) companies"]
        if let dataTo = list.at("data_to")?.stringValue.flatMap(Timestamp.init(rfc3339:)) {
            installation.append("data to " + CalendarText.clock(dataTo, today: now.utcDay))
        }
        let silent = (list.at("sources", "silent")?.arrayValue ?? []).compactMap(\.stringValue)
        isBlind = !silent.isEmpty
        if let watched = list.at("sources", "watched")?.intValue, watched > 0 {
            let names = silent.isEmpty ? "" : ", silent: " + silent.joined(separator: ", ")
            installation.append("sources ok \(watched - silent.count)/\(watched)" + names)
        }
        self.installation = installation
        owner = list.at("owner")?.stringValue ?? "everybody"
        let overdue = list.at("counts", "overdue")?.intValue ?? 0
        isOverdue = overdue > 0
        todo =
            "\(Quantity.whole(list.at("counts", "to_do")?.intValue)) to do"
            + (isOverdue ? ", \(Quantity.whole(overdue)) overdue" : "")
        changes = Self.changes(list, now: now)
        entries = (list.at("entries")?.arrayValue ?? []).map { WorklistEntryText($0, now: now) }
        more = (list.at("counts", "entries")?.intValue ?? 0) - entries.count
        quiet = Self.quiet(list.at("quiet") ?? .null)
        record = Self.record(list.at("rules") ?? .null)
    }

    private static func changes(_ list: JSON, now: Timestamp) -> String {
        var since = "since the beginning"
        if let time = list.at("since")?.stringValue.flatMap(Timestamp.init(rfc3339:)) {
            let day = time.utcDay
            since = "since \(CalendarText.weekday(day)) \(CalendarText.date(day, today: now.utcDay))"
        }
        let counts = [("new", "new"), ("recovered", "recovered"), ("renewed", "renewed"), ("churned", "lost")]
        let parts = counts.compactMap { name, word in
            list.at("changes", name)?.intValue.flatMap { $0 > 0 ? "\(Quantity.whole($0)) \(word)" : nil }
        }
        return since + ": " + (parts.isEmpty ? "nothing new" : parts.joined(separator: ", "))
    }

    private static func quiet(_ quiet: JSON) -> String {
        func count(_ name: String) -> String { Quantity.whole(quiet.at(name)?.intValue) }
        let more = quiet.at("withholds_more")?.boolValue == true ? " or more" : ""
        return "Quiet: \(count("low")) low, \(count("snoozed")) snoozed, \(count("cooldown")) in cooldown, "
            + "\(count("withheld"))\(more) withheld"
    }

    private static func record(_ rules: JSON) -> String {
        func count(_ name: String) -> String { Quantity.whole(rules.at(name)?.intValue) }
        // The one that is wrong most often comes first.
        let worst = rules.at("by_rule")?.arrayValue?.first { ($0.at("false_alarms")?.intValue ?? 0) > 0 }
        let name = worst.map {
            " (\($0.at("rule")?.stringValue ?? "") \(Quantity.whole($0.at("false_alarms")?.intValue)))"
        }
        return "Rules, \(count("days"))d: \(count("raised")) raised, \(count("acted_on")) acted on, "
            + "\(count("false_alarms")) called false alarm" + (name ?? "")
    }
}
