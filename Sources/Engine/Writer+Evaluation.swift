import Portraits
import Rules
import UsageModel

/// When the rules look at a company: after its records, and when time alone changes a verdict.
extension Writer {
    /// Notes that `company` has a record that no look has covered yet.
    func markUnlooked(_ company: CompanyID, now: Timestamp) {
        let index = Int(company.number)
        while unlookedSince.count <= index { unlookedSince.append(nil) }
        if unlookedSince[index] == nil {
            // Entries of companies that were looked at meanwhile stay until there are as many as companies.
            if unlooked.count > unlookedSince.count * 2 { compactUnlooked() }
            unlooked.append(company)
        }
        unlookedSince[index] = now
        guard isEventClock else { return }
        // At the end of the UTC hour at the latest, and so before the company's next event of a later
        // hour. Commits play no part: an import raises the same flags however it is cut into packets.
        let hourEnd = Timestamp(milliseconds: (now.utcHour + 1) * millisecondsPerHour)
        deadlines.schedule(company, at: min(hourEnd, deadlines[company] ?? hourEnd))
    }

    private func compactUnlooked() {
        var seen: Set<CompanyID> = []
        unlooked.removeAll { unlookedSince[Int($0.number)] == nil || !seen.insert($0).inserted }
    }

    /// Looks at every company with records that no look has covered: at the end of a block under
    /// `clock: wall`, at `sync` and close under `clock: event`.
    func lookAtUnlooked() throws(EngineError) {
        for company in unlooked {
            guard let since = unlookedSince[Int(company.number)] else { continue }
            try look(at: company, now: since)
        }
        unlooked.removeAll(keepingCapacity: true)
    }

    /// Looks at every company whose deadline has come, in order of time, so that each flag is raised
    /// at its true instant also when several instants passed at once.
    func fireDeadlines(notAfter now: Timestamp) throws(EngineError) {
        while let (company, time) = deadlines.popDue(notAfter: now) {
            let index = Int(company.number)
            let since = index < unlookedSince.count ? unlookedSince[index] : nil
            try look(at: company, now: since ?? time)
        }
    }

    /// One look: proposes moves, logs and applies them, and sets the company's next deadline.
    func look(at company: CompanyID, now: Timestamp) throws(EngineError) {
        let index = Int(company.number)
        if index < unlookedSince.count { unlookedSince[index] = nil }
        guard let portrait = portraits.portrait(company) else { return }
        counters.looks += 1
        let look = desk.look(
            at: portrait, moment: portraits.moment(for: company, at: now), observed: observedTime(now), names: names)
        for move in look.moves { try emit(move, company: company) }
        // A deadline at or before this look would be a look without end.
        deadlines.schedule(company, at: look.nextLook.map { max($0, now + 1) })
    }

    /// When what happened at `instant` is noticed: now.
    private func observedTime(_ instant: Timestamp) -> Timestamp {
        max(instant, isEventClock ? (portraits.now ?? instant) : logTime)
    }

    /// Sets the deadline of every company anew: after recovery and after the rules changed.
    func lookAtAll() throws(EngineError) {
        deadlines.removeAll()
        guard let now = isEventClock ? portraits.now : portraits.now ?? logTime else {
            awaitingClock = Array(portraits.companies())
            return
        }
        for company in portraits.companies() {
            let index = Int(company.number)
            if isEventClock, index < unlookedSince.count, let since = unlookedSince[index] {
                deadlines.schedule(company, at: Timestamp(milliseconds: (since.utcHour + 1) * millisecondsPerHour))
            } else {
                try look(at: company, now: now)
            }
            try endBlockIfFull()
        }
    }
}
