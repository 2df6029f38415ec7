import UsageModel

/// Counts over windows. All take the day that is asked about as `today`, which under `clock: wall`
/// may lie past the log's own.
extension CompanyState {
    /// Counts what is no longer ahead of `today`. Comes before every question about windows.
    @inline(__always)
    mutating func prepare(_ today: Day) { reach(today.number) }

    /// Whether every user's last active day is known to lie in the past: false only where a change of
    /// zone moved today back, or the question is about an earlier day than the last one asked about.
    private func isSettled(_ today: Day) -> Bool { latestUserDay <= today.number }

    // MARK: Users

    /// Distinct users active in `window`. O(days) where it ends today, else one scan a day.
    mutating func activeUsers(_ window: Window, today: Day) -> Int {
        let days = DayRange(window, today: today)
        if window.ago == 0, isSettled(today) { return sumOfUserDays(days) { $0.lasts } }
        return Int(
            cache.value(.activeUsers, days, dependingOn: days, today: today, version: version) { [users] in
                var count: UInt64 = 0
                for index in users.numbers where users[index].days.hasAny(days, users.arena) { count += 1 }
                return count
            })
    }

    /// Users active both in `window` and in the one before.
    mutating func retained(_ window: Window, today: Day) -> Int {
        let before = window.previous
        if window.ago == 0, isSettled(today) {
            return activeUsers(before, today: today) - dormant(window, today: today)
        }
        let days = DayRange(window, today: today)
        let daysBefore = DayRange(before, today: today)
        let all = DayRange(daysBefore.first, days.last)
        return Int(
            cache.value(.retained, days, dependingOn: all, today: today, version: version) { [users] in
                var count: UInt64 = 0
                for index in users.numbers {
                    let list = users[index].days
                    if list.hasAny(days, users.arena), list.hasAny(daysBefore, users.arena) { count += 1 }
                }
                return count
            })
    }

    /// Users active in the window before and not in `window`.
    mutating func dormant(_ window: Window, today: Day) -> Int {
        let before = window.previous
        if window.ago == 0, isSettled(today) {
            return sumOfUserDays(DayRange(before, today: today)) { $0.lasts }
        }
        return activeUsers(before, today: today) - retained(window, today: today)
    }

    /// Users active in `window`, not in the one before, and not new.
    mutating func resurrected(_ window: Window, today: Day) -> Int {
        activeUsers(window, today: today) - retained(window, today: today) - newUsers(window, today: today)
    }

    /// Users whose first active day ever lies in `window`. O(days).
    func newUsers(_ window: Window, today: Day) -> Int {
        sumOfUserDays(DayRange(window, today: today)) { $0.firsts }
    }

    /// Days with an active user. O(days).
    func activeDays(_ window: Window, today: Day) -> Int { activeDays(in: DayRange(window, today: today)) }

    func activeDays(in days: DayRange) -> Int { sumOfUserDays(days) { $0.active > 0 ? 1 : 0 } }

    /// Σ of the daily numbers of active users. O(days).
    func activeUserDays(_ window: Window, today: Day) -> Int { activeUserDays(in: DayRange(window, today: today)) }

    func activeUserDays(in days: DayRange) -> Int { sumOfUserDays(days) { $0.active } }

    func activeUsers(on day: Int32) -> Int { findUserDay(day).map { Int(userDays[$0].active) } ?? 0 }

    private func sumOfUserDays(_ days: DayRange, _ count: (UserDay) -> UInt32) -> Int {
        var index = firstUserDay(notBefore: days.first)
        var sum = 0
        while index < userDays.count, userDays.base[index].day <= days.last {
            sum += Int(count(userDays.base[index]))
            index += 1
        }
        return sum
    }

    /// h_k for the 28 days that end today.
    mutating func powerCurve(today: Day) -> PowerCurve {
        if power.today != today.number {
            power.start(today.number)
            let window = power.window
            for index in users.numbers { power.count(users[index].days.work(window, users.arena).days) }
        }
        return power
    }

    /// Users who are gone and whose last `leave` record lies in `window`. O(users) where anybody ever left.
    func left(_ window: Window, today: Day) -> Int {
        guard leaverCount > 0 else { return 0 }
        let days = DayRange(window, today: today)
        var count = 0
        for index in users.numbers {
            let row = users[index]
            guard row.flags.contains(.gone), row.isKnown, let detail = users.detail(of: index) else { continue }
            if days.contains(detail.leftDay.number) { count += 1 }
        }
        return count
    }

    // MARK: Tasks and amounts

    /// Calls `body` with the row of each of `tasks` that the company did, once however often a set
    /// lists it.
    @inline(__always)
    func forEachTask(in tasks: [TaskID], _ body: (Int) -> Void) {
        for (index, task) in tasks.enumerated() where !tasks[..<index].contains(task) {
            if let row = findTask(task) { body(row) }
        }
    }

    /// Nil for an empty set.
    func events(_ scope: TaskScope, _ days: DayRange) -> UInt64? {
        switch scope {
        case .all: return eventDays.sum(days, arena)
        case .tasks(let tasks):
            guard !tasks.isEmpty else { return nil }
            var sum: UInt64 = 0
            forEachTask(in: tasks) { sum &+= self.tasks.base[$0].days.sum(days, arena) }
            return sum
        }
    }

    func eventsLifetime(_ scope: TaskScope) -> UInt64? {
        switch scope {
        case .all: return lifetime
        case .tasks(let tasks):
            guard !tasks.isEmpty else { return nil }
            var sum: UInt64 = 0
            forEachTask(in: tasks) { sum &+= self.tasks.base[$0].lifetime }
            return sum
        }
    }

    /// Distinct tasks with a qualifying event.
    mutating func tasksUsed(_ window: Window, today: Day) -> Int {
        let days = DayRange(window, today: today)
        return Int(
            cache.value(.tasksUsed, days, dependingOn: days, today: today, version: version) { [tasks, arena] in
                var count: UInt64 = 0
                for index in tasks.indices where tasks.base[index].days.hasNoted(days, arena) { count += 1 }
                return count
            })
    }

    /// Nil for an empty set and over mixed units; `days` nil is the lifetime.
    func amount(_ scope: TaskScope, _ days: DayRange?) -> Amount? {
        var sum = AmountSum()
        switch scope {
        case .all:
            for index in amounts.indices where !amounts.base[index].isIgnored {
                sum.add(amounts.base[index], days, arena)
            }
        case .tasks(let tasks):
            guard !tasks.isEmpty else { return nil }
            forEachTask(in: tasks) { row in
                var next = self.tasks.base[row].firstSeries
                while next != 0 {
                    sum.add(amounts.base[Int(next) - 1], days, arena)
                    next = amounts.base[Int(next) - 1].next
                }
            }
        }
        return sum.isMixed ? nil : sum.total
    }
}

/// A sum of amounts that notices a second unit. No unit is a unit of its own.
private struct AmountSum {
    var total = Amount.zero
    var unit: UnitID?
    var isMixed = false

    mutating func add(_ series: AmountSeries, _ days: DayRange?, _ arena: UnsafeMutablePointer<DayArena>) {
        guard let days else { return add(series.lifetime, series.unit) }
        if let sum = series.days.sum(days, arena) { add(sum, series.unit) }
    }

    private mutating func add(_ amount: Amount, _ unit: UnitID) {
        if let known = self.unit, known != unit { isMixed = true }
        self.unit = unit
        total += amount
    }
}

extension Window {
    /// The window of the same length that ends before this one begins.
    var previous: Window { Window(days: days, ago: ago + days) }
}
