import Portraits
import Rules
import UsageModel

/// How a backtest tells the companies that left from those that stayed, with hindsight.
public enum BacktestTruth: Sendable, Equatable {
    /// Those with this outcome: renewed, expanded, contracted, converted or churned.
    case outcome(String)
    /// Those without a qualifying event for so many days, and those with the outcome churned.
    case silence(days: Int)

    /// How long after an alert a loss still counts as what it warned of, where only outcomes speak.
    static let outcomeHorizonDays = 180

    /// How many days after an alert a company has to leave for the alert to be right.
    var horizonDays: Int {
        switch self {
        case .outcome: Self.outcomeHorizonDays
        case .silence(let days): days
        }
    }

    /// The kinds of rules that this speaks about.
    var kinds: Set<FlagKind> {
        switch self {
        case .outcome("renewed"), .outcome("expanded"), .outcome("converted"): [.upsell, .lead]
        case .outcome, .silence: [.churn]
        }
    }

    /// `outcome:churned`, or a silence of whole days such as `180d`; nil for anything else.
    public init?(against: String?, churnedAfter: String?) {
        if let churnedAfter, against == nil {
            guard let milliseconds = DurationText.milliseconds(churnedAfter), milliseconds >= millisecondsPerDay,
                milliseconds % millisecondsPerDay == 0
            else { return nil }
            self = .silence(days: Int(milliseconds / millisecondsPerDay))
        } else {
            guard let against, churnedAfter == nil,
                let word = Self.outcomes.first(where: { against == "outcome:" + $0 })
            else { return nil }
            self = .outcome(word)
        }
    }

    private static let outcomes = ["renewed", "expanded", "contracted", "converted", "churned"]
}

/// A stretch without use: the day of the last event before it and that of the first behind it, nil
/// when the log ends first.
struct Departure {
    var last: Int
    var back: Int?
}

/// On which UTC days each company used the product, as it is known at the end of the log.
struct ActivityHistory {
    /// One company's days, most of them once.
    struct Company {
        /// UTC days since 1970; ascending and without repetition only after `settle`.
        fileprivate(set) var days: [Int32] = []
        /// Sum of `count` over qualifying events.
        fileprivate(set) var events: UInt64 = 0
        /// Every outcome, in the order of the log.
        fileprivate(set) var outcomes: [(word: String, day: Int)] = []
        /// How many of `days` the last compaction left.
        private var settledCount = 0

        /// Late events repeat days; below this it is not worth sorting.
        private static let leastCompaction = 256

        fileprivate mutating func note(_ day: Int32, count: UInt64) {
            events &+= count
            guard days.last != day else { return }
            days.append(day)
            if days.count > max(Self.leastCompaction, settledCount * 2) { settle() }
        }

        fileprivate mutating func settle() {
            days.sort()
            var kept = 0
            for index in days.indices where kept == 0 || days[kept - 1] != days[index] {
                days[kept] = days[index]
                kept += 1
            }
            days.removeLast(days.count - kept)
            settledCount = kept
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
    mutating func settle() { for index in companies.indices { companies[index].settle() } }

    /// Nil when the company never had an event or an outcome that count.
    subscript(company: CompanyID) -> Company? {
        let index = Int(company.number)
        return index < companies.count ? companies[index] : nil
    }

    /// All companies that ever had a qualifying event.
    var active: some Sequence<(company: CompanyID, history: Company)> {
        companies.indices.lazy.filter { !companies[$0].days.isEmpty }
            .map { (CompanyID(number: UInt32($0)), companies[$0]) }
    }
}

extension ActivityHistory.Company {
    /// The stretches of at least `length` days without use, the last one measured to `end`.
    func silences(ofDays length: Int, end: Int) -> [Departure] {
        var found: [Departure] = []
        for (day, next) in zip(days, days.dropFirst()) where Int(next) - Int(day) >= length {
            found.append(Departure(last: Int(day), back: Int(next)))
        }
        if let last = days.last, end - Int(last) >= length { found.append(Departure(last: Int(last), back: nil)) }
        return found
    }

    /// On how many of the days `first...end` the company had been active within the last `length` days.
    func daysActive(within length: Int, first: Int, end: Int) -> Int {
        var sum = 0
        var covered = first - 1
        for day in days {
            let from = max(Int(day), covered + 1)
            let through = min(Int(day) + length - 1, end)
            guard through >= from else { continue }
            sum += through - from + 1
            covered = through
        }
        return sum
    }
}
