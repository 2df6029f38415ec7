import UsageModel

/// One company of a work list in words. What is unknown is empty, never made up.
struct WorklistEntryText {
    /// `!!` and `!` for leaving, `↑↑` and `↑` for growing, `→` for coming: doubled when severe.
    let mark: String
    let severity: Style
    let company: String
    /// The company's name, where it says more than its id.
    let name: String
    let revenue: String
    let renews: String
    /// Twelve weeks of events.
    let bars: String
    let usersThen: String
    let usersNow: String
    /// A few words a flag, the most urgent first.
    let briefs: [String]
    let due: String
    let dueStyle: Style
    /// Name, role, when last here.
    let person: String
    let email: String
    let touch: String
    /// `F12 +2 NEW`: the first flag, how many more, and whether one was raised since.
    let flags: String
    /// Of each flag its id, the day on which it was raised, and what its rule said then.
    let reasons: [(flag: String, summary: String)]

    init(_ entry: JSON, now: Timestamp) {
        mark = Self.mark(kind: entry.at("kind")?.stringValue, severity: entry.at("severity")?.stringValue)
        severity = Style(severity: entry.at("severity")?.stringValue)
        company = entry.at("company")?.stringValue ?? ""
        name = entry.at("name")?.stringValue.map { $0 == entry.at("company")?.stringValue ? "" : $0 } ?? ""
        revenue = Quantity.short(entry.at("revenue")?.doubleValue)
        renews = entry.at("renews_in_days")?.intValue.map { Quantity.whole($0) + "d" } ?? ""
        bars = Sparkline.text(entry.at("weeks", "events")?.numbers ?? [])
        usersThen = entry.at("users", "then")?.intValue.map { Quantity.whole($0) } ?? ""
        usersNow = entry.at("users", "now")?.intValue.map { Quantity.whole($0) } ?? ""
        (due, dueStyle) = Self.due(entry, now: now)
        touch = Self.touch(entry, now: now)

        let callee = entry.at("call")
        let called = callee?.at("name")?.stringValue ?? callee?.at("user")?.stringValue ?? ""
        // Many products use the address as the user's id; once is enough.
        email = callee?.at("email")?.stringValue.flatMap { $0 == called ? nil : $0 } ?? ""
        let last = callee?.at("last")?.stringValue.flatMap(Timestamp.init(rfc3339:))
        let seen = last.map { "last here " + Self.age(of: $0, now: now) } ?? ""
        let facts = [called, callee?.at("role")?.stringValue ?? "", seen].filter { !$0.isEmpty }
        person = facts.joined(separator: ", ")

        let flags = entry.at("flags")?.arrayValue ?? []
        briefs = flags.compactMap { $0.at("brief")?.stringValue }
        let more = flags.count > 1 ? " +\(flags.count - 1)" : ""
        let isNew = flags.contains { $0.at("is_new")?.boolValue == true }
        self.flags = (flags.first?.at("id")?.stringValue ?? "") + more + (isNew ? " NEW" : "")
        reasons = flags.map { flag in
            let since = flag.at("since")?.stringValue.flatMap(Timestamp.init(rfc3339:))
            let day = since.map { " of " + CalendarText.date($0.utcDay, today: now.utcDay) } ?? ""
            return ((flag.at("id")?.stringValue ?? "") + day, flag.at("summary")?.stringValue ?? "")
        }
    }

    private static func mark(kind: String?, severity: String?) -> String {
        let sign =
            switch kind {
            case "churn": "!"
            case "upsell": "↑"
            case "lead": "→"
            default: "·"
            }
        return severity == "high" ? sign + sign : sign
    }

    /// `1d LATE`, `Wed`; `done` when somebody was in touch about all of it.
    private static func due(_ entry: JSON, now: Timestamp) -> (String, Style) {
        if entry.at("is_to_do")?.boolValue == false { return ("done", .good) }
        guard let due = entry.at("due")?.stringValue.flatMap(Timestamp.init(rfc3339:)) else { return ("", .plain) }
        guard entry.at("is_overdue")?.boolValue == true else { return (CalendarText.due(due, now: now), .plain) }
        return (age(of: due, now: now) + " LATE", .bad)
    }

    /// Longer without a word from us than a month is worth a remark of its own.
    private static let daysInTouch: Int64 = 28

    private static func touch(_ entry: JSON, now: Timestamp) -> String {
        guard let touch = entry.at("last_touch")?.stringValue.flatMap(Timestamp.init(rfc3339:)) else {
            return "never touched"
        }
        let age = age(of: touch, now: now)
        return now - touch > daysInTouch * millisecondsPerDay ? "no touch " + age : "touched " + age
    }

    /// `23d`, `5h` within the first day, `<1h`; days rounded, as rules' briefs round.
    private static func age(of time: Timestamp, now: Timestamp) -> String {
        let hours = max(0, now - time) / millisecondsPerHour
        return hours == 0 ? "<1h" : hours < 24 ? "\(hours)h" : Quantity.whole(Int((hours + 12) / 24)) + "d"
    }
}
