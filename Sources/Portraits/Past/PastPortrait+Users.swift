import UsageModel

/// Users as of the instant.
extension PastPortrait {
    func bounds(ofUsers metric: Metric) -> MetricBounds {
        switch metric {
        case .activeUsers(let window): return users(in: window) { $0.now }
        case .retained(let window): return users(in: window) { $0.now && $0.before }
        case .resurrected(let window): return users(in: window) { $0.now && !$0.before && !$0.isNew }
        case .dormant(let window): return users(in: window) { $0.before && !$0.now }
        case .quickRatio(let window):
            guard let gained = counted(in: window, { $0.isNew.or($0.now && !$0.before) }),
                let lost = counted(in: window, { $0.before && !$0.now })
            else { return .unknown }
            return .ratio(gained, to: lost)
        case .newUsers(let window):
            return count(state.pointee.users.numbers) { isNew($0, in: range(window)) }
        case .activeDays(let window): return activeDays(window)
        case .dauMAU: return dauMAU
        case .powerCurve(let k): return powerCurve(k)
        case .usersTotal: return .number(usersTotal)
        case .left(let window): return count(state.pointee.users.numbers) { hasLeft($0, in: range(window)) }
        case .seatsFill: return seats.map { .ratio(usersTotal, to: $0) } ?? .unknown
        case .seatsUtil:
            guard let seats, let monthly else { return .unknown }
            return .ratio(monthly, to: seats)
        case .seatsActivation: return monthly.map { .ratio($0, to: usersTotal) } ?? .unknown
        default: preconditionFailure("\(metric) is not about users")
        }
    }

    // MARK: Activity

    /// Whether the user at `row` was active on any of `days` before the instant.
    private func wasActive(_ row: Int, on days: DayRange) -> Certainty {
        let user = state.pointee.users[row]
        guard user.firstTime <= instant else { return .no }
        if user.days.hasAny(before(days), userArena) { return .yes }
        return holdsDay(days) ? wasActiveOnDay(user) : .no
    }

    /// The same for the instant's own day.
    private func wasActiveOnDay(_ user: UserRow) -> Certainty {
        let own = DayRange(day, day)
        guard user.firstTime <= instant, user.days.hasAny(own, userArena) else { return .no }
        return user.days.work(own, userArena).lastTime < instant ? .yes : .perhaps
    }

    /// Whether the user's first active day ever lies in `days`.
    private func isNew(_ row: Int, in days: DayRange) -> Certainty {
        let user = state.pointee.users[row]
        guard days.contains(user.firstDay), user.firstDay <= day, user.firstTime <= instant else { return .no }
        return user.firstTime < instant ? .yes : .perhaps
    }

    private struct Activity {
        var now: Certainty
        var before: Certainty
        var isNew: Certainty
    }

    private func counted(in window: Window, _ isCounted: (Activity) -> Certainty) -> ClosedRange<Double>? {
        let days = range(window)
        let previous = range(window.previous)
        guard keepsUsers(from: previous.first) else { return nil }
        return counted(state.pointee.users.numbers) { row in
            isCounted(
                Activity(
                    now: wasActive(row, on: days), before: wasActive(row, on: previous), isNew: isNew(row, in: days)))
        }
    }

    private func users(in window: Window, _ isCounted: (Activity) -> Certainty) -> MetricBounds {
        counted(in: window, isCounted).map { .number($0) } ?? .unknown
    }

    /// `active_users(28d)`.
    private var monthly: ClosedRange<Double>? {
        let days = range(.month)
        guard keepsUsers(from: days.first) else { return nil }
        return counted(state.pointee.users.numbers) { wasActive($0, on: days) }
    }

    /// How many users were active on the instant's own day.
    private var activeOnDay: ClosedRange<Double> {
        counted(state.pointee.users.numbers) { wasActiveOnDay(state.pointee.users[$0]) }
    }

    private func activeDays(_ window: Window) -> MetricBounds {
        let days = range(window)
        guard keepsUsers(from: days.first) else { return .unknown }
        let before = state.pointee.activeDays(in: before(days))
        let own = holdsDay(days) ? activeOnDay : 0...0
        return .number(Double(before) + min(own.lowerBound, 1)...Double(before) + min(own.upperBound, 1))
    }

    private var dauMAU: MetricBounds {
        guard let monthly else { return .unknown }
        let before = Double(state.pointee.activeUserDays(in: before(range(.month))))
        let days = Double(Window.month.days)
        let own = activeOnDay
        return .ratio((before + own.lowerBound) / days...(before + own.upperBound) / days, to: monthly)
    }

    private func powerCurve(_ k: Int) -> MetricBounds {
        let days = range(.month)
        guard (1...Window.month.days).contains(k), keepsUsers(from: days.first) else { return .unknown }
        return count(state.pointee.users.numbers) { row in
            let user = state.pointee.users[row]
            let before = user.days.work(before(days), userArena).days
            let own = wasActiveOnDay(user)
            let least = before + (own.isCertain ? 1 : 0)
            let greatest = before + (own.isPossible ? 1 : 0)
            return Certainty(isCertain: least == k && greatest == k, isPossible: least <= k && k <= greatest)
        }
    }

    // MARK: Membership

    private var usersTotal: ClosedRange<Double> { counted(state.pointee.users.numbers) { isMember($0) } }

    /// Who was identified, and when, is not kept; neither are leaves before the last one.
    private func isMember(_ row: Int) -> Certainty {
        isKnown(row) && !isGone(row)
    }

    private func isKnown(_ row: Int) -> Certainty {
        let user = state.pointee.users[row]
        if user.firstTime < instant { return .yes }
        return user.firstTime == instant || user.flags.contains(.identified) ? .perhaps : .no
    }

    private func isGone(_ row: Int) -> Certainty {
        let user = state.pointee.users[row]
        guard user.flags.contains(.hasLeft), let detail = state.pointee.users.detail(of: row) else { return .no }
        let left = detail.leftTime.milliseconds
        guard left < instant else { return .perhaps }
        let lastTime = state.pointee.users.lastTime(of: row)
        if lastTime <= left { return .yes }
        return lastTime < instant ? .no : .perhaps
    }

    private func hasLeft(_ row: Int, in days: DayRange) -> Certainty {
        let user = state.pointee.users[row]
        guard user.flags.contains(.hasLeft), let detail = state.pointee.users.detail(of: row) else { return .no }
        // The leave before this one may lie anywhere.
        guard detail.leftTime.milliseconds < instant else { return .perhaps }
        guard days.contains(detail.leftDay.number) else { return .no }
        return isKnown(row) && isGone(row)
    }
}

extension Certainty {
    fileprivate func or(_ other: Certainty) -> Certainty {
        Certainty(isCertain: isCertain || other.isCertain, isPossible: isPossible || other.isPossible)
    }
}
