import UsageModel

/// Users: who is known, who left, on which days they were active.
extension CompanyState {
    @inline(__always)
    func findUser(_ user: UserID) -> Int? {
        homes.pointee.row(of: user, in: company) ?? guestIndex.find(user.number) { users[$0].user.number }
    }

    @inline(never)
    mutating func addUser(_ user: UserID) -> Int {
        let row = users.append(user, of: company)
        index(user, at: row)
        return row
    }

    /// Notes where the row of a user stands who has just got it.
    mutating func index(_ user: UserID, at row: Int) {
        // A copy of the pointer: reached through `self`, Swift 6.3 does not compile this for the thread sanitizer.
        let homes = homes
        if homes.pointee.settle(user, in: company, row: row) { return }
        index(guest: user, at: row)
    }

    /// The same of a user who is at home in another company.
    mutating func index(guest user: UserID, at row: Int) {
        let rows = users
        guestIndex.add(user.number, at: row) { rows[$0].user.number }
    }

    /// Forgets where the row of a user stands, which is still there.
    mutating func unindex(_ user: UserID, at row: Int) {
        if homes.pointee.company(of: user) == company {
            homes.pointee.leave(user)
        } else {
            let rows = users
            guestIndex.remove(user.number, at: row) { rows[$0].user.number }
        }
    }

    // MARK: Records about users

    mutating func identify(_ user: UserID, traits: [JSON.Member], time: Timestamp) {
        let index = findUser(user) ?? addUser(user)
        let wasMember = users[index].isMember
        users.change(index).pointee.flags.insert(.identified)
        settleLeaving(at: index, lastTime: users.lastTime(of: index))
        usersTotal += (users[index].isMember ? 1 : 0) - (wasMember ? 1 : 0)
        guard traits.contains(where: { !$0.value.isNull }) else { return }
        var isStaff = false
        users.memory.pointee.withDetail(of: index) { detail in
            detail.traits.set(traits, time: time)
            isStaff = detail.traits.value("staff")?.boolValue == true
        }
        setStaff(isStaff, at: index)
    }

    mutating func setStaff(_ isStaff: Bool, at index: Int) {
        if isStaff {
            users.change(index).pointee.flags.insert(.staff)
        } else {
            users.change(index).pointee.flags.remove(.staff)
        }
    }

    mutating func leave(_ user: UserID, time: Timestamp, day: Day) {
        let index = findUser(user) ?? addUser(user)
        let wasMember = users[index].isMember
        noteLeaver(at: index)
        users.memory.pointee.withDetail(of: index) { detail in
            guard time > detail.leftTime else { return }
            detail.leftTime = time
            detail.leftDay = day
        }
        settleLeaving(at: index, lastTime: users.lastTime(of: index))
        usersTotal += (users[index].isMember ? 1 : 0) - (wasMember ? 1 : 0)
    }

    /// Notes that there is a `leave` record of the user at `index`.
    mutating func noteLeaver(at index: Int) {
        guard !users[index].flags.contains(.hasLeft) else { return }
        users.change(index).pointee.flags.insert(.hasLeft)
        leaverCount += 1
    }

    /// A user is gone who has not been active after the last `leave` record, both by their own time:
    /// a late event from before it brings nobody back.
    mutating func settleLeaving(at index: Int, lastTime: Int64) {
        let row = users.change(index)
        guard row.pointee.flags.contains(.hasLeft), let detail = users.detail(of: index) else { return }
        if lastTime <= detail.leftTime.milliseconds {
            row.pointee.flags.insert(.gone)
        } else {
            row.pointee.flags.remove(.gone)
        }
    }

    // MARK: Days

    /// Adds events of the user at `index` on a day that is within the horizon and reached.
    @inline(__always)
    mutating func addUserDay(_ day: Int32, count: UInt64, note: UInt64, at index: Int) {
        let row = users.change(index)
        cache.noteActive(day) { [users] in row.pointee.days.hasAny($0, users.arena) }
        let isNew = row.pointee.days.add(
            count, on: day, note: note, keepingFrom: keptUserDays, users.arena)
        if isNew { noteNewDay(day, at: index) }
        if ranking.covers(day) { noteRanking(count, at: index) }
        if champion.covers(day) { champion.forget() }
    }

    @inline(never)
    private mutating func noteNewDay(_ day: Int32, at index: Int) {
        slack.useUserDay()
        let days = users[index].days
        // Making the row may move all rows, so it comes before the row is touched.
        let dayIndex = userDayIndex(day)
        userDays.base[dayIndex].active += 1
        latestUserDay = max(latestUserDay, day)
        if days.lastDay == day {
            userDays.base[dayIndex].lasts += 1
            if let previous = days.dayBeforeLast(users.arena), let old = findUserDay(previous) {
                userDays.base[old].lasts -= 1
            }
        }
        power.noteNewDay(day, of: days, users.arena)
    }

    /// Sees to it that the first time of the user at `index` is `time` or earlier, and the first day `day` or earlier.
    @inline(__always)
    mutating func noteFirst(_ time: Int64, on day: Int32, at index: Int) {
        let row = users[index]
        if day < row.firstDay || time < row.firstTime { setFirst(min(time, row.firstTime), on: day, at: index) }
    }

    /// The first day is counted by day once it is reached, as long as its row can be read.
    @inline(never)
    private mutating func setFirst(_ time: Int64, on day: Int32, at index: Int) {
        let isNewDay = day < users[index].firstDay
        if isNewDay { uncountFirstDay(at: index) }
        users.change(index).pointee.setFirst(time, on: isNewDay ? day : users[index].firstDay)
        if isNewDay { countFirstDay(at: index) }
    }

    mutating func countFirstDay(at index: Int) {
        let day = users[index].firstDay
        guard !users[index].flags.contains(.firstCounted), day <= reached, day >= keptUserDays else { return }
        let dayIndex = userDayIndex(day)
        userDays.base[dayIndex].firsts += 1
        users.change(index).pointee.flags.insert(.firstCounted)
    }

    mutating func uncountFirstDay(at index: Int) {
        guard users[index].flags.contains(.firstCounted) else { return }
        users.change(index).pointee.flags.remove(.firstCounted)
        if let old = findUserDay(users[index].firstDay) { userDays.base[old].firsts -= 1 }
    }

    func findUserDay(_ day: Int32) -> Int? {
        let index = firstUserDay(notBefore: day)
        return index < userDays.count && userDays[index].day == day ? index : nil
    }

    /// The index of the first row on `day` or later.
    func firstUserDay(notBefore day: Int32) -> Int {
        guard !userDays.isEmpty else { return 0 }
        if day > userDays.base[userDays.count - 1].day { return userDays.count }
        // Most companies have a row for every day: then this is it, and the only line of memory touched.
        let guess = guessedUserDay(day)
        if userDays.base[guess].day == day { return guess }
        var low = 0
        var remaining = userDays.count
        while remaining > 0 {
            let half = remaining >> 1
            if userDays.base[low + half].day < day {
                low += half + 1
                remaining -= half + 1
            } else {
                remaining = half
            }
        }
        return low
    }

    /// Where the row of `day` stands unless days are missing between it and the last one. Only while there are rows;
    /// touches none.
    @inline(__always)
    func guessedUserDay(_ day: Int32) -> Int {
        let last = userDays.count - 1
        return min(max(last - (Int(latestUserDay) - Int(day)), 0), last)
    }

    /// The index of the row of `day`, made when there is none.
    private mutating func userDayIndex(_ day: Int32) -> Int {
        if let last = userDays.indices.last, userDays[last].day == day { return last }
        let index = firstUserDay(notBefore: day)
        if index == userDays.count || userDays[index].day != day {
            userDays.insert(UserDay(day: day), at: index)
        }
        return index
    }

    // MARK: Days not reached yet

    mutating func addAhead(_ entry: AheadDay) {
        for index in ahead.indices.reversed() where ahead[index].day == entry.day && ahead[index].user == entry.user {
            ahead.base[index].count &+= entry.count
            ahead.base[index].note = max(ahead[index].note, entry.note)
            return
        }
        ahead.append(entry)
        aheadFirst = min(aheadFirst, entry.day)
    }

    /// Moves what lies no longer ahead of `today` into the users' lists.
    @inline(__always)
    mutating func reach(_ today: Int32) {
        guard today > reached else { return }
        // A question moves them too, of a company that nothing else changes.
        if aheadFirst <= today { noteChange() }
        reached = today
        if aheadFirst <= today { takeReached() }
    }

    @inline(never)
    private mutating func takeReached() {
        let entries = ahead
        var remaining = Int32.max
        for index in entries.indices {
            let entry = entries[index]
            guard entry.day <= reached else {
                remaining = min(remaining, entry.day)
                continue
            }
            guard entry.day >= keptUserDays, let row = findUser(entry.user) else { continue }
            cache.drop(entry.day)
            version &+= 1
            countFirstDay(at: row)
            let lastTime = users[row].days.lastTime
            addUserDay(entry.day, count: entry.count, note: entry.note, at: row)
            users.memory.pointee.keepLastTime(lastTime, of: row)
        }
        let reached = reached
        ahead.removeAll { $0.day <= reached }
        aheadFirst = remaining
    }
}
