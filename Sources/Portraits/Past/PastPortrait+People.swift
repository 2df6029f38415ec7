import UsageModel

/// Key people as of the instant, where the history decides them.
extension PastPortrait {
    func bounds(ofPeople metric: Metric) -> MetricBounds {
        switch metric {
        case .topUserShare(let window):
            guard let sums = settledSums(window), let share = CompanyState.topShare(of: sums) else { return .unknown }
            return .exact(share)
        case .busFactor(let window):
            return settledSums(window).map { .exact(CompanyState.leastCovering($0)) } ?? .unknown
        case .mostActive:
            guard isSettled(range(.month)) else { return .unknown }
            return name(state.pointee.soughtMostActive(range(.month)))
        case .champion: return champion.map { name(state.pointee.users[$0].user) } ?? .unknown
        case .championIdleDays: return elapsed(champion.flatMap { lastActivity(ofUserAt: $0) })
        case .firstUser:
            guard state.pointee.firstUserActivity < instant else { return .unknown }
            return state.pointee.firstRow().map { name(state.pointee.users[$0].user) } ?? .unknown
        case .lastUser:
            guard state.pointee.lastUserActivity < instant else { return .unknown }
            return state.pointee.lastRow().map { name(state.pointee.users[$0].user) } ?? .unknown
        default: preconditionFailure("\(metric) is not about key people")
        }
    }

    /// Whether all that users did on `days` is kept and came before the instant.
    private func isSettled(_ days: DayRange) -> Bool {
        keepsUsers(from: days.first)
            && (!holdsDay(days) || state.pointee.lastUserActivity < instant || state.pointee.activeUsers(on: day) == 0)
    }

    private func settledSums(_ window: Window) -> [UInt64]? {
        let days = range(window)
        guard isSettled(days) else { return nil }
        return state.pointee.users.numbers.map { state.pointee.users[$0].days.sum(days, userArena) }
    }

    /// The champion's row. Its window ends two weeks before the instant.
    private var champion: Int? {
        guard keepsUsers(from: range(Champion.window).first) else { return nil }
        let champion = state.pointee.soughtChampion(Day(number: day))
        return champion.isNone ? nil : state.pointee.findUser(champion)
    }

    private func name(_ user: UserID) -> MetricBounds { user.isNone ? .unknown : .text(portrait.names.name(user)) }
}
