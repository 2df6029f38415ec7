public import UsageModel

/// A company as it was at a past instant, by all that is known now: late events and merges included.
///
/// Days before the instant's own are exact. What happened on its own day is counted as possible, not as
/// certain, unless all of it is known to have come before the instant; so is what happened in the very
/// millisecond. What is not kept by day (a trait's earlier text, who was identified when) is unknown.
/// Windows that reach behind the history kept now are unknown, unless the company is younger than that.
///
/// It reads the portrait's state where it lies and changes nothing, caches included. O(users) for most
/// questions about users; for cold paths.
public final class PastPortrait {
    let portrait: CompanyPortrait
    /// The instant, in milliseconds, and its date in the company's zone.
    let instant: Int64
    let day: Int32
    /// The date now, from which the history that is kept is counted.
    let today: Int32
    let witnessed: Witnessed

    /// Times of events before the instant, known beyond what is kept by day.
    public struct Witnessed: Sendable {
        /// The greatest time of an event, with or without a user.
        public var activity: Timestamp?
        /// The greatest time of an event with a user.
        public var userActivity: Timestamp?

        public init(activity: Timestamp? = nil, userActivity: Timestamp? = nil) {
            self.activity = activity
            self.userActivity = userActivity
        }
    }

    fileprivate init(_ portrait: CompanyPortrait, at instant: Timestamp, today: Day, witnessed: Witnessed) {
        self.portrait = portrait
        self.instant = instant.milliseconds
        day = portrait.zone.day(of: instant).number
        self.today = today.number
        self.witnessed = witnessed
    }

    var state: UnsafeMutablePointer<CompanyState> { portrait.state }
    var arena: UnsafeMutablePointer<DayArena> { state.pointee.arena }
    var userArena: UnsafeMutablePointer<DayArena> { state.pointee.users.arena }
    public var company: CompanyID { portrait.company }
}

extension CompanyPortrait {
    /// The company as of `instant`, which must not lie after `moment`, the moment of the question.
    public func past(
        at instant: Timestamp, seenAt moment: Moment, witnessed: PastPortrait.Witnessed = PastPortrait.Witnessed()
    ) -> PastPortrait {
        state.pointee.prepare(moment.today)
        return PastPortrait(self, at: instant, today: moment.today, witnessed: witnessed)
    }
}

// MARK: - What is kept

extension PastPortrait {
    func range(_ window: Window) -> DayRange { DayRange(window, today: Day(number: day)) }

    func holdsDay(_ days: DayRange) -> Bool { days.first <= day && day <= days.last }

    /// The part of `days` before the instant's own day.
    func before(_ days: DayRange) -> DayRange { DayRange(days.first, min(days.last, day - 1)) }

    /// Whether everything that users did from `first` on is kept by day.
    func keepsUsers(from first: Int32) -> Bool {
        keeps(first, horizon: Horizon.userDays, since: state.pointee.firstUserActivity)
    }

    /// Whether all events from `first` on are kept by day, ignored ones included.
    func keepsEvents(from first: Int32) -> Bool {
        keeps(first, horizon: Horizon.eventDays, since: state.pointee.firstRecord)
    }

    private func keeps(_ first: Int32, horizon: Int, since: Int64) -> Bool {
        let kept = today - Int32(horizon - 1)
        if first >= kept || since == .max { return true }
        return portrait.zone.day(of: Timestamp(milliseconds: since)).number >= kept
    }

    /// Whether the days of the events are those of the zone that dates the instant.
    private var isZoneKnown: Bool {
        guard let since = state.pointee.traits.unchangedSince("timezone") else { return true }
        return since.milliseconds < instant
    }
}

// MARK: - Metrics

extension PastPortrait {
    /// What is certain of `metric` as of the instant.
    public func bounds(of metric: Metric) -> MetricBounds {
        guard metric.isWithinHorizon, isZoneKnown else { return .unknown }
        switch metric {
        case .events(let scope, let window): return events(scope, window)
        case .eventsLifetime(let scope): return eventsLifetime(scope)
        case .amount(let scope, let window): return amount(scope, window)
        case .amountLifetime(let scope): return amountLifetime(scope)
        case .tasksUsed(let window): return tasksUsed(window)
        case .idleDays: return elapsed(lastActivity)
        case .userIdleDays: return elapsed(lastUserActivity)
        case .ageDays: return elapsed(since: state.pointee.firstActivity)
        case .knownDays: return elapsed(since: state.pointee.firstRecord)
        case .touches(let window): return touches(window)
        case .touchIdleDays: return elapsed(lastTouch)
        case .trait(let name, let ago): return trait(name, ago: ago)
        case .daysUntil(let name): return daysUntil(name)
        case .outcome: return outcome
        case .topUserShare, .busFactor, .championIdleDays, .champion, .lastUser, .firstUser, .mostActive:
            return bounds(ofPeople: metric)
        default: return bounds(ofUsers: metric)
        }
    }

    func elapsed(_ since: ClosedRange<Timestamp>?) -> MetricBounds {
        since.map { .elapsed(since: $0) } ?? .unknown
    }

    /// Of a least time, which no later event changes.
    private func elapsed(since time: Int64) -> MetricBounds {
        guard time < instant else { return .unknown }
        let time = Timestamp(milliseconds: time)
        return .elapsed(since: time...time)
    }
}

// MARK: - Events, tasks, amounts

extension PastPortrait {
    private func bounds(_ certain: UInt64, _ possible: UInt64) -> MetricBounds {
        .number(Double(certain)...Double(possible))
    }

    /// Events on the instant's own day that may have come after it: all of them, or none.
    private func unsettledEvents(_ scope: TaskScope) -> UInt64 {
        let own = DayRange(day, day)
        guard case .tasks(let tasks) = scope else {
            return state.pointee.lastActivity < instant ? 0 : state.pointee.events(.all, own) ?? 0
        }
        var sum: UInt64 = 0
        state.pointee.forEachTask(in: tasks) { row in
            let task = state.pointee.tasks[row]
            if task.lastTime >= instant { sum &+= task.days.sum(own, arena) }
        }
        return sum
    }

    private func events(_ scope: TaskScope, _ window: Window) -> MetricBounds {
        let days = range(window)
        guard keepsEvents(from: days.first), let sum = state.pointee.events(scope, days) else { return .unknown }
        return bounds(sum &- (holdsDay(days) ? unsettledEvents(scope) : 0), sum)
    }

    private func eventsLifetime(_ scope: TaskScope) -> MetricBounds {
        guard let ever = state.pointee.eventsLifetime(scope),
            let later = state.pointee.events(scope, DayRange(day + 1, .max))
        else { return .unknown }
        return bounds(ever &- later &- unsettledEvents(scope), ever &- later)
    }

    /// Amounts may be negative and of any unit, so a day that is not settled says nothing.
    private func amount(_ scope: TaskScope, _ window: Window) -> MetricBounds {
        let days = range(window)
        guard keepsEvents(from: days.first), !holdsDay(days) || unsettledEvents(scope) == 0,
            let sum = state.pointee.amount(scope, days)
        else { return .unknown }
        return .exact(sum.doubleValue)
    }

    private func amountLifetime(_ scope: TaskScope) -> MetricBounds {
        guard unsettledEvents(scope) == 0, let ever = state.pointee.amount(scope, nil),
            let later = state.pointee.amount(scope, DayRange(day + 1, .max))
        else { return .unknown }
        return .exact((ever - later).doubleValue)
    }

    private func tasksUsed(_ window: Window) -> MetricBounds {
        let days = range(window)
        guard keepsEvents(from: days.first) else { return .unknown }
        return count(state.pointee.tasks.indices) { index in
            let task = state.pointee.tasks[index]
            if task.days.hasNoted(before(days), arena) { return .yes }
            guard holdsDay(days), task.days.hasNoted(DayRange(day, day), arena) else { return .no }
            return task.lastTime < instant ? .yes : .perhaps
        }
    }

    private func touches(_ window: Window) -> MetricBounds {
        let days = range(window)
        guard keepsEvents(from: days.first) else { return .unknown }
        let sum = state.pointee.touchDays.sum(days, arena)
        let unsettled =
            holdsDay(days) && state.pointee.lastTouch >= instant
            ? state.pointee.touchDays.sum(DayRange(day, day), arena) : 0
        return bounds(sum &- unsettled, sum)
    }

    func count(_ rows: some Sequence<Int>, _ isCounted: (Int) -> Certainty) -> MetricBounds {
        .number(counted(rows, isCounted))
    }

    func counted(_ rows: some Sequence<Int>, _ isCounted: (Int) -> Certainty) -> ClosedRange<Double> {
        var certain = 0
        var possible = 0
        for row in rows {
            let certainty = isCounted(row)
            if certainty.isCertain { certain += 1 }
            if certainty.isPossible { possible += 1 }
        }
        return Double(certain)...Double(possible)
    }
}

// MARK: - Traits and outcome

extension PastPortrait {
    private func trait(_ name: String, ago: Int) -> MetricBounds {
        let traits = state.pointee.traits
        guard ago == 0 else {
            guard Int(today - day) + ago < Horizon.eventDays else { return .unknown }
            return traits.number(name, atEndOf: Day(number: day - Int32(ago))).map { .exact($0) } ?? .unknown
        }
        if let since = traits.unchangedSince(name), since.milliseconds < instant {
            switch traits.value(name) {
            case .number?: return traits.value(name)?.doubleValue.map { .exact($0) } ?? .unknown
            case .string(let text)?: return .text(text)
            case .bool(let isTrue)?: return .bool(isTrue)
            case .null?, .array?, .object?, nil: return .unknown
            }
        }
        return traits.number(name, before: Timestamp(milliseconds: instant), on: Day(number: day))
            .map { .exact($0) } ?? .unknown
    }

    private func daysUntil(_ name: String) -> MetricBounds {
        guard let since = state.pointee.traits.unchangedSince(name), since.milliseconds < instant,
            let date = portrait.date(inTrait: name)
        else { return .unknown }
        return .exact(Int(date.number - day))
    }

    /// Only the last outcome is kept.
    private var outcome: MetricBounds {
        guard let outcome = state.pointee.outcome, state.pointee.outcomeTime < instant else { return .unknown }
        return .text(outcome)
    }

    /// `seats` as the ratios need it.
    var seats: ClosedRange<Double>? {
        if case .number(let seats) = trait("seats", ago: 0) { seats } else { nil }
    }
}
