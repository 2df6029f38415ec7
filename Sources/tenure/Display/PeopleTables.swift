import UsageModel

/// The rows of `tenure users ID`.
enum UsersTable {
    static func table(_ users: [JSON]) -> Table {
        let columns = [
            Column("user", "USER", leastWidth: 12), Column("name", "NAME", leastWidth: 8),
            Column("role", "ROLE", leastWidth: 6), Column("events_28d", "EVENTS 28D", .right),
            Column("active_days_28d", "DAYS 28D", .right),
            Column("events_lifetime", "LIFETIME", .right, isExpendable: true),
            Column("first", "FIRST", isExpendable: true), Column("last", "LAST"), Column("state", "STATE"),
        ]
        return Table(columns: columns, rows: users.map(row))
    }

    private static func row(_ user: JSON) -> [Cell] {
        var states: [String] = []
        if user["left"]?.boolValue == true { states.append("left") }
        if user["staff"]?.boolValue == true { states.append("staff") }
        return [
            .text(user["user"], style: .heading), .text(user.at("name") ?? user.at("email")), .text(user["role"]),
            .whole(user["events_28d"]), .whole(user["active_days_28d"]), .whole(user["events_lifetime"]),
            .date(user["first"]), .date(user["last"]),
            Cell(states.joined(separator: ", "), raw: states.joined(separator: ","), style: .faint),
        ]
    }
}

/// The rows of `tenure tasks ID`, and of the card's tasks.
enum TasksTable {
    static func table(_ tasks: [JSON]) -> Table {
        let columns = [
            Column("task", "TASK", leastWidth: 14), Column("7d", "7D", .right), Column("28d", "28D", .right),
            Column("prior_28d", "28D BEFORE", .right), Column("change", "CHANGE", .right),
            Column("lifetime", "LIFETIME", .right), Column("amount_28d", "AMOUNT 28D", .right, isExpendable: true),
            Column("last", "LAST"),
        ]
        return Table(columns: columns, rows: tasks.map(row))
    }

    private static func row(_ task: JSON) -> [Cell] {
        [
            .text(task["task"]), .whole(task["7d"]), .whole(task["28d"]), .whole(task["prior_28d"]),
            .change(task["28d"], from: task["prior_28d"]), .whole(task["lifetime"]), .amount(task["amount_28d"]),
            .date(task["last"]),
        ]
    }
}
