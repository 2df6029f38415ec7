import UsageModel

/// A stretch without use: the day of the last event before it and that of the first behind it, nil
/// when the log ends first.
struct Departure {
    var last: Int
    var back: Int?
}

/// On which UTC days each company used the product, as it is known at the end of the log.
struct ActivityHistory {
    /// One company's use and what became of it.
    struct Company {
        /// UTC days since 1970.
        fileprivate(set) var days = DistinctNumbers()
        /// Sum of `count` over qualifying events.
        fileprivate(set) var events: UInt64 = 0
        /// Every outcome, in the order of the log.
        fileprivate(set) var outcomes: [(word: String, day: Int)] = []

        fileprivate mutating func note(_ day: Int32, count: UInt64) {
            events &+= count
            days.note(day)
        }
    }

    /// By company number.
    private var companies: [Company] = []

    /// Notes a qualifying event.
    mutating func note(_ record: Record) {
        companies[place(of: record.company)].note(record.time.utcDay.number, count: record.count)
    }

    mutating func note(outcome word: String, of company: CompanyID, at time: Timestamp) {
        companies[place(of: company)].outcomes.append((word, Int(time.utcDay.number)))
    }

    private mutating func place(of company: CompanyID) -> Int {
        let index = Int(company.number)
        while companies.count <= index { companies.append(Company()) }
        return index
    }

    /// Sorts every company's days; must come before any question.
    mutating func settle() { for index in companies.indices { companies[index].days.settle() } }

    /// Nil when the company never had an event or an outcome that count.
    subscript(company: CompanyID) -> Company? {
        let index = Int(company.number)
        return index < companies.count ? companies[index] : nil
    }

    /// All companies that ever had a qualifying event.
    var active: some Sequence<(company: CompanyID, history: Company)> {
        companies.indices.lazy.filter { !companies[$0].days.values.isEmpty }
            .map { (CompanyID(number: UInt32($0)), companies[$0]) }
    }
}

extension ActivityHistory.Company {
    /// The stretches of at least `length` days without use, the last one measured to `end`.
    func silences(ofDays length: Int, end: Int) -> [Departure] {
        var found: [Departure] = []
        for (day, next) in zip(days.values, days.values.dropFirst()) where Int(next) - Int(day) >= length {
            found.append(Departure(last: Int(day), back: Int(next)))
        }
        if let last = days.values.last, end - Int(last) >= length {
            found.append(Departure(last: Int(last), back: nil))
        }
        return found
    }

    /// On how many of the days `first...end` the company had been active within the last `length` days.
    func daysActive(within length: Int, first: Int, end: Int) -> Int {
        var sum = 0
        var covered = first - 1
        for day in days.values {
            let from = max(Int(day), covered + 1)
            let through = min(Int(day) + length - 1, end)
            guard through >= from else { continue }
            sum += through - from + 1
            covered = through
        }
        return sum
    }
}
