import UsageModel

/// `tenure company ID` on a terminal: the whole portrait of one company on one page.
///
/// What needs a person's attention stands first, then use, people, seats, tasks and the rest.
struct CompanyCard {
    let card: JSON
    let width: Int
    let colour: Bool

    /// The card's text; laid out for 80 columns and up.
    static func text(_ card: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let card = CompanyCard(card: card, width: width, colour: colour)
        card.head(&page)
        card.flags(&page)
        card.call(&page)
        card.use(&page)
        card.trend(&page)
        card.users(&page)
        card.people(&page)
        card.seats(&page)
        card.tasks(&page)
        card.scores(&page)
        card.traits(&page)
        return page.text
    }

    private static let nameWidth = 12
    /// Tasks shown on the card; `tenure tasks ID` lists all.
    private static let taskLimit = 8

    var now: String? { card.at("now")?.stringValue }

    private func flags(_ page: inout Page) {
        let flags = card.at("flags")?.arrayValue ?? []
        page.section("Flags", note: flags.isEmpty ? "none" : "")
        for flag in flags {
            let severity = flag.at("severity")?.stringValue ?? ""
            page.line([
                (flag.at("id")?.plainText ?? "", .heading), (severity, Style(severity: severity)),
                (flag.at("kind")?.stringValue ?? "", .plain), (flag.at("rule")?.stringValue ?? "", .plain),
                (flag.at("state")?.stringValue ?? "", .plain),
                (
                    "since " + Quantity.date(flag.at("since")?.stringValue) + " ("
                        + Quantity.since(flag.at("since")?.stringValue, now: now) + ")", .faint
                ),
            ])
            if let summary = flag.at("summary")?.stringValue { page.paragraph(summary, indent: 5) }
        }
    }

    private func use(_ page: inout Page) {
        page.section("Use")
        let columns = [
            Column("what", ""), Column("1d", "TODAY", .right), Column("7d", "7D", .right),
            Column("28d", "28D", .right), Column("prior_28d", "28D BEFORE", .right),
            Column("change", "CHANGE", .right), Column("90d", "90D", .right), Column("lifetime", "LIFETIME", .right),
        ]
        let events = card["events"] ?? .null
        let users = card["users"] ?? .null
        let amount = card["amount"] ?? .null
        // active(ago 28) = retained + dormant, by definition.
        var before: JSON?
        if let retained = users.at("retained_28d")?.intValue, let dormant = users.at("dormant_28d")?.intValue {
            before = .int(retained + dormant)
        }
        var rows: [[Cell]] = [
            [
                Cell("events"), .whole(events["1d"]), .whole(events["7d"]), .whole(events["28d"]),
                .whole(events["prior_28d"]), .change(events["28d"], from: events["prior_28d"]), .whole(events["90d"]),
                .whole(events["lifetime"]),
            ],
            [
                Cell("users"), .whole(users["active_1d"]), .whole(users["active_7d"]), .whole(users["active_28d"]),
                .whole(before), .change(users["active_28d"], from: before), Cell(""), .whole(users["total"]),
            ],
        ]
        // A company without amounts has a sum of 0, one with mixed units none at all.
        if amount.at("lifetime")?.stringValue != "0" {
            rows.append([
                Cell("amount"), Cell(""), .amount(amount["7d"]), .amount(amount["28d"]), Cell(""), Cell(""), Cell(""),
                .amount(amount["lifetime"]),
            ])
        }
        page.table(Table(columns: columns, rows: rows))
        let beyond = events.at("beyond_horizon")?.intValue ?? 0
        page.line(
            "used on \(Quantity.whole(card.at("active_days_28d")?.intValue)) of 28 days",
            "\(Quantity.whole(card.at("tasks_used_28d")?.intValue)) tasks used",
            beyond > 0 ? "\(Quantity.whole(beyond)) events older than the history" : "")
    }

    private func trend(_ page: inout Page) {
        let series = card["series"] ?? .null
        let events = series["events"]?.numbers.map { $0 ?? 0 } ?? []
        guard !events.isEmpty else { return }
        guard events.contains(where: { $0 > 0 }) else {
            page.section("\(events.count) days", note: "no use at all")
            return
        }
        let columns = max(8, width - Self.nameWidth - 20)
        let users = series["active_users"]?.numbers.map { $0 ?? 0 } ?? []
        let (bars, size) = Sparkline.grouped(events, columns: columns)
        let days = size == 1 ? "a bar a day" : "a bar for \(size) days"
        page.section("\(events.count) days", note: "from \(series.at("from")?.stringValue ?? ""), \(days)")
        entryOfBars("events", bars, "most a day \(Quantity.whole(events.max().map { Int($0) }))", &page)
        guard !users.isEmpty else { return }
        entryOfBars(
            "users", Sparkline.grouped(users, columns: columns).values,
            "most a day \(Quantity.whole(users.max().map { Int($0) }))", &page)
    }

    private func entryOfBars(_ name: String, _ bars: [Double], _ note: String, _ page: inout Page) {
        page.entry(name, Sparkline.text(bars) + " " + note, nameWidth: Self.nameWidth)
    }

    private func users(_ page: inout Page) {
        let users = card["users"] ?? .null
        func count(_ name: String) -> String { Quantity.whole(users.at(name)?.intValue) }
        page.section("Users", note: "28 days")
        page.line(
            "\(count("active_28d")) of \(count("total")) active", "\(count("retained_28d")) stayed",
            "\(count("new_28d")) new", "\(count("resurrected_28d")) came back", "\(count("dormant_28d")) went quiet")
        page.line(
            "DAU/MAU \(Quantity.decimal(users.at("dau_mau")?.doubleValue, decimals: 2))",
            "quick ratio \(Quantity.decimal(users.at("quick_ratio_28d")?.doubleValue, decimals: 2))")
        let curve = users["power_curve"]?.numbers ?? []
        if curve.contains(where: { ($0 ?? 0) > 0 }) {
            page.entry(
                "power curve", Sparkline.text(curve) + " users by days used, 1 … \(curve.count)",
                nameWidth: Self.nameWidth)
        }
    }

    private func people(_ page: inout Page) {
        let people = card["people"] ?? .null
        guard people.at("first") != nil || people.at("most_active") != nil else { return }
        page.section("People")
        if let most = people.at("most_active") {
            var words =
                "\(most.at("user")?.stringValue ?? ""): \(Quantity.whole(most.at("events_28d")?.intValue)) events"
            words += " in 28 days, \(Quantity.percent(most.at("share_28d")?.doubleValue)) of all people's work"
            if let role = most.at("role")?.stringValue { words += ", \(role)" }
            words += ", last \(Quantity.since(most.at("last")?.stringValue, now: now))"
            page.entry("most active", words, nameWidth: Self.nameWidth)
        }
        if let champion = people.at("champion"), let user = champion.at("user")?.stringValue {
            page.entry(
                "champion", "\(user): last active \(Quantity.days(champion.at("idle_days")?.doubleValue)) ago",
                nameWidth: Self.nameWidth)
        }
        for (name, key) in [("first", "first"), ("last", "last")] {
            guard let person = people.at(key), let user = person.at("user")?.stringValue else { continue }
            page.entry(name, "\(user): \(Quantity.instant(person.at("time")?.stringValue))", nameWidth: Self.nameWidth)
        }
        if let factor = people.at("bus_factor_28d")?.intValue, factor > 0 {
            page.entry(
                "bus factor", "\(factor) \(factor == 1 ? "person does" : "people do") 80 % of the work",
                nameWidth: Self.nameWidth)
        }
    }

    private func seats(_ page: inout Page) {
        let seats = card["seats"] ?? .null
        guard let limit = seats.at("limit")?.doubleValue else { return }
        page.section("Seats")
        let fill = seats.at("fill")?.doubleValue
        let style: Style = (fill ?? 0) >= 1 ? .bad : (fill ?? 0) >= 0.9 ? .warning : .plain
        page.line([
            (
                Sparkline.gauge(fill ?? 0, columns: 20)
                    + " \(Quantity.percent(fill)) of \(Quantity.decimal(limit)) filled", style
            ),
            ("\(Quantity.percent(seats.at("util")?.doubleValue)) used in 28 days", .plain),
            ("\(Quantity.percent(seats.at("activation")?.doubleValue)) of users active", .plain),
        ])
    }

    private func tasks(_ page: inout Page) {
        let tasks = card.at("tasks")?.arrayValue ?? []
        guard !tasks.isEmpty else { return }
        let shown = Array(tasks.prefix(Self.taskLimit))
        let note = tasks.count > shown.count ? "\(shown.count) of \(tasks.count); `tenure tasks` lists all" : ""
        page.section("Tasks", note: note)
        page.table(TasksTable.table(shown))
    }

    private func scores(_ page: inout Page) {
        let scores = card.at("scores")?.members ?? []
        guard !scores.isEmpty else { return }
        page.section("Scores")
        for score in scores {
            var words = Quantity.decimal(score.value.at("value")?.doubleValue)
            if let coverage = score.value.at("coverage")?.doubleValue {
                words += ", known for \(Quantity.percent(coverage)) of its weight"
            }
            page.entry(score.name, words, nameWidth: Self.nameWidth)
        }
    }

    private func traits(_ page: inout Page) {
        let traits = card.at("traits")?.members ?? []
        guard !traits.isEmpty else { return }
        page.section("Traits")
        page.line(traits.map { ("\($0.name) \($0.value.plainText ?? Quantity.unknown)", .plain) })
    }
}
