import UsageModel

/// The answer of `tenure rules backtest`.
enum BacktestPage {
    /// For pipes: a row a rule, and one for all rules of each kind, with everything about them.
    static func table(_ report: JSON) -> Table {
        let rows = rows(report)
        let isJudged = rows.contains(where: isJudged)
        return Table(
            columns: countColumns + (isJudged ? judgementColumns : []),
            rows: rows.map { counts($0) + (isJudged ? judgements($0) : []) })
    }

    private static func rows(_ report: JSON) -> [JSON] {
        (report["rules"]?.arrayValue ?? []) + (report["kinds"]?.arrayValue ?? [])
    }

    private static func isJudged(_ row: JSON) -> Bool { row["precision"] != nil }

    private static let ruleColumn = Column("rule", "RULE", leastWidth: 10)
    private static let countColumns = [
        ruleColumn, Column("raised", "RAISED", .right), Column("companies", "COMPANIES", .right),
        Column("open_days", "OPEN DAYS", .right), Column("flapping", "FLAPPING", .right),
        Column("alerts_week_100", "/WEEK/100", .right),
    ]
    private static let judgementColumns = [
        Column("precision", "PRECISION", .right), Column("precision.of", "OF", .right),
        Column("silent", "SILENT", .right), Column("recall", "RECALL", .right),
        Column("recall_recent", "RECENT", .right), Column("lead_days", "LEAD", .right),
    ]

    /// How good the alerts were; rules that raised nothing are left out.
    private static func judgementTable(_ rows: [JSON]) -> Table {
        let judged = rows.filter { isJudged($0) && $0["raised"]?.intValue != 0 }
        return Table(
            columns: [ruleColumn] + judgementColumns, rows: judged.map { [name($0)] + judgements($0) })
    }

    private static func name(_ row: JSON) -> Cell {
        .text(row["rule"], style: row["severity"]?.isNull == false ? .plain : .heading)
    }

    private static func counts(_ row: JSON) -> [Cell] {
        [
            name(row), .whole(row["raised"]), .whole(row["companies"]),
            Cell(
                Quantity.whole(row["open_days"]?.doubleValue.map { Int($0) }), raw: row["open_days"]?.plainText ?? ""),
            .whole(row["flapping"]),
            Cell(
                Quantity.decimal(row["alerts_week_100"]?.doubleValue, decimals: 2),
                raw: row["alerts_week_100"]?.plainText ?? ""),
        ]
    }

    private static func judgements(_ row: JSON) -> [Cell] {
        let leads = ["p10", "p50", "p90"].map { row["lead_days"]?[$0]?.intValue.map(String.init) ?? Quantity.unknown }
        let hasLeads = (row["lead_days"]?["count"]?.intValue ?? 0) > 0
        return [
            proportion(row["precision"], withInterval: true), .whole(row["precision"]?["of"]),
            proportion(row["silent"], withInterval: false),
            proportion(row["recall"], withInterval: true), proportion(row["recall_recent"], withInterval: false),
            Cell(
                hasLeads ? leads.joined(separator: "/") : Quantity.unknown,
                raw: hasLeads ? leads.joined(separator: ",") : ""),
        ]
    }

    /// "61 % (53–68)"; a bare ratio for programs.
    private static func proportion(_ value: JSON?, withInterval: Bool) -> Cell {
        guard let value, let of = value["of"]?.intValue, of > 0 else {
            return Cell(Quantity.unknown, raw: "", style: .faint)
        }
        var text = Quantity.percent(value["value"]?.doubleValue)
        if withInterval {
            let bounds = ["low", "high"].map { Quantity.decimal(value[$0]?.doubleValue.map { $0 * 100 }, decimals: 0) }
            text += " (\(bounds.joined(separator: "–")))"
        }
        return Cell(text, raw: value["value"]?.plainText ?? "")
    }

    /// A row a task: how many of the companies that left had used it, and of those that stayed.
    private static func taskTable(_ tasks: [JSON]) -> Table {
        Table(
            columns: [
                Column("task", "TASK", leastWidth: 10), Column("left", "LEFT", .right),
                Column("stayed", "STAYED", .right), Column("odds_ratio", "ODDS RATIO (95 %)", .right),
            ],
            rows: tasks.map { task in
                let bounds = ["low", "high"].map { Quantity.decimal(task[$0]?.doubleValue, decimals: 2) }
                let ratio = Quantity.decimal(task["odds_ratio"]?.doubleValue, decimals: 2)
                return [
                    .text(task["task"]), share(task["left"]), share(task["stayed"]),
                    Cell("\(ratio) (\(bounds.joined(separator: "–")))"),
                ]
            })
    }

    /// "12 of 37".
    private static func share(_ value: JSON?) -> Cell {
        Cell("\(Quantity.whole(value?["count"]?.intValue)) of \(Quantity.whole(value?["of"]?.intValue))")
    }

    static func text(_ report: JSON, seconds: Double, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let events = report["events"]?.intValue
        let speed = events.map { Int(Double($0) / max(seconds, 1e-6)) }
        page.title(
            "Backtest of rules \(report["version"]?.stringValue ?? "")",
            right: "through \(Quantity.instant(report["through"]?.stringValue))")
        page.line(
            "\(Quantity.whole(report["companies"]?.intValue)) companies", "\(Quantity.whole(events)) events",
            "\(Quantity.whole(report["looks"]?.intValue)) looks", "known at \(report["known_at"]?.stringValue ?? "")",
            report.at("part").map { "part \($0.stringValue ?? "") of the companies" } ?? "",
            report.at("since").map { "since \(Quantity.date($0.stringValue))" } ?? "",
            "\(Quantity.decimal(seconds)) s, \(Quantity.whole(speed)) events/s"
        )
        let rows = rows(report)
        page.table(Table(columns: countColumns, rows: rows.map(counts)))
        let leavers = rows.compactMap { $0["recall"]?["of"]?.intValue }.max()
        if let leavers {
            page.section(
                "Judged by what became of the companies",
                note: "recall of \(Quantity.whole(leavers)); in brackets 95 %; lead in days, 10/50/90 %")
            page.table(judgementTable(rows))
        }
        let tasks = report["tasks"]?.arrayValue ?? []
        if !tasks.isEmpty {
            let more = report["tasks_left_out"]?.intValue ?? 0
            page.section(
                "Tasks of companies that left and stayed", note: more > 0 ? "\(Quantity.whole(more)) more" : "")
            page.table(taskTable(tasks))
        }
        page.section("What was counted")
        for line in report["definitions"]?.arrayValue ?? [] { page.paragraph(line.stringValue ?? "") }
        return page.text
    }
}
