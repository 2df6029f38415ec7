import Glibc
import UsageModel

/// How much more often companies that left had used one task than companies that stayed.
struct TaskOdds {
    let task: TaskID
    /// Companies that left: with the task, of all.
    let left: Proportion
    /// Companies that stayed, likewise.
    let stayed: Proportion
    /// (Left with × stayed without) ÷ (left without × stayed with); above 1 when leavers used it more.
    let ratio: Double
    /// The interval of `ratio` at 95 %.
    let low: Double
    let high: Double
    /// Standard errors between the ratio's logarithm and 0, either way.
    let evidence: Double

    /// Added to each cell of the table, so that an empty one leaves the ratio finite and its logarithm
    /// nearly without bias: Haldane (1956), "The estimation and significance of the logarithm of a ratio
    /// of frequencies", Annals of Human Genetics 20; Anscombe (1956), "On estimating binomial response
    /// relations", Biometrika 43.
    private static let correction = 0.5

    /// The interval is Woolf's: the logarithm is about normal, its variance the sum of the cells'
    /// reciprocals. Woolf (1955), "On estimating the relation between blood group and disease", Annals of
    /// Human Genetics 19.
    init(_ task: TaskID, left: Proportion, stayed: Proportion) {
        self.task = task
        self.left = left
        self.stayed = stayed
        let cells = [left.count, left.of - left.count, stayed.count, stayed.of - stayed.count]
            .map { Double($0) + Self.correction }
        ratio = cells[0] * cells[3] / (cells[1] * cells[2])
        let error = cells.reduce(0) { $0 + 1 / $1 }.squareRoot()
        low = ratio * exp(-Proportion.z * error)
        high = ratio * exp(Proportion.z * error)
        evidence = abs(log(ratio)) / error
    }
}

extension TaskHistory {
    /// A quarter; whole weeks, so that every stretch has as many weekends.
    static let oddsWeeks = 13

    /// One table a task that any of them used, the strongest evidence first.
    ///
    /// Equally long stretches of the same years are compared, in all of which the product was in use. A
    /// company that left is looked at over the 13 weeks up to its last week of use. Each company that
    /// stayed is looked at over the 13 weeks up to such a week of a company that left: these weeks are dealt
    /// round in order of time, and where a company used nothing in its 13 weeks it is dealt the next ones.
    /// So every company counts once, and a task that came or went with the years counts alike on both sides.
    ///
    /// Companies about to leave do less of everything: the order of the tasks says more than their
    /// distance from 1. O((left + stayed × weeks) × tasks of a company).
    ///
    /// - Parameters:
    ///   - left: companies that left, each with its last week of use.
    ///   - stayed: companies that did not, in any fixed order.
    func odds(left: [(company: CompanyID, week: Int)], stayed: [CompanyID]) -> [TaskOdds] {
        let weeks = left.map(\.week).sorted()
        guard !weeks.isEmpty else { return [] }
        var counts: [TaskID: (left: Int, stayed: Int)] = [:]
        for (company, week) in left {
            for task in tasks(of: company, in: Self.oddsWeeks, weeksTo: week) {
                counts[task, default: (0, 0)].left += 1
            }
        }
        var stayedCount = 0
        for (place, company) in stayed.enumerated() {
            let used = tasks(of: company, dealt: place % weeks.count, of: weeks)
            if !used.isEmpty { stayedCount += 1 }
            for task in used { counts[task, default: (0, 0)].stayed += 1 }
        }
        return counts.map { task, count in
            TaskOdds(
                task, left: Proportion(count: count.left, of: left.count),
                stayed: Proportion(count: count.stayed, of: stayedCount))
        }
        .sorted { ($0.evidence, $1.task.number) > ($1.evidence, $0.task.number) }
    }

    /// What `company` used in the weeks up to the first of `weeks`, from `place` on and round, in which
    /// it used anything; empty when there is none.
    private func tasks(of company: CompanyID, dealt place: Int, of weeks: [Int]) -> [TaskID] {
        var tried: Int?
        for step in weeks.indices {
            let week = weeks[(place + step) % weeks.count]
            // Many companies may have left in one week.
            guard week != tried else { continue }
            tried = week
            let used = tasks(of: company, in: Self.oddsWeeks, weeksTo: week)
            if !used.isEmpty { return used }
        }
        return []
    }
}
