public import UsageModel

/// Typed answers for company cards, lists and tables.
extension CompanyPortrait {
    /// Sum of `count`; nil for an empty set or a window past the horizon.
    public func events(_ scope: TaskScope, _ window: Window, at moment: Moment) -> UInt64? {
        guard window.reach <= Horizon.eventDays else { return nil }
        return state.pointee.events(scope, DayRange(window, today: moment.today))
    }

    /// Nil for an empty set.
    public func eventsLifetime(_ scope: TaskScope) -> UInt64? { state.pointee.eventsLifetime(scope) }

    /// Nil for an empty set, a window past the horizon, and over mixed units.
    public func amount(_ scope: TaskScope, _ window: Window, at moment: Moment) -> Amount? {
        guard window.reach <= Horizon.eventDays else { return nil }
        return state.pointee.amount(scope, DayRange(window, today: moment.today))
    }

    /// Nil for an empty set and over mixed units.
    public func amountLifetime(_ scope: TaskScope) -> Amount? { state.pointee.amount(scope, nil) }

    /// h_1 … h_28: users with exactly k active days in 28 days.
    public func powerCurve(at moment: Moment) -> [Int] {
        state.pointee.prepare(moment.today)
        let curve = state.pointee.powerCurve(today: moment.today)
        return (1...Window.month.days).map { curve[$0] }
    }

    /// Events and active users of each of the last `days` days, today last. At most 128 days.
    public func series(days: Int, at moment: Moment) -> Series {
        precondition((1...Horizon.userDays).contains(days), "a series is of 1 to 128 days")
        state.pointee.prepare(moment.today)
        let first = moment.today - Int32(days - 1)
        var series = Series(from: first, events: [], activeUsers: [])
        for number in first.number...moment.today.number {
            series.events.append(state.pointee.eventDays.sum(DayRange(number, number), state.pointee.arena))
            series.activeUsers.append(state.pointee.activeUsers(on: number))
        }
        return series
    }

    /// `active_users(7d, ago: 7·k)` for k = `weeks`−1 … 0. At most 18 weeks.
    public func weeklyActiveUsers(weeks: Int, at moment: Moment) -> [Int] {
        precondition((1...Horizon.userDays / 7).contains(weeks), "the horizon of users is 18 weeks")
        state.pointee.prepare(moment.today)
        return (0..<weeks).reversed().map {
            state.pointee.activeUsers(Window(days: 7, ago: 7 * $0), today: moment.today)
        }
    }

    // MARK: Tasks

    /// Every task ever done: most in 28 days first; ties by lifetime, then by name. O(t log t).
    public func tasks(at moment: Moment) -> [TaskSummary] {
        let names = names
        return state.pointee.tasks.indices.map { summary(ofTaskAt: $0, at: moment) }.sorted { left, right in
            if left.events28d != right.events28d { return left.events28d > right.events28d }
            if left.lifetime != right.lifetime { return left.lifetime > right.lifetime }
            return names.precedes(left.task, right.task)
        }
    }

    /// Nil when the company never did it.
    public func task(_ task: TaskID, at moment: Moment) -> TaskSummary? {
        state.pointee.findTask(task).map { summary(ofTaskAt: $0, at: moment) }
    }

    private func summary(ofTaskAt index: Int, at moment: Moment) -> TaskSummary {
        let row = state.pointee.tasks[index]
        let arena = state.pointee.arena
        func events(_ window: Window) -> UInt64 { row.days.sum(DayRange(window, today: moment.today), arena) }
        return TaskSummary(
            task: row.task, events7d: events(Window(days: 7)), events28d: events(.month),
            eventsPrior28d: events(Window.month.previous), lifetime: row.lifetime,
            amount28d: state.pointee.amount(.tasks([row.task]), DayRange(.month, today: moment.today)),
            last: Timestamp(milliseconds: row.lastTime))
    }

    // MARK: Users

    /// Users ever active or identified, ordered as "most active" orders, those without events in 28
    /// days after them by when they were last here; at most `limit`. O(u log u).
    public func users(at moment: Moment, limit: Int = .max) -> [UserSummary] {
        state.pointee.prepare(moment.today)
        let names = names
        return knownStandings(moment.today).sorted { $0.precedes($1, names: names) }.prefix(limit).map(summary(of:))
    }

    /// Nil when the company does not know the user.
    public func user(_ user: UserID, at moment: Moment) -> UserSummary? {
        state.pointee.prepare(moment.today)
        guard let row = state.pointee.findUser(user), state.pointee.users[row].isKnown else { return nil }
        return summary(ofUserAt: row, moment)
    }

    private func knownStandings(_ today: Day) -> [CompanyState.Standing] {
        let days = DayRange(.month, today: today)
        return state.pointee.users.numbers.lazy.filter { [state] in state.pointee.users[$0].isKnown }
            .map { [state] in state.pointee.standing(at: $0, days) }
    }

    private func summary(ofUserAt row: Int, _ moment: Moment) -> UserSummary {
        summary(of: state.pointee.standing(at: row, DayRange(.month, today: moment.today)))
    }

    private func summary(of standing: CompanyState.Standing) -> UserSummary {
        let users = state.pointee.users
        let row = users[standing.row]
        return UserSummary(
            user: row.user, events28d: standing.events, activeDays28d: standing.activeDays,
            lifetime: users.lifetime(of: standing.row),
            first: row.hasBeenActive ? Timestamp(milliseconds: row.firstTime) : nil,
            last: row.hasBeenActive ? Timestamp(milliseconds: users.lastTime(of: standing.row)) : nil,
            traits: users.detail(of: standing.row)?.traits.json ?? .object([]), left: row.flags.contains(.gone),
            staff: row.flags.contains(.staff))
    }

    // MARK: Key people

    public func people(at moment: Moment) -> People {
        state.pointee.prepare(moment.today)
        var people = People()
        if let row = state.pointee.mostActive(today: moment.today) {
            people.mostActive = summary(ofUserAt: row, moment)
        }
        people.first = state.pointee.firstRow().map { summary(ofUserAt: $0, moment) }
        people.last = state.pointee.lastRow().map { summary(ofUserAt: $0, moment) }
        people.champion = state.pointee.championRow(today: moment.today).map { summary(ofUserAt: $0, moment) }
        people.topUserShare28d = state.pointee.topUserShare(.month, today: moment.today)
        people.busFactor28d = state.pointee.busFactor(.month, today: moment.today)
        return people
    }
}
