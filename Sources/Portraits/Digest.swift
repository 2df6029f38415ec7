import UsageModel

/// Bytes that are equal for equal state: fixed words, little-endian; texts behind their length.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func add(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func add(_ text: some Collection<UInt8>) {
        add(UInt32(text.count))
        bytes.append(contentsOf: text)
    }

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(_ id: some Identifier, _ names: NameTable) {
        names.withBytes(of: id) { add($0) }
    }

    var hash: Hash128 { bytes.withUnsafeBytes { Hash128(of: $0) } }
}

extension CompanyState {
    /// The company's part of the state digest: everything that a question can see at `now`, in an
    /// order that names decide; no numbers of names, no caches, nothing behind the horizon.
    func digest(at now: Timestamp?, adding flagBytes: [UInt8]) -> Hash128 {
        var out = CanonicalBytes()
        let today = now.map { zone.day(of: $0).number }
        // Before any `now` there is no horizon.
        let firstEventDay = today.map { $0 - Int32(Horizon.eventDays - 1) } ?? .min
        let firstUserDay = today.map { $0 - Int32(Horizon.userDays - 1) } ?? .min
        out.add(company, names)
        out.add(zone.name)
        for word in [firstRecord, firstActivity, lastActivity, firstUserActivity, lastUserActivity, lastTouch] {
            out.add(word)
        }
        out.add(lifetime)
        out.add(beyondHorizon)
        add(eventDays, from: firstEventDay, to: &out)
        add(touchDays, from: firstEventDay, to: &out)
        out.add(outcome ?? "")
        out.add(outcomeTime)
        addTraits(from: firstEventDay, to: &out)
        addTasks(from: firstEventDay, to: &out)
        addUsers(from: firstUserDay, to: &out)
        out.add(flagBytes)
        for source in sources.sorted(by: { names.precedes($0, $1) }) { out.add(source, names) }
        return out.hash
    }

    private func add(_ list: DayList, from first: Int32, to out: inout CanonicalBytes) {
        var count: UInt32 = 0
        list.forEach(from: first, arena) { _, _, _ in count += 1 }
        out.add(count)
        list.forEach(from: first, arena) { day, sum, note in
            out.add(day)
            out.add(sum)
            out.add(note)
        }
    }

    private func addTraits(from first: Int32, to out: inout CanonicalBytes) {
        out.add(UInt32(traits.all.count))
        for trait in traits.all {
            out.add(trait.name)
            out.add(trait.value.utf8)
            out.add(trait.time.milliseconds)
            let history = trait.history(seenFrom: Day(number: first))
            out.add(UInt32(history.count))
            for entry in history {
                out.add(entry.day.number)
                out.add(entry.time.milliseconds)
                out.add(entry.number.isNaN ? 0 : entry.number.bitPattern)
                out.add(entry.number.isNaN)
            }
        }
    }

    private func addTasks(from first: Int32, to out: inout CanonicalBytes) {
        out.add(UInt32(tasks.count))
        for index in tasks.indices.sorted(by: { names.precedes(tasks[$0].task, tasks[$1].task) }) {
            let row = tasks[index]
            out.add(row.task, names)
            out.add(row.lifetime)
            out.add(row.lastTime)
            add(row.days, from: first, to: &out)
            addAmounts(of: row, from: first, to: &out)
        }
    }

    private func addAmounts(of row: TaskRow, from first: Int32, to out: inout CanonicalBytes) {
        var found: [Int] = []
        var next = row.firstSeries
        while next != 0 {
            found.append(Int(next) - 1)
            next = amounts[Int(next) - 1].next
        }
        found.sort { left, right in
            let left = amounts[left]
            let right = amounts[right]
            return left.unit != right.unit
                ? names.precedes(left.unit, right.unit) : !left.isIgnored && right.isIgnored
        }
        out.add(UInt32(found.count))
        for index in found {
            let series = amounts[index]
            // No unit and a unit of no letters are two things.
            out.add(series.unit.isNone)
            out.add(series.unit, names)
            out.add(series.isIgnored)
            out.add(series.lifetime.micros)
            var days: [AmountDay] = []
            series.days.forEach(DayRange(first, .max), arena) { days.append($0) }
            out.add(UInt32(days.count))
            for day in days {
                out.add(day.day)
                out.add(day.amount.micros)
            }
        }
    }

    private func addUsers(from first: Int32, to out: inout CanonicalBytes) {
        var waiting: [UserID: [AheadDay]] = [:]
        for index in ahead.indices { waiting[ahead[index].user, default: []].append(ahead[index]) }
        out.add(UInt32(users.count))
        for index in users.numbers.sorted(by: { names.precedes(users[$0].user, users[$1].user) }) {
            let row = users[index]
            out.add(row.user, names)
            out.add(row.firstTime)
            out.add(users.lastTime(of: index))
            out.add(row.firstDay)
            out.add(users.lifetime(of: index))
            out.add(row.flags.facts.rawValue)
            let detail = users.detail(of: index)
            out.add(detail?.traits.bytes ?? [])
            out.add(row.flags.contains(.hasLeft) ? detail?.leftTime.milliseconds ?? 0 : 0)
            out.add(row.flags.contains(.hasLeft) ? detail?.leftDay.number ?? 0 : 0)
            addDays(of: row, waiting: waiting[row.user] ?? [], from: first, to: &out)
        }
    }

    /// The user's days, whether a question has already asked about a day so late that they were
    /// reached or not.
    private func addDays(of row: UserRow, waiting: [AheadDay], from first: Int32, to out: inout CanonicalBytes) {
        var days: [Int32: AheadDay] = [:]
        func add(_ entry: AheadDay) {
            guard var known = days[entry.day] else {
                days[entry.day] = entry
                return
            }
            known.count &+= entry.count
            known.note = max(known.note, entry.note)
            days[entry.day] = known
        }
        row.days.forEach(from: first, users.arena) { add(AheadDay(day: $0, user: row.user, count: $1, note: $2)) }
        for entry in waiting where entry.day >= first { add(entry) }
        out.add(UInt32(days.count))
        for entry in days.values.sorted(by: { $0.day < $1.day }) {
            out.add(entry.day)
            out.add(entry.count)
            out.add(entry.note)
        }
    }
}

extension Fold {
    /// What concerns no single company. Sums of hashes where there are many, so that nothing need be
    /// sorted.
    func globalDigest() -> Hash128 {
        var out = CanonicalBytes()
        out.add(clock.now?.milliseconds ?? .min)
        out.add(clock.far?.time.milliseconds ?? .min)
        out.add(clock.far?.user ?? .none, names)
        out.add(settings.json.utf8)
        for name in zones.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let zone = zones[name] else { continue }
            out.add(name)
            for word in zone.canonicalWords { out.add(word) }
        }
        var sum = identities.digest(names: names)
        for (producer, seq) in producers {
            var entry = CanonicalBytes()
            entry.add(NameKind.producer.rawValue)
            entry.add(producer, names)
            entry.add(seq)
            sum = sum &+ entry.hash
        }
        for index in sourceTimes.indices where sourceTimes[index] != .min {
            var entry = CanonicalBytes()
            entry.add(NameKind.source.rawValue)
            entry.add(SourceID(number: UInt32(index)), names)
            entry.add(sourceTimes[index])
            sum = sum &+ entry.hash
        }
        out.add(sum.low)
        out.add(sum.high)
        return out.hash
    }
}

extension Identities {
    /// Σ of the hashes of all aliases, groups and e-mails.
    func digest(names: NameTable) -> Hash128 {
        var sum = Hash128.zero
        forEachAlias { old, new in
            var entry = CanonicalBytes()
            entry.add("alias")
            entry.add(old, names)
            entry.add(new, names)
            sum = sum &+ entry.hash
        }
        forEachGroup { user, company, time in
            var entry = CanonicalBytes()
            entry.add("group")
            entry.add(user, names)
            entry.add(company, names)
            entry.add(time.milliseconds)
            sum = sum &+ entry.hash
        }
        // The sum does not depend on the dictionary's order.
        for (user, email) in emails {
            var entry = CanonicalBytes()
            entry.add("email")
            entry.add(user, names)
            entry.add(email.text)
            entry.add(email.time.milliseconds)
            sum = sum &+ entry.hash
        }
        return sum
    }
}
