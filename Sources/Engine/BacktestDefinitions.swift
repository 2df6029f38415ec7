extension BacktestReport {
    /// What the figures mean, for whoever reads the report without its source.
    static func definitions(of request: BacktestRequest, isEventClock: Bool) -> [String] {
        let knownAt =
            isEventClock
            ? "known_at event: now follows the events' times, so each rule knew what had happened by then, in the "
                + "order of the log; an event that came late counts from its place in the log on"
            : "known_at log: now is the log time of each block, so each rule knew what stood in the log by then"
        var lines = [knownAt]
        if let part = request.part {
            lines.append(
                "part \(part.text): only companies whose name's XXH3-64 hash leaves \(part.number - 1) when divided by "
                    + "\(part.of); rules tuned on one part have their honest figures on another")
        }
        lines += [
            "what operators did to flags is left out: nobody acknowledges, snoozes or closes one here",
            "flapping: raised again within 7 days of a clear",
            "alerts_week_100: raises a week per 100 companies with a qualifying event in the last \(activeDays) days",
        ]
        guard let truth = request.truth else { return lines }
        return lines + judgements(by: truth) + (truth.isLeaving ? odds : [])
    }

    private static func judgements(by truth: BacktestTruth) -> [String] {
        let horizon = truth.horizonDays
        let size = "companies with at least \(leastUsers) users and \(leastEvents) events"
        var lines: [String]
        switch truth {
        case .outcome(let word):
            lines = [
                "precision: alerts followed by the outcome \(word) within \(horizon) days, of those at least "
                    + "\(horizon) days before the end",
                "recall: \(size) whose last outcome is \(word), named at least \(lastDays) days before it",
            ]
        case .silence(let days):
            lines = [
                "precision: alerts after which the company left, that is, was without a qualifying event for \(days) "
                    + "days on end, which began at most \(horizon) days after the alert, or had the outcome churned by "
                    + "then; of the alerts at least \(horizon + days) days before the end",
                "silent: the same, but those \(days) days began with the alert; of the alerts at least \(days) days "
                    + "before the end. An alert in time for recall is never one of them",
                "recall: \(size) that had no qualifying event in the last \(days) days of the log, or ended with the "
                    + "outcome churned, named at any time at least \(lastDays) days before their last day of use",
            ]
        }
        lines += [
            "recall_recent: the same, but named no earlier than \(horizon) days before that day",
            "lead_days: from a right alert to that company's last day; negative when the alert came after it",
            "low, high: Wilson's 95 % interval, as if every alert stood alone; one company's alerts resemble each "
                + "other, so where they are many the truth is less certain. p50_low, p50_high: the same of the median, "
                + "from the order of the leads. Days are UTC dates",
        ]
        return lines
    }

    private static let odds = [
        "tasks: companies of that size, how many had a qualifying event of the task in \(TaskHistory.oddsWeeks) weeks; "
            + "left: those up to the last week of use; stayed: those up to such a week of a company that left, dealt "
            + "round, so both sides were using the product in the same years. A company about to leave does less of "
            + "everything: read the order of the tasks rather than their distance from 1",
        "odds_ratio: (left with × stayed without) ÷ (left without × stayed with), 0.5 added to each (Haldane, "
            + "Anscombe); low, high: Woolf's 95 % interval; of 20 tasks that mean nothing, one lies outside by chance",
    ]
}
