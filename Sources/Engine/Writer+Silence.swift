import Portraits
import Rules
import UsageModel

/// A silent source of events is not a silent customer: what only the missing events would raise waits
/// until they have come, and is then judged at the moments at which they happened.
extension Writer {
    // MARK: Sources

    /// Takes up the heartbeats of the settings, as the log's flags of sources stand.
    func watchSources() throws(EngineError) {
        let now = sourcesNow
        let heartbeats = portraits.settings.heartbeats
        for flag in desk.book.openFlags(of: .none) {
            guard let source = SourceFlag.source(of: flag), heartbeats[source] == nil else { continue }
            try emit(
                SourceFlag(source: source, heartbeat: 0).removed(flag.id, at: now, observed: observedTime(now)),
                company: .none)
        }
        watch = SourceWatch(heartbeats: heartbeats, book: desk.book, names: names, portraits: portraits)
        noteSilence()
        // A longer heartbeat may have ended a silence.
        for index in watch.sources.indices { try hear(index) }
    }

    /// What time alone does to sources at `watch.nextCheck`: one falls silent, or a snooze ends.
    func checkSources() throws(EngineError) {
        let instant = watch.nextCheck
        let observed = observedTime(instant)
        for index in watch.sources.indices {
            let source = watch.sources[index]
            guard let deadline = watch.deadline(of: source, desk.book, portraits), deadline <= instant else { continue }
            if case .silent(let flag, _) = source.state {
                try emit(source.flag.woken(flag, at: instant, observed: observed), company: .none)
            } else if let dataTo = portraits.dataTo(source.id) {
                let flag = desk.book.nextFlag
                let companies = portraits.companies().count { portraits.isFed($0, by: source.id) }
                try emit(
                    source.flag.raised(flag, at: deadline, observed: observed, dataTo: dataTo, companies: companies),
                    company: .none)
                let silence = SourceWatch.Silence(dataTo: dataTo, since: deadline)
                watch.set(.silent(flag, silence), at: index, desk.book, portraits)
            }
        }
        watch.settle(desk.book, portraits)
        noteSilence()
    }

    /// A record of a source that is not awake has been applied.
    func noteHeard(_ record: Record) throws(EngineError) {
        guard !record.source.isNone, let index = watch.index(of: record.source) else { return }
        try hear(index)
    }

    private func hear(_ index: Int) throws(EngineError) {
        let source = watch.sources[index]
        guard source.state != .awake, let dataTo = portraits.dataTo(source.id) else { return }
        let now = sourcesNow
        let isHeard = now - dataTo <= source.flag.heartbeat
        switch source.state {
        case .awake: return
        case .unheard: try change(index, to: .awake)
        case .silent(let flag, let silence):
            guard isHeard else { return }
            let move = source.flag.cleared(flag, at: now, observed: observedTime(now), dataTo: dataTo)
            try emit(move, company: .none)
            try change(index, to: dataTo < now ? .recovering(silence, until: now) : .awake)
        case .recovering(_, let until): if dataTo >= until { try change(index, to: .awake) }
        case .givenUp:
            guard isHeard else { return }
            let move = source.flag.rearmed(at: now, observed: observedTime(now), dataTo: dataTo)
            try emit(move, company: .none)
            try change(index, to: .awake)
        }
    }

    /// An operator has done something about the flag of a source.
    func settleSource(ofRule rule: String) throws(EngineError) {
        guard let index = watch.sources.firstIndex(where: { $0.flag.rule == rule }) else { return }
        if desk.book.isSourceGivenUp(ofRule: rule) {
            try change(index, to: .givenUp)
        } else {
            watch.settle(desk.book, portraits)
        }
    }

    private func change(_ index: Int, to state: SourceWatch.State) throws(EngineError) {
        watch.set(state, at: index, desk.book, portraits)
        noteSilence()
        if watch.sources[index].silence == nil { try release() }
    }

    private func noteSilence() { isListening = watch.isListening }

    /// The present, for sources.
    private var sourcesNow: Timestamp {
        isEventClock ? portraits.now ?? logTime : max(logTime, portraits.now ?? logTime)
    }

    // MARK: Held companies

    /// What holds `company`; nil when no silent source feeds it. O(sources).
    ///
    /// - Parameter record: about to be applied; its source feeds the company and has got so far.
    func hold(of company: CompanyID, before record: Record? = nil) -> Hold? {
        guard watch.isHolding else { return nil }
        var hold: Hold?
        for (index, source) in watch.sources.enumerated() {
            guard let silence = source.silence else { continue }
            let isHeard = record?.source == source.id
            guard isHeard || portraits.isFed(company, by: source.id) else { continue }
            let start = silence.since + -1
            var dataTo = portraits.dataTo(source.id) ?? silence.dataTo
            if let record, isHeard { dataTo = max(dataTo, min(record.time, sourcesNow)) }
            let found = Hold(
                source: index, start: start, missingFrom: silence.dataTo, through: max(start, dataTo),
                isCatchingUp: dataTo > silence.dataTo)
            hold = hold?.joined(found) ?? found
        }
        return hold
    }

    /// Before an event of a held company applies, what time made true until it happened is true.
    func catchUp(before record: Record) throws(EngineError) {
        guard record.kind.isEvent, watch.isHolding, let hold = hold(of: record.company, before: record) else { return }
        try catchUp(record.company, hold, finishing: false)
        // An event of another source happens now, and is looked at as ever.
        if let index = watch.index(of: record.source), watch.sources[index].silence != nil {
            heldCompanies[record.company]?.mark(hold.through)
        }
    }

    /// Makes the looks at what is withheld up to `hold.through`, each at its own moment.
    private func catchUp(_ company: CompanyID, _ hold: Hold, finishing: Bool) throws(EngineError) {
        var entry = heldCompany(company, hold)
        // Of a company's first event on, there is something to look at.
        guard let portrait = portraits.portrait(company) else { return heldCompanies[company] = entry }
        let scope = LookScope.held(missingFrom: portraits.zone(of: company).day(of: entry.missingFrom))
        while let moment = entry.takeLook(through: hold.through, byHour: isEventClock, finishing: finishing) {
            counters.looks += 1
            let look = desk.look(
                at: portrait, moment: portraits.moment(for: company, at: moment), observed: observedTime(moment),
                names: names, scope: scope)
            // What came since would be taken for known at a moment that was judged without it.
            let isJudgedBefore = entry.isSeeking && portrait.lastActivity.map { $0 > moment } ?? false
            if !isJudgedBefore {
                for move in look.moves { try emit(move, company: company) }
            }
            entry.looked(at: moment, next: look.nextLook)
        }
        entry.reach(hold.through)
        heldCompanies[company] = entry
    }

    private func heldCompany(_ company: CompanyID, _ hold: Hold) -> HeldCompany {
        var entry = heldCompanies[company] ?? HeldCompany(hold, lastActivity: portraits.portrait(company)?.lastActivity)
        entry.missingFrom = min(entry.missingFrom, hold.missingFrom)
        return entry
    }

    /// The scope of a look at the present of a held company, which is caught up with first. A company at
    /// which nobody looks while it is held needs nothing: the deadline that it had still stands.
    func present(of company: CompanyID, at now: Timestamp, _ hold: Hold) throws(EngineError) -> LookScope {
        let entry = heldCompany(company, hold)
        heldCompanies[company] = entry
        if entry.hasUnlooked || hold.through > entry.through { try catchUp(company, hold, finishing: true) }
        return .present(
            missingFrom: portraits.zone(of: company).day(of: entry.missingFrom), isCatchingUp: hold.isCatchingUp)
    }

    /// Settles what was withheld at companies that no source holds any more.
    private func release() throws(EngineError) {
        let now = sourcesNow
        for company in heldCompanies.keys.sorted(by: { $0.number < $1.number }) where hold(of: company) == nil {
            guard let entry = heldCompanies[company] else { continue }
            let hold = Hold(
                source: 0, start: entry.through, missingFrom: entry.missingFrom, through: now, isCatchingUp: true)
            try catchUp(company, hold, finishing: true)
            if let next = heldCompanies.removeValue(forKey: company)?.nextLook {
                schedule.bringForward(company, to: next)
            }
            try endBlockIfFull()
        }
    }
}
