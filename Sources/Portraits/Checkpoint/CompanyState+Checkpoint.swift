import UsageModel

/// A company's parts of a checkpoint: one has all that the fold knows of it but its users, whose rows are parts of their
/// own, its older days, which are another part, and what it can find out again (the zone, which its trait
/// names; places in tables; what was computed from windows).
extension CompanyState {
    func write(to out: ByteBuffer) {
        writeWords(to: out)
        out.append(hasDays(before: recentFrom))
        eventDays.write(from: recentFrom, to: out, arena)
        touchDays.write(from: recentFrom, to: out, arena)
        writeUserDays(to: out)
        ahead.write(to: out)
        writeTasks(to: out)
        writeAmounts(to: out)
        users.write(to: out)
        writeTraits(to: out)
        out.append(outcome)
        out.append(UInt32(sources.count))
        for source in sources { out.append(source) }
    }

    /// Reads what `write` wrote into a state that is as new. Returns whether `readOlderDays` must follow.
    mutating func read(_ reader: inout ByteReader) throws(DamagedBytes) -> Bool {
        try readWords(&reader)
        let hasOlderDays = try reader.flag()
        try eventDays.read(&reader, arena)
        try touchDays.read(&reader, arena)
        try readUserDays(&reader)
        ahead = try Rows(&reader)
        try readTasks(&reader)
        try readAmounts(&reader)
        try users.read(&reader)
        try readTraits(&reader)
        outcome = try reader.optionalText()
        for _ in 0..<(try reader.count()) { sources.append(try reader.identifier()) }
        return hasOlderDays
    }

    // MARK: Users by day

    /// In 8 bytes a day where all numbers allow it, as they do but for the largest companies; else in 16.
    private func writeUserDays(to out: ByteBuffer) {
        let firstDay = userDays.isEmpty ? 0 : userDays[0].day
        var bits: UInt32 = 0
        for index in userDays.indices {
            let row = userDays[index]
            bits |= UInt32(truncatingIfNeeded: row.day - firstDay) | row.active | row.firsts | row.lasts
        }
        let isShort = bits <= UInt32(UInt16.max)
        out.append(isShort)
        guard isShort else { return userDays.write(to: out) }
        out.append(UInt32(userDays.count))
        out.append(firstDay)
        // The longest of what is copied before a company changes, while its event waits.
        let numbers = out.reserve(userDays.count * Self.shortUserDay)
        for index in userDays.indices {
            let row = userDays[index]
            let short = SIMD4<UInt16>(
                truncatingIfNeeded: SIMD4(UInt32(bitPattern: row.day - firstDay), row.active, row.firsts, row.lasts))
            (numbers + index * Self.shortUserDay).storeBytes(of: short, as: SIMD4<UInt16>.self)
        }
        out.advance(userDays.count * Self.shortUserDay)
    }

    private mutating func readUserDays(_ reader: inout ByteReader) throws(DamagedBytes) {
        guard try reader.flag() else { return userDays = try Rows(&reader) }
        let count = Int(try reader.number(UInt32.self))
        let firstDay: Int32 = try reader.number()
        let numbers = try reader.slice(count * Self.shortUserDay)
        userDays.extend(toCount: count, filler: UserDay(day: 0))
        for index in 0..<count {
            func number(_ position: Int) -> UInt16 { numbers.number(index * Self.shortUserDay + position * 2) }
            userDays[index] = UserDay(
                day: firstDay &+ Int32(number(0)), active: UInt32(number(1)), firsts: UInt32(number(2)),
                lasts: UInt32(number(3)))
        }
    }

    /// Bytes of a day, its users, their firsts and lasts.
    private static let shortUserDay = 8

    // MARK: Older days

    /// Nothing of tasks and amounts behind the last that has any: they may be newer than the company's part of the same
    /// checkpoint.
    func writeOlderDays(to out: ByteBuffer) {
        out.append(recentFrom)
        eventDays.write(before: recentFrom, to: out, arena)
        touchDays.write(before: recentFrom, to: out, arena)
        let taskCount = (tasks.indices.last { tasks[$0].days.hasDays(before: recentFrom, arena) } ?? -1) + 1
        out.append(UInt32(taskCount))
        for index in 0..<taskCount { tasks[index].days.write(before: recentFrom, to: out, arena) }
        let amountCount = (amounts.indices.last { amounts[$0].days.hasDays(before: recentFrom, arena) } ?? -1) + 1
        out.append(UInt32(amountCount))
        for index in 0..<amountCount { amounts[index].days.write(before: recentFrom, to: out, arena) }
    }

    /// Reads what `writeOlderDays` wrote, behind `read`.
    mutating func readOlderDays(_ reader: inout ByteReader) throws(DamagedBytes) {
        guard try reader.number(Int32.self) == recentFrom else {
            throw DamagedBytes("older days that do not end where a company's recent ones begin")
        }
        try eventDays.read(&reader, arena)
        try touchDays.read(&reader, arena)
        let taskCount = Int(try reader.number(UInt32.self))
        guard taskCount <= tasks.count else { throw DamagedBytes("days of tasks that are not there") }
        for index in 0..<taskCount { try tasks.base[index].days.read(&reader, arena) }
        let amountCount = Int(try reader.number(UInt32.self))
        guard amountCount <= amounts.count else { throw DamagedBytes("days of amounts that are not there") }
        for index in 0..<amountCount { try amounts.base[index].days.read(&reader, arena) }
    }

    // MARK: Single values

    private func writeWords(to out: ByteBuffer) {
        for day in [today, recentFrom, reached, keptUserDays, keptEventDays, latestUserDay, nextPruning, aheadFirst] {
            out.append(day)
        }
        let times = [
            lastRecordNow, firstRecord, firstActivity, lastActivity, firstUserActivity, lastUserActivity, lastTouch,
            outcomeTime,
        ]
        for time in times { out.append(time) }
        for number in [
            lifetime, recentSeqs.0, recentSeqs.1, recentSeqs.2, lastSeq, beyondHorizon, lastTouchSeq,
            UInt64(usersTotal), UInt64(leaverCount),
        ] {
            out.append(number)
        }
        out.append(firstUser)
        out.append(lastUser)
        out.append(lastSource)
    }

    private mutating func readWords(_ reader: inout ByteReader) throws(DamagedBytes) {
        today = try reader.number()
        recentFrom = try reader.number()
        reached = try reader.number()
        keptUserDays = try reader.number()
        keptEventDays = try reader.number()
        latestUserDay = try reader.number()
        nextPruning = try reader.number()
        aheadFirst = try reader.number()
        lastRecordNow = try reader.number()
        firstRecord = try reader.number()
        firstActivity = try reader.number()
        lastActivity = try reader.number()
        firstUserActivity = try reader.number()
        lastUserActivity = try reader.number()
        lastTouch = try reader.number()
        outcomeTime = try reader.number()
        lifetime = try reader.number()
        recentSeqs = (try reader.number(), try reader.number(), try reader.number())
        lastSeq = try reader.number()
        beyondHorizon = try reader.number()
        lastTouchSeq = try reader.number()
        usersTotal = Int(truncatingIfNeeded: try reader.number(UInt64.self))
        leaverCount = UInt32(truncatingIfNeeded: try reader.number(UInt64.self))
        firstUser = try reader.identifier()
        lastUser = try reader.identifier()
        lastSource = try reader.identifier()
    }

    // MARK: Tasks and amounts

    private func writeTasks(to out: ByteBuffer) {
        out.append(UInt32(tasks.count))
        for index in tasks.indices {
            let row = tasks[index]
            out.append(row.task)
            out.append(row.firstSeries)
            out.append(row.lifetime)
            out.append(row.lastTime)
            row.days.write(from: recentFrom, to: out, arena)
        }
    }

    private mutating func readTasks(_ reader: inout ByteReader) throws(DamagedBytes) {
        for index in 0..<(try reader.count()) {
            var row = TaskRow(task: try reader.identifier(), firstSeries: try reader.number())
            row.lifetime = try reader.number()
            row.lastTime = try reader.number()
            try row.days.read(&reader, arena)
            tasks.append(row)
            let rows = tasks
            taskIndex.add(row.task.number, at: index) { rows.base[$0].task.number }
        }
    }

    private func writeAmounts(to out: ByteBuffer) {
        out.append(UInt32(amounts.count))
        for index in amounts.indices {
            let series = amounts[index]
            out.append(series.task)
            out.append(series.unit)
            out.append(series.isIgnored)
            out.append(series.next)
            out.append(series.lifetime.micros)
            series.days.write(from: recentFrom, to: out, arena)
        }
    }

    private mutating func readAmounts(_ reader: inout ByteReader) throws(DamagedBytes) {
        for _ in 0..<(try reader.count()) {
            var series = AmountSeries(
                task: try reader.identifier(), unit: try reader.identifier(), isIgnored: try reader.flag(),
                next: try reader.number())
            series.lifetime = Amount(micros: try reader.number())
            try series.days.read(&reader, arena)
            amounts.append(series)
        }
        let isSound =
            tasks.indices.allSatisfy { Int(tasks[$0].firstSeries) <= amounts.count }
            && amounts.indices.allSatisfy { Int(amounts[$0].next) <= amounts.count }
        guard isSound else { throw DamagedBytes("amounts that are not there") }
    }

    // MARK: Traits

    private func writeTraits(to out: ByteBuffer) {
        out.append(UInt32(traits.all.count))
        for trait in traits.all {
            out.append(trait.name)
            out.append(trait.value)
            out.append(trait.time)
            out.append(trait.day.number)
            out.append(trait.unchangedSince)
            out.append(UInt32(trait.history.count))
            for entry in trait.history {
                out.append(entry.day.number)
                out.append(entry.time)
                out.append(entry.number.bitPattern)
            }
        }
    }

    private mutating func readTraits(_ reader: inout ByteReader) throws(DamagedBytes) {
        var all: [CompanyTraits.Trait] = []
        for _ in 0..<(try reader.count()) {
            var trait = CompanyTraits.Trait(
                name: try reader.text(), value: try reader.json(), time: try reader.time(),
                day: Day(number: try reader.number()), unchangedSince: try reader.time())
            for _ in 0..<(try reader.count()) {
                trait.history.append(
                    CompanyTraits.TraitDay(
                        day: Day(number: try reader.number()), time: try reader.time(),
                        number: Double(bitPattern: try reader.number())))
            }
            all.append(trait)
        }
        traits = CompanyTraits(all: all)
    }
}
