import UsageModel

/// In which weeks each company used each task, as it is known at the end of the log.
struct TaskHistory {
    /// Weeks since 1970-01-01, a Thursday, in UTC.
    private struct Use {
        var task: TaskID
        var weeks = DistinctNumbers()
    }

    private struct CompanyTask: Hashable {
        var company: CompanyID
        var task: TaskID
    }

    /// By company number.
    private var companies: [[Use]] = []
    private var places: [CompanyTask: Int] = [:]

    private static let daysAWeek = 7

    static func week(ofDay day: Int) -> Int {
        let (week, rest) = day.quotientAndRemainder(dividingBy: daysAWeek)
        return rest < 0 ? week - 1 : week
    }

    /// Notes a qualifying event. Amortised O(1).
    mutating func note(_ record: Record) {
        let index = Int(record.company.number)
        while companies.count <= index { companies.append([]) }
        let key = CompanyTask(company: record.company, task: record.task)
        let place = places[key] ?? companies[index].count
        if place == companies[index].count {
            companies[index].append(Use(task: record.task))
            places[key] = place
        }
        companies[index][place].weeks.note(Int32(Self.week(ofDay: Int(record.time.utcDay.number))))
    }

    /// Must come before any question.
    mutating func settle() {
        for company in companies.indices {
            for place in companies[company].indices { companies[company][place].weeks.settle() }
        }
    }

    /// The tasks of which `company` had a qualifying event in the `count` weeks up to `last`.
    /// O(its tasks × log of their weeks).
    func tasks(of company: CompanyID, in count: Int, weeksTo last: Int) -> [TaskID] {
        let index = Int(company.number)
        guard index < companies.count else { return [] }
        return companies[index].compactMap { use in
            guard let week = use.weeks.last(notAfter: last), week > last - count else { return nil }
            return use.task
        }
    }
}
