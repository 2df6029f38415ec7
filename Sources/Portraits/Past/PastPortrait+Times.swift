import UsageModel

/// When something had last happened before the instant.
extension PastPortrait {
    /// Of the company's events with a user; nil when there is none for certain.
    ///
    /// Each of a user's days keeps the time of its last event, so the last day before the instant's own is
    /// exact, and the instant's own as far as it ended before the instant.
    var lastUserActivity: ClosedRange<Timestamp>? {
        let known = state.pointee.lastUserActivity
        if known < instant { return known == .min ? nil : exact(known) }
        var last = LastTime(instant)
        last.note(state.pointee.firstUserActivity)
        if let time = witnessed.userActivity { last.note(time.milliseconds) }
        for row in state.pointee.users.numbers { note(row, in: &last) }
        return range(last, horizon: Horizon.userDays, since: state.pointee.firstUserActivity)
    }

    /// Of one user's events; nil when there is none for certain.
    func lastActivity(ofUserAt row: Int) -> ClosedRange<Timestamp>? {
        var last = LastTime(instant)
        last.note(state.pointee.users[row].firstTime)
        note(row, in: &last)
        return range(last, horizon: Horizon.userDays, since: state.pointee.users[row].firstTime)
    }

    /// Of the company's events. Those without a user are kept by day alone.
    var lastActivity: ClosedRange<Timestamp>? {
        let known = state.pointee.lastActivity
        if known < instant { return known == .min ? nil : exact(known) }
        var last = LastTime(instant)
        last.note(state.pointee.firstActivity)
        if let time = witnessed.activity { last.note(time.milliseconds) }
        if let time = lastUserActivity?.lowerBound { last.note(time.milliseconds) }
        note(state.pointee.eventDays, in: &last)
        return range(last, horizon: Horizon.eventDays, since: state.pointee.firstActivity)
    }

    var lastTouch: ClosedRange<Timestamp>? {
        let known = state.pointee.lastTouch
        if known < instant { return known == .min ? nil : exact(known) }
        var last = LastTime(instant)
        note(state.pointee.touchDays, in: &last)
        return range(last, horizon: Horizon.eventDays, since: state.pointee.firstRecord)
    }

    private func exact(_ time: Int64) -> ClosedRange<Timestamp> {
        Timestamp(milliseconds: time)...Timestamp(milliseconds: time)
    }

    private func note(_ row: Int, in last: inout LastTime) {
        let user = state.pointee.users[row]
        guard user.firstTime <= instant else { return }
        // Its last event of all came before: nothing else is later.
        let lastTime = state.pointee.users.lastTime(of: row)
        if lastTime < instant { return last.note(lastTime) }
        user.days.forEach(from: .min, userArena) { day, _, note in
            guard day <= self.day else { return }
            let time = DayNote.time(note, on: day)
            if time < instant { last.note(time) } else { last.isOpen = true }
        }
    }

    /// Days that do not say when on them something happened.
    private func note(_ days: DayList, in last: inout LastTime) {
        days.forEach(from: .min, arena) { day, _, _ in
            guard day <= self.day else { return }
            if day == self.day {
                last.isOpen = true
            } else {
                last.note(from: start(of: day), through: start(of: day + 1) - 1)
            }
        }
    }

    private func start(of day: Int32) -> Int64 { portrait.zone.startOfDay(Day(number: day)).milliseconds }

    /// What happened before all that is kept by day ended at the latest with the day before it.
    private func range(_ last: LastTime, horizon: Int, since first: Int64) -> ClosedRange<Timestamp>? {
        guard last.least > .min else { return nil }
        var greatest = last.isOpen ? instant : last.greatest
        let kept = start(of: today - Int32(horizon - 1))
        if first < kept { greatest = max(greatest, min(kept, instant)) }
        return Timestamp(milliseconds: last.least)...Timestamp(milliseconds: max(last.least, greatest))
    }
}

/// The greatest of some times before an instant, none of which need be known exactly.
private struct LastTime {
    let instant: Int64
    /// It lies not before this; `.min` when nothing is known.
    private(set) var least = Int64.min
    /// Of what is known, it lies not after this.
    private(set) var greatest = Int64.min
    /// Something may have happened right before the instant.
    var isOpen = false

    init(_ instant: Int64) { self.instant = instant }

    mutating func note(_ time: Int64) { note(from: time, through: time) }

    mutating func note(from first: Int64, through last: Int64) {
        if first > instant { return }
        if last >= instant { isOpen = true }
        if first < instant { least = max(least, first) }
        greatest = max(greatest, min(last, instant))
    }
}
