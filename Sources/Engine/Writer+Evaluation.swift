import Portraits
import Rules
import UsageModel

/// When the rules look at a company: after its records, and when time alone changes a verdict.
extension Writer {
    /// Notes that `company` has a record that no look has covered yet.
    func markUnlooked(_ company: CompanyID, now: Timestamp) {
        schedule.mark(company, now: now, byHour: isEventClock)
    }

    /// Looks at every company with records that no look has covered: at the end of a block under
    /// `clock: wall`, at `sync` and close under `clock: event`.
    func lookAtUnlooked() throws(EngineError) {
        while let (company, since) = schedule.popUnlooked() {
            if let next = schedule.unlooked(ahead: Self.looksAhead) { portraits.prefetchState(of: next) }
            try look(at: company, now: since)
        }
    }

    /// How many looks ahead a company's memory is asked for: a look takes longer than a miss of the cache.
    private static let looksAhead = 2

    /// Between two looks at the clock; less than a millisecond.
    static let looksAtOnce = 32

    /// Looks at companies whose deadline has come, in order of time, so that each flag is raised at its true instant also
    /// when several instants passed at once; some at least, and no more when it is `end`. Notes whether any are left.
    func fireDeadlines(notAfter now: Timestamp, until end: ContinuousClock.Instant? = nil) throws(EngineError) {
        var looks = 0
        while true {
            // A source that falls silent at an instant withholds what that instant would raise.
            if watch.nextCheck <= now, watch.nextCheck <= schedule.first ?? SourceWatch.never {
                try checkSources()
                continue
            }
            if looks > 0, looks % Self.looksAtOnce == 0 {
                // Under `clock: event` weeks of all companies' deadlines may lie before one record, and no turn ends meanwhile.
                showLiveness()
                if let end, ContinuousClock.now >= end {
                    isBehind = schedule.first.map { $0 <= now } ?? false
                    return
                }
            }
            guard let (company, instant) = schedule.popDue(notAfter: now) else {
                isBehind = false
                return
            }
            // At midnight all companies of a zone are due, in order of number.
            portraits.prefetchState(of: CompanyID(number: company.number + UInt32(Self.looksAhead)))
            try look(at: company, now: instant)
            looks += 1
            // Midnight comes to all companies of a zone at once. Under `clock: event` the record that moved
            // `now` is not in the block yet, so what it made true must not be committed before it.
            if !isEventClock { try endBlockIfFull() }
        }
    }

    /// Some deadlines are left over: those that `record` might change come before it.
    func fireDeadlines(before record: Record) throws(EngineError) {
        guard record.kind.isEvent else { return try fireDeadlines(notAfter: logTime) }
        while let deadline = schedule.deadline(of: record.company), deadline <= logTime {
            while watch.nextCheck <= deadline { try checkSources() }
            try look(at: record.company, now: deadline)
        }
    }

    /// One look: proposes moves, logs and applies them, and sets the company's next deadline.
    func look(at company: CompanyID, now: Timestamp) throws(EngineError) {
        schedule.beginLook(at: company)
        guard let portrait = portraits.portrait(company) else { return }
        var scope = LookScope.all
        if isListening, let hold = hold(of: company), now > hold.start {
            scope = try present(of: company, at: now, hold)
        }
        counters.looks += 1
        let moment = portraits.moment(for: company, at: now)
        if !late.isEmpty { try retract(at: portrait, moment: moment) }
        let look = desk.look(
            at: portrait, moment: moment, observed: observedTime(now), names: names, scope: scope)
        for move in look.moves { try emit(move, company: company) }
        // Tomorrow the windows are others, and what of today was passed over lies in them.
        let isGranted = portraits.grant(look.slack, to: company, at: moment)
        let next = isGranted ? min(look.nextLook ?? moment.nextMidnight, moment.nextMidnight) : look.nextLook
        schedule.endLook(at: company, now: now, next: next)
    }

    /// Marks the flags that late records of the company prove wrong.
    private func retract(at portrait: CompanyPortrait, moment: Moment) throws(EngineError) {
        let late = late.take(portrait.company)
        guard !late.isEmpty else { return }
        let moves = desk.retractions(
            at: portrait, late: late, moment: moment, observed: observedTime(moment.now), names: names)
        for move in moves { try emit(move, company: portrait.company) }
    }

    /// When what happened at `instant` is noticed: now.
    func observedTime(_ instant: Timestamp) -> Timestamp {
        max(instant, isEventClock ? (portraits.now ?? instant) : logTime)
    }

    /// Sets the deadline of every company anew: after recovery and after the rules changed.
    func lookAtAll() throws(EngineError) {
        schedule.removeDeadlines()
        for company in heldCompanies.keys { heldCompanies[company]?.forgetNextLook() }
        guard let now = isEventClock ? portraits.now : portraits.now ?? logTime else {
            awaitingClock = Array(portraits.companies())
            return
        }
        try lookAgain(at: portraits.companies(), now: now)
    }

    /// Sets the deadlines of `companies` anew, from the last block's time on.
    func lookAgain(at companies: [CompanyID]) throws(EngineError) {
        if let now = isEventClock ? portraits.now : portraits.now ?? logTime { try lookAgain(at: companies, now: now) }
    }

    private func lookAgain(at companies: [CompanyID], now: Timestamp) throws(EngineError) {
        for company in companies {
            if isEventClock, let since = schedule.unlookedSince(company) {
                schedule.reschedule(company, unlookedSince: since)
                portraits.endSlack(of: company)
            } else {
                try look(at: company, now: now)
            }
            try endBlockIfFull()
        }
    }
}
