import UsageModel

/// When each company is to be looked at next: after its records, and when time alone may change a
/// verdict. The daemon's writer and a backtest follow the same one.
struct LookSchedule {
    private var deadlines = DeadlineQueue()
    /// By company number: under `clock: event` the value of `now` at its last record that no look has
    /// covered yet; under `clock: wall` the log time of such a record.
    private var unlookedSince: [Timestamp?] = []
    /// Companies with a value in `unlookedSince`, in the order in which they got it. Entries of
    /// companies that were looked at meanwhile stay until there are as many as companies.
    private var unlooked: [CompanyID] = []
    /// How many of them `popUnlooked` has passed.
    private var unlookedPassed = 0

    /// The next deadline, nil when there is none.
    var first: Timestamp? { mutating get { deadlines.first } }

    /// When `company` is to be looked at next; nil when time alone changes nothing.
    func deadline(of company: CompanyID) -> Timestamp? { deadlines[company] }

    /// When the last record of `company` came that no look has covered; nil when there is none.
    func unlookedSince(_ company: CompanyID) -> Timestamp? {
        let index = Int(company.number)
        return index < unlookedSince.count ? unlookedSince[index] : nil
    }

    /// Notes that `company` has a record that no look has covered yet.
    ///
    /// - Parameter byHour: `clock: event`. The look comes at the end of the UTC hour at the latest, and
    ///   so before the company's next event of a later hour. Commits play no part: an import raises the
    ///   same flags however it is cut into packets.
    mutating func mark(_ company: CompanyID, now: Timestamp, byHour: Bool) {
        let index = Int(company.number)
        while unlookedSince.count <= index { unlookedSince.append(nil) }
        if unlookedSince[index] == nil {
            if unlooked.count > unlookedSince.count * 2 { compactUnlooked() }
            unlooked.append(company)
        }
        unlookedSince[index] = now
        guard byHour else { return }
        let hourEnd = Self.hourEnd(now)
        deadlines.schedule(company, at: min(hourEnd, deadlines[company] ?? hourEnd))
    }

    private mutating func compactUnlooked() {
        unlooked.removeFirst(unlookedPassed)
        unlookedPassed = 0
        var seen: Set<CompanyID> = []
        unlooked.removeAll { unlookedSince[Int($0.number)] == nil || !seen.insert($0).inserted }
    }

    /// Takes the next company with records that no look has covered, with when the last of them came.
    mutating func popUnlooked() -> (company: CompanyID, now: Timestamp)? {
        while unlookedPassed < unlooked.count {
            let company = unlooked[unlookedPassed]
            unlookedPassed += 1
            guard let since = unlookedSince(company) else { continue }
            unlookedSince[Int(company.number)] = nil
            return (company, since)
        }
        unlooked.removeAll(keepingCapacity: true)
        unlookedPassed = 0
        return nil
    }

    /// The company to which `popUnlooked` comes after so many more; nil when there are not so many.
    func unlooked(ahead count: Int) -> CompanyID? {
        let index = unlookedPassed + count - 1
        return index < unlooked.count ? unlooked[index] : nil
    }

    /// Takes the first company whose deadline is not after `now`, with the instant at which to look at
    /// it: that of its last record, when it has one that no look has covered.
    mutating func popDue(notAfter now: Timestamp) -> (company: CompanyID, now: Timestamp)? {
        guard let (company, time) = deadlines.popDue(notAfter: now) else { return nil }
        return (company, unlookedSince(company) ?? time)
    }

    /// Notes that `company` is about to be looked at as it stands.
    mutating func beginLook(at company: CompanyID) {
        let index = Int(company.number)
        if index < unlookedSince.count { unlookedSince[index] = nil }
    }

    /// Sets the deadline that a look at the instant `now` has found.
    mutating func endLook(at company: CompanyID, now: Timestamp, next: Timestamp?) {
        // A deadline at or before this look would be a look without end.
        deadlines.schedule(company, at: next.map { max($0, now + 1) })
    }

    /// Sees to it that `company` is looked at at `time` at the latest.
    mutating func bringForward(_ company: CompanyID, to time: Timestamp) {
        deadlines.schedule(company, at: min(time, deadlines[company] ?? time))
    }

    /// By company number, as `restore` takes them.
    var allDeadlines: [Timestamp] { deadlines.all }

    /// Takes over the deadlines of a schedule that was kept; what is unlooked is not among them.
    mutating func restore(_ all: [Timestamp]) { deadlines.restore(all) }

    /// Forgets all deadlines, to be sought anew; what is unlooked stays so.
    mutating func removeDeadlines() { deadlines.removeAll() }

    /// Gives a company with a record that no look has covered the deadline of `mark(_:now:byHour:)` again.
    mutating func reschedule(_ company: CompanyID, unlookedSince since: Timestamp) {
        deadlines.schedule(company, at: Self.hourEnd(since))
    }

    static func hourEnd(_ time: Timestamp) -> Timestamp {
        Timestamp(milliseconds: (time.utcHour + 1) * millisecondsPerHour)
    }
}
