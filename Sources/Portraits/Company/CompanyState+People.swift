import UsageModel

/// Key people: who is most active, first, last, the champion, and how much hangs on few.
extension CompanyState {
    /// A user's work in a window, ordered as "most active" orders: most events; ties: more active
    /// days, then later last time in the window, then the smaller id.
    struct Standing {
        var row: Int
        var user: UserID
        var events: UInt64
        var activeDays: Int
        var lastTime: Int64

        func precedes(_ other: Standing, names: NameTable) -> Bool {
            if events != other.events { return events > other.events }
            if activeDays != other.activeDays { return activeDays > other.activeDays }
            if lastTime != other.lastTime { return lastTime > other.lastTime }
            return user != other.user && names.precedes(user, other.user)
        }
    }

    func standing(at index: Int, _ days: DayRange) -> Standing {
        let row = users[index]
        let work = row.days.work(days, users.arena)
        // Those who did nothing in the window follow in the order in which they were last here.
        return Standing(
            row: index, user: row.user, events: work.sum, activeDays: work.days,
            lastTime: work.days > 0 ? work.lastTime : users.lastTime(of: index))
    }

    // MARK: Most active

    /// Keeps the ranking current after the user at `index` got `count` more events in its window. The
    /// user's sum is made only where it may reach the greatest.
    @inline(__always)
    mutating func noteRanking(_ count: UInt64, at index: Int) {
        ranking.total &+= count
        let row = users[index]
        if row.user == ranking.topUser {
            ranking.topCount &+= count
        } else if users.lifetime(of: index) >= ranking.topCount {
            noteContender(at: index)
        }
    }

    @inline(never)
    private mutating func noteContender(at index: Int) {
        let sum = users[index].days.sum(ranking.window, users.arena)
        if sum > ranking.topCount {
            ranking.topCount = sum
            ranking.topUser = users[index].user
        } else if sum == ranking.topCount {
            ranking.topUser = .none
        }
    }

    /// The ranking of the 28 days that end today. O(users) once a day, then O(1).
    mutating func currentRanking(today: Day) -> Ranking {
        if ranking.today != today.number { rank(today.number) }
        return ranking
    }

    private mutating func rank(_ today: Int32) {
        var new = Ranking(today: today)
        var top: Standing?
        for index in users.numbers {
            let standing = standing(at: index, new.window)
            guard standing.events > 0 else { continue }
            new.total &+= standing.events
            if top.map({ standing.precedes($0, names: names) }) ?? true { top = standing }
        }
        new.topCount = top?.events ?? 0
        new.topUser = top?.user ?? .none
        ranking = new
    }

    /// The row of the user with most events in the 28 days that end today, nil when nobody has any.
    mutating func mostActive(today: Day) -> Int? {
        let ranking = currentRanking(today: today)
        guard ranking.topCount > 0 else { return nil }
        if ranking.topUser.isNone { rank(today.number) }
        return findUser(self.ranking.topUser)
    }

    /// The most active user's part of all users' events; nil when there are none.
    mutating func topUserShare(_ window: Window, today: Day) -> Double? {
        if window.ago == 0, window.days == Int(Ranking.days) {
            let ranking = currentRanking(today: today)
            return ranking.total == 0 ? nil : Double(ranking.topCount) / Double(ranking.total)
        }
        let days = DayRange(window, today: today)
        let bits = cache.value(.topUserShare, days, dependingOn: days, today: today, version: version) {
            [users] in
            (Self.topShare(of: users.numbers.map { users[$0].days.sum(days, users.arena) }) ?? .nan).bitPattern
        }
        let share = Double(bitPattern: bits)
        return share.isNaN ? nil : share
    }

    /// The total of which `topUserShare` is a part, where the ranking keeps it.
    mutating func rankedTotal(_ window: Window, today: Day) -> UInt64? {
        window.ago == 0 && window.days == Int(Ranking.days) ? currentRanking(today: today).total : nil
    }

    /// The greatest of users' sums as a part of all; nil when all are zero.
    static func topShare(of sums: [UInt64]) -> Double? {
        let total = sums.reduce(0, &+)
        return total == 0 ? nil : Double(sums.max() ?? 0) / Double(total)
    }

    /// The least number of users who cover at least 80 % of all users' events. O(u log u).
    mutating func busFactor(_ window: Window, today: Day) -> Int {
        let days = DayRange(window, today: today)
        return Int(
            cache.value(.busFactor, days, dependingOn: days, today: today, version: version) { [users] in
                UInt64(Self.leastCovering(users.numbers.map { users[$0].days.sum(days, users.arena) }))
            })
    }

    /// The least number of `sums` that add up to four fifths of all.
    static func leastCovering(_ sums: [UInt64]) -> Int {
        let sums = sums.sorted(by: >)
        let total = sums.reduce(into: UInt128(0)) { $0 += UInt128($1) }
        var covered: UInt128 = 0
        var count = 0
        // Whole numbers on both sides: four fifths of a total is rarely a Double.
        while covered * 5 < total * 4 {
            covered += UInt128(sums[count])
            count += 1
        }
        return count
    }

    /// Who ranks first by `days`, found without the ranking; none when nobody did anything. O(users).
    func soughtMostActive(_ days: DayRange) -> UserID {
        var top: Standing?
        for index in users.numbers {
            let standing = standing(at: index, days)
            guard standing.events > 0 else { continue }
            if top.map({ standing.precedes($0, names: names) }) ?? true { top = standing }
        }
        return top?.user ?? .none
    }

    // MARK: Champion

    /// The user with most events in today−97 … today−14, if that is ten or more; nil when nobody.
    /// O(users) once a day.
    mutating func championRow(today: Day) -> Int? {
        if champion.today != today.number { champion = Champion(today: today.number, user: soughtChampion(today)) }
        return champion.user.isNone ? nil : findUser(champion.user)
    }

    func soughtChampion(_ today: Day) -> UserID {
        let days = DayRange(Champion.window, today: today)
        var top: Standing?
        for index in users.numbers where users[index].days.hasAny(days, users.arena) {
            let standing = standing(at: index, days)
            guard standing.events >= Champion.leastEvents else { continue }
            if top.map({ standing.precedes($0, names: names) }) ?? true { top = standing }
        }
        return top?.user ?? .none
    }

    // MARK: First and last

    /// The row of the user who came first, nil when no user was ever active. Ties: smaller id.
    mutating func firstRow() -> Int? {
        if firstUser.isNone { firstUser = sought { self.users[$0].firstTime == self.firstUserActivity } }
        return firstUser.isNone ? nil : findUser(firstUser)
    }

    /// The row of the user who was here last, nil when no user was ever active. Ties: smaller id.
    mutating func lastRow() -> Int? {
        if lastUser.isNone { lastUser = sought { self.users.lastTime(of: $0) == self.lastUserActivity } }
        return lastUser.isNone ? nil : findUser(lastUser)
    }

    private func sought(_ qualifies: (Int) -> Bool) -> UserID {
        var found = UserID.none
        for index in users.numbers where users[index].hasBeenActive && qualifies(index) {
            if found.isNone || names.precedes(users[index].user, found) { found = users[index].user }
        }
        return found
    }
}
