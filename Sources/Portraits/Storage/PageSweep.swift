import UsageModel

/// Says when it is which page's turn to drop its users' days that no window reaches any more.
///
/// All pages have their turn once in `period` of the log's time, one behind the other. With a company's users all at once its
/// first event of a day waited for them, and the next checkpoint had all of their rows to write.
struct PageSweep {
    /// `now` from which on the next page has its turn, in milliseconds.
    private(set) var due = Int64.min
    private var page = 0

    static let period = Int64(CompanyState.pruningInterval) * millisecondsPerDay

    /// The page whose turn it is. Only when it is due, and where there are pages.
    ///
    /// After a long time without records one has its turn with each of them until all had it.
    mutating func next(now: Int64, pageCount: Int) -> Int {
        if due == .min {
            // As many have had it in this period as there are before.
            let passed = now % Self.period
            page = Int(passed < 0 ? passed + Self.period : passed) * pageCount / Int(Self.period)
            due = now
        }
        due = max(due, now - Self.period) + max(Self.period / Int64(pageCount), 1)
        if page >= pageCount { page = 0 }
        defer { page += 1 }
        return page
    }
}
