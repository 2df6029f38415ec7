import UsageModel

/// Aliases: one user becomes another.
extension CompanyState {
    /// Merges `old` into `new` if the company knows `old`: everything counted so far is as if it had
    /// been sent under `new`. Of traits that both have, `new` keeps its own. O(days of both).
    mutating func merge(_ old: UserID, into new: UserID) {
        guard let source = findUser(old) else { return }
        forgetDerived()
        if firstUser == old { firstUser = .none }
        if lastUser == old { lastUser = .none }
        for index in ahead.indices where ahead[index].user == old { ahead.base[index].user = new }
        guard let target = findUser(new) else {
            rename(source, to: new)
            return
        }
        usersTotal -= (users[source].isMember ? 1 : 0) + (users[target].isMember ? 1 : 0)
        let lastTime = max(users.lastTime(of: source), users.lastTime(of: target))
        uniteDays(of: source, with: target)
        uniteFacts(of: source, with: target)
        users.memory.pointee.keepLastTime(lastTime, of: target)
        settleLeaving(at: target, lastTime: lastTime)
        usersTotal += users[target].isMember ? 1 : 0
        // Only now may rows move.
        removeUser(at: source)
        settleFirstAndLast(new)
    }

    private mutating func forgetDerived() {
        version &+= 1
        closedVersion &+= 1
        cache.removeAll()
        ranking = Ranking()
        power.forget()
        champion.forget()
    }

    private mutating func rename(_ index: Int, to new: UserID) {
        // First of all: a part that is written now says whether the user is at home here.
        let row = users.change(index)
        unindex(row.pointee.user, at: index)
        row.pointee.user = new
        self.index(new, at: index)
        settleFirstAndLast(new)
    }

    /// A merged user may win a tie by name that the old one lost.
    private mutating func settleFirstAndLast(_ user: UserID) {
        guard let index = findUser(user), users[index].hasBeenActive else { return }
        if users[index].firstTime == firstUserActivity { firstUser = .none }
        if users.lastTime(of: index) == lastUserActivity { lastUser = .none }
    }

    private mutating func uniteDays(of source: Int, with target: Int) {
        uncountFirstDay(at: source)
        let days = users[source].days
        uncountDays(of: days)
        // Days before these may be counted by day no longer, and must not be anew.
        days.forEach(from: keptUserDays, users.arena) { day, sum, note in
            addUserDay(day, count: sum, note: note, at: target)
        }
        users.change(source).pointee.days.free(users.arena)
        if users[source].hasBeenActive { noteFirst(users[source].firstTime, on: users[source].firstDay, at: target) }
    }

    /// Takes a user's days out of what is counted by day.
    private mutating func uncountDays(of days: DayList) {
        days.forEach(from: .min, users.arena) { day, _, _ in
            if let index = findUserDay(day) { userDays.base[index].active -= 1 }
        }
        if let last = days.lastDay, let index = findUserDay(last) { userDays.base[index].lasts -= 1 }
    }

    private mutating func uniteFacts(of source: Int, with target: Int) {
        let old = users[source]
        users.memory.pointee.addLifetime(users.lifetime(of: source), of: target)
        if old.flags.contains(.identified) { users.change(target).pointee.flags.insert(.identified) }
        if old.flags.contains(.hasLeft) { noteLeaver(at: target) }
        guard let detail = users.detail(of: source) else { return }
        var isStaff = false
        users.memory.pointee.withDetail(of: target) {
            $0.traits.fill(from: detail.traits)
            if detail.leftTime > $0.leftTime {
                $0.leftTime = detail.leftTime
                $0.leftDay = detail.leftDay
            }
            isStaff = $0.traits.value("staff")?.boolValue == true
        }
        setStaff(isStaff, at: target)
    }

    private mutating func removeUser(at index: Int) {
        if users[index].flags.contains(.hasLeft) { leaverCount -= 1 }
        users.memory.pointee.dropDetail(of: index)
        unindex(users.change(index).pointee.user, at: index)
        let last = users.last
        if index != last {
            let moved = users[last].user
            if homes.pointee.company(of: moved) == company {
                homes.pointee.move(moved, to: index)
            } else {
                guestIndex.move(moved.number, from: last, to: index)
            }
        }
        users.swapRemove(index)
    }
}
