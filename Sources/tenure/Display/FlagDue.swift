import UsageModel

/// Until when somebody should have been in touch with a flag's company, and whether that was missed.
enum FlagDue {
    /// `2026-11-29`, `2026-11-29 LATE` while nobody has been; empty where nothing is due.
    static func cell(_ flag: JSON) -> Cell {
        guard let due = flag.at("due")?.stringValue else { return Cell("") }
        let isLate = isLate(flag)
        return Cell(Quantity.date(due) + (isLate ? " LATE" : ""), raw: due, style: isLate ? .bad : .plain)
    }

    private static func isLate(_ flag: JSON) -> Bool {
        let isOver = ["cleared", "closed"].contains(flag.at("state")?.stringValue)
        return !isOver && flag.at("overdue_since") != nil && flag.at("followed_up_at") == nil
    }
}
