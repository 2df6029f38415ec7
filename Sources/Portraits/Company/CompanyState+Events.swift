import UsageModel

/// Applying events.
extension CompanyState {
    /// Applies an event; `user` is its user after aliases were followed. Ignored events (a listed
    /// task or user, our own staff, `passive`) count for their task and nowhere else.
    mutating func apply(event: Record, seq: UInt64, user: UserID, isIgnored: Bool) {
        let time = event.time.milliseconds
        let day = event.day.number
        let userRow = user.isNone ? nil : findUser(user)
        let isIgnored = isIgnored || userRow.map { users[$0].flags.contains(.staff) } == true
        // Until `now` is known today lies before all days and nothing is beyond the horizon.
        let isBeyondEvents = day < today &- Int32(Horizon.eventDays - 1) && today != .min
        if day < today { closedVersion &+= 1 }
        slack.use(counts: event.count)
        lastSeq = seq

        if !isBeyondEvents { noteChange(on: day) }
        noteTask(event, isIgnored: isIgnored, isBeyond: isBeyondEvents)
        guard !isIgnored else { return }
        version &+= 1
        recentSeqs = (seq, recentSeqs.0, recentSeqs.1)
        cache.drop(day)
        lifetime &+= event.count
        firstActivity = min(firstActivity, time)
        lastActivity = max(lastActivity, time)
        if isBeyondEvents {
            beyondHorizon &+= event.count
        } else {
            _ = eventDays.add(event.count, on: day, keepingFrom: keptEventDays, arena)
        }
        guard !user.isNone else { return }
        noteActivity(of: user, at: userRow ?? addUser(user), event)
    }

    // MARK: Users

    @inline(__always)
    private mutating func noteActivity(of user: UserID, at index: Int, _ event: Record) {
        let time = event.time.milliseconds
        let day = event.day.number
        let row = users.change(index)
        let lastTime = max(row.pointee.days.lastTime, time)
        if !row.pointee.isKnown || row.pointee.flags.contains(.hasLeft) { notePresence(at: index, time: time, day) }
        noteFirst(time, on: day, at: index)
        users.memory.pointee.addLifetime(event.count, of: index)
        noteFirstAndLast(user, time: time)
        if day > reached {
            addAhead(AheadDay(day: day, user: user, count: event.count, note: DayNote.of(time, on: day)))
        } else if day >= today &- Int32(Horizon.userDays - 1) {
            addUserDay(day, count: event.count, note: DayNote.of(time, on: day), at: index)
        }
        users.memory.pointee.keepLastTime(lastTime, of: index)
    }

    /// A user's first activity, or activity after leaving, changes who is counted.
    private mutating func notePresence(at index: Int, time: Int64, _ day: Int32) {
        let row = users.change(index)
        slack = .exceeded
        if row.pointee.isMember { usersTotal -= 1 }
        noteFirst(time, on: day, at: index)
        settleLeaving(at: index, lastTime: max(users.lastTime(of: index), time))
        if row.pointee.isMember { usersTotal += 1 }
    }

    /// Ties go to the smaller id, which is sought when somebody asks: with times in whole seconds ties are common, and
    /// comparing names was a fortieth of an event's cost.
    @inline(__always)
    private mutating func noteFirstAndLast(_ user: UserID, time: Int64) {
        if time < firstUserActivity {
            firstUserActivity = time
            firstUser = user
        } else if time == firstUserActivity, user != firstUser {
            firstUser = .none
        }
        if time > lastUserActivity {
            lastUserActivity = time
            lastUser = user
        } else if time == lastUserActivity, user != lastUser {
            lastUser = .none
        }
    }

    // MARK: Tasks and amounts

    func findTask(_ task: TaskID) -> Int? {
        taskIndex.find(task.number) { tasks.base[$0].task.number }
    }

    @inline(__always)
    private mutating func noteTask(_ event: Record, isIgnored: Bool, isBeyond: Bool) {
        let index = guessedTask(event.task) ?? foundTask(event.task)
        let row = tasks.base + index
        if row.pointee.days.lastDay != today { slack = .exceeded }
        row.pointee.lifetime &+= event.count
        row.pointee.lastTime = max(row.pointee.lastTime, event.time.milliseconds)
        if !isBeyond {
            _ = row.pointee.days.add(
                event.count, on: event.day.number, note: isIgnored ? 0 : DayNote.qualified, keepingFrom: keptEventDays,
                arena)
        }
        if event.flags.contains(.hasAmount) {
            noteAmount(event, taskRow: index, isIgnored: isIgnored, isBeyond: isBeyond)
        }
    }

    /// Where the task's row is, if it is there.
    @inline(__always)
    func taskGuess(_ task: TaskID) -> Int? {
        let guess = Int(taskGuesses[Int(task.number & 31)])
        return guess < tasks.count ? guess : nil
    }

    @inline(__always)
    private func guessedTask(_ task: TaskID) -> Int? {
        guard let guess = taskGuess(task), tasks.base[guess].task == task else { return nil }
        return guess
    }

    @inline(never)
    private mutating func foundTask(_ task: TaskID) -> Int {
        let index = findTask(task) ?? addTask(task)
        if let guess = UInt8(exactly: index) { taskGuesses[Int(task.number & 31)] = guess }
        return index
    }

    private mutating func addTask(_ task: TaskID) -> Int {
        tasks.append(TaskRow(task: task))
        let rows = tasks
        taskIndex.add(task.number, at: rows.count - 1) { rows.base[$0].task.number }
        return rows.count - 1
    }

    private mutating func noteAmount(_ event: Record, taskRow: Int, isIgnored: Bool, isBeyond: Bool) {
        var next = tasks.base[taskRow].firstSeries
        while next != 0 {
            let series = amounts.base + (Int(next) - 1)
            if series.pointee.unit == event.unit, series.pointee.isIgnored == isIgnored { break }
            next = series.pointee.next
        }
        if next == 0 {
            amounts.append(
                AmountSeries(
                    task: event.task, unit: event.unit, isIgnored: isIgnored, next: tasks.base[taskRow].firstSeries))
            next = UInt32(amounts.count)
            tasks.base[taskRow].firstSeries = next
        }
        let series = amounts.base + (Int(next) - 1)
        series.pointee.lifetime += event.amount
        guard !isBeyond else { return }
        series.pointee.days.add(event.amount, on: event.day.number, keepingFrom: keptEventDays, arena)
    }
}
