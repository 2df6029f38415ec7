import UsageModel

/// A company's part of a checkpoint: all that the fold knows of it but what it can find out again (the zone, which
/// its trait names; places in tables; what was computed from windows).
extension CompanyState {
    func write(to out: ByteBuffer) {
        writeWords(to: out)
        eventDays.write(to: out, arena)
        touchDays.write(to: out, arena)
        userDays.write(to: out)
        ahead.write(to: out)
        tasks.write(to: out)
        for index in tasks.indices { tasks.base[index].days.writeRest(to: out, arena) }
        writeAmounts(to: out)
        writeUsers(to: out)
        writeTraits(to: out)
        out.append(outcome)
        out.append(UInt32(sources.count))
        for source in sources { out.append(source) }
    }

    /// Reads what `write` wrote into a state that is as new. Rows of users who are at home here are entered in `homes`.
    ///
    /// - Parameter userCount: how many users have names.
    mutating func read(_ reader: inout ByteReader, userCount: Int) throws(DamagedBytes) {
        try readWords(&reader)
        eventDays = try DayList(&reader, arena)
        touchDays = try DayList(&reader, arena)
        userDays = try Rows(&reader)
        ahead = try Rows(&reader)
        tasks = try Rows(&reader)
        for index in tasks.indices { try tasks.base[index].days.readRest(&reader, arena) }
        let rows = tasks
        for index in rows.indices { taskIndex.add(rows[index].task.number, at: index) { rows.base[$0].task.number } }
        try readAmounts(&reader)
        try readUsers(&reader, userCount: userCount)
        try readTraits(&reader)
        outcome = try reader.optionalText()
        for _ in 0..<(try reader.count()) { sources.append(try reader.identifier()) }
    }

    // MARK: Single values

    private func writeWords(to out: ByteBuffer) {
        for day in [today, reached, keptUserDays, keptEventDays, latestUserDay, nextPruning, aheadFirst] {
            out.append(day)
        }
        let times = [
            lastRecordNow, firstRecord, firstActivity, lastActivity, firstUserActivity, lastUserActivity, lastTouch,
            outcomeTime,
        ]
        for time in times { out.append(time) }
        for number in [
            lifetime, recentSeqs.0, recentSeqs.1, recentSeqs.2, lastSeq, beyondHorizon, lastTouchSeq,
            UInt64(usersTotal),
        ] {
            out.append(number)
        }
        out.append(firstUser)
        out.append(lastUser)
        out.append(lastSource)
    }

    private mutating func readWords(_ reader: inout ByteReader) throws(DamagedBytes) {
        today = try reader.number()
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
        firstUser = try reader.identifier()
        lastUser = try reader.identifier()
        lastSource = try reader.identifier()
    }

    // MARK: Amounts

    private func writeAmounts(to out: ByteBuffer) {
        out.append(UInt32(amounts.count))
        for index in amounts.indices {
            let series = amounts[index]
            out.append(series.task)
            out.append(series.unit)
            out.append(series.isIgnored)
            out.append(series.next)
            out.append(series.lifetime.micros)
            series.days.write(to: out)
        }
    }

    private mutating func readAmounts(_ reader: inout ByteReader) throws(DamagedBytes) {
        for _ in 0..<(try reader.count()) {
            var series = AmountSeries(
                task: try reader.identifier(), unit: try reader.identifier(), isIgnored: try reader.flag(),
                next: try reader.number())
            series.lifetime = Amount(micros: try reader.number())
            series.days = try AmountDays(&reader)
            amounts.append(series)
        }
        let isSound =
            tasks.indices.allSatisfy { Int(tasks[$0].firstSeries) <= amounts.count }
            && amounts.indices.allSatisfy { Int(amounts[$0].next) <= amounts.count }
        guard isSound else { throw DamagedBytes("amounts that are not there") }
    }

    // MARK: Users

    private func writeUsers(to out: ByteBuffer) {
        users.write(to: out)
        for row in users.numbers { users[row].days.writeRest(to: out, arena) }
        // Rows have other numbers when they are read back.
        let guests = Set(guestIndex.rows)
        out.append(UInt32(guests.count))
        if !guests.isEmpty {
            for (position, row) in users.numbers.enumerated() where guests.contains(row) {
                out.append(UInt32(position))
            }
        }
        out.append(UInt32(details.count))
        for detail in details {
            out.append(UInt32(detail.traits.bytes.count))
            detail.traits.bytes.withUnsafeBytes { out.append($0) }
            out.append(detail.leftTime)
            out.append(detail.leftDay.number)
        }
        out.append(UInt32(freeDetails.count))
        for index in freeDetails { out.append(index) }
    }

    private mutating func readUsers(_ reader: inout ByteReader, userCount: Int) throws(DamagedBytes) {
        try users.read(&reader)
        let arena = arena
        for row in users.numbers { try users.pointer(to: row).pointee.days.readRest(&reader, arena) }
        try readHomes(&reader, userCount: userCount)
        for _ in 0..<(try reader.count()) {
            var detail = UserDetail()
            detail.traits = TraitBytes(bytes: Array(try reader.slice(try reader.count())))
            detail.leftTime = try reader.time()
            detail.leftDay = Day(number: try reader.number())
            details.append(detail)
        }
        for _ in 0..<(try reader.count()) { freeDetails.append(try reader.number()) }
        let isSound =
            users.numbers.allSatisfy { Int(users[$0].detail) <= details.count }
            && freeDetails.allSatisfy { $0 > 0 && Int($0) <= details.count }
        guard isSound else { throw DamagedBytes("details of users that are not there") }
    }

    private mutating func readHomes(_ reader: inout ByteReader, userCount: Int) throws(DamagedBytes) {
        var guests: [Int] = []
        for _ in 0..<(try reader.count()) { guests.append(Int(try reader.number(UInt32.self))) }
        var nextGuest = 0
        let homes = homes
        let numbers = users.numbers
        for position in numbers.indices {
            let ahead = position + Self.homesAhead
            if ahead < numbers.count { homes.pointee.prefetch(users[numbers[ahead]].user) }
            let row = numbers[position]
            let user = users[row].user
            guard !user.isNone, Int(user.number) <= userCount else { throw DamagedBytes("a user without a name") }
            if nextGuest < guests.count, guests[nextGuest] == position {
                nextGuest += 1
                let rows = users
                guestIndex.add(user.number, at: row) { rows[$0].user.number }
            } else if !homes.pointee.settle(user, in: company, row: row) {
                throw DamagedBytes("a user who is at home twice")
            }
        }
        guard nextGuest == guests.count else { throw DamagedBytes("a guest who is not there") }
    }

    /// Homes of a company's users lie anywhere, and each is a miss of the processor's cache.
    private static let homesAhead = 16

    /// The users who are at home in another company.
    var guests: [UserID] { guestIndex.rows.map { users[$0].user } }

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
