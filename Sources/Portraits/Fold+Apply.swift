import UsageModel

/// Applying records.
extension Fold {
    /// Applies one record. `bytes` are its batch's.
    @inline(__always)
    mutating func apply(_ record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer) {
        if record.flags.contains(.hasProducerSeq) { noteProducer(record) }
        if !record.source.isNone { noteSource(record) }
        if record.kind.isEvent {
            apply(event: record, seq: seq)
        } else {
            apply(control: record, seq: seq, bytes: bytes)
        }
        if let now = clock.now, now.milliseconds >= sweep.due { pruneNextPage(now) }
    }

    @inline(never)
    private mutating func pruneNextPage(_ now: Timestamp) {
        let pages = store.userPages
        guard pages.pointee.pageCount > 0 else { return }
        let page = sweep.next(now: now.milliseconds, pageCount: pages.pointee.pageCount)
        let rows = UserPages.rows(of: UInt32(page))
        state(pages.pointee.owner(of: rows.lowerBound))?.pointee.pruneUsers(in: rows)
    }

    private mutating func apply(event: Record, seq: UInt64) {
        let state = enter(event)
        let user = identities.resolve(event.user)
        let isIgnored =
            event.flags.contains(.passive) || ignoredTasks.contains(event.task, names: names)
            || ignoredUsers.contains(user, names: names)
        if event.source != state.pointee.lastSource { state.pointee.noteSource(event.source) }
        let known = state.pointee.users.count
        state.pointee.apply(event: event, seq: seq, user: user, isIgnored: isIgnored)
        if state.pointee.users.count != known { identities.addMembership(of: user, in: event.company) }
    }

    /// The company's state, made when it is new, at the log's `now`.
    @inline(__always)
    private mutating func enter(_ record: Record) -> UnsafeMutablePointer<CompanyState> {
        let state = state(record.company) ?? addNewCompany(record.company)
        if let now = clock.now {
            state.pointee.enter(now)
            state.pointee.lastRecordNow = now.milliseconds
        }
        if record.time.milliseconds < state.pointee.firstRecord {
            state.pointee.firstRecord = record.time.milliseconds
            state.pointee.slack = .exceeded
        }
        return state
    }

    @inline(never)
    private mutating func addNewCompany(_ company: CompanyID) -> UnsafeMutablePointer<CompanyState> {
        let state = addCompany(company)
        state.pointee.noteChange()
        return state
    }

    @inline(never)
    mutating func addCompany(_ company: CompanyID) -> UnsafeMutablePointer<CompanyState> {
        precondition(!company.isNone, "a record of a company must name it")
        // On a cache line of its own, since the first few hold what every event touches.
        let state = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<CompanyState>.stride, alignment: Self.cacheLine
        ).bindMemory(to: CompanyState.self, capacity: 1)
        state.initialize(to: CompanyState(company: company, store: store, zone: defaultZone))
        companies.extend(toCount: Int(company.number) + 1, filler: nil)
        changeCounts.extend(toCount: companies.count, filler: 0)
        companies[Int(company.number)] = state
        companyCount += 1
        return state
    }

    @inline(never)
    private mutating func noteProducer(_ record: Record) {
        producers[record.producer] = max(producers[record.producer] ?? 0, record.producerSeq)
    }

    /// A sender whose clock runs ahead has not sent what is still to come.
    @inline(__always)
    private mutating func noteSource(_ record: Record) {
        let time = min(record.time, clock.now ?? record.time).milliseconds
        let index = Int(record.source.number)
        if index >= sourceTimes.count { sourceTimes.extend(toCount: index + 1, filler: .min) }
        if time > sourceTimes.base[index] { sourceTimes.base[index] = time }
    }

    // MARK: Control records

    private mutating func apply(control record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer) {
        switch record.kind {
        case .track, .page, .screen: preconditionFailure("an event is no control record")
        case .clock, .rules: break
        case .move: if !record.company.isNone { _ = enter(record) }
        case .settings: use(Self.settings(Self.payload(of: record, bytes)))
        case .zone: addZone(Self.payload(of: record, bytes))
        case .alias: applyAlias(record)
        case .identify, .group, .leave, .outcome, .touch: apply(companyControl: record, seq: seq, bytes: bytes)
        }
    }

    private mutating func apply(companyControl record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer) {
        let members = Self.members(Self.payload(of: record, bytes))
        let user = identities.resolve(record.user)
        if record.kind == .identify, !user.isNone {
            let email = members.first { $0.name == "email" }?.value.stringValue
            if let email, !email.isEmpty { identities.setEmail(email, of: user, time: record.time) }
        }
        guard !record.company.isNone else { return }
        let state = enter(record)
        let known = state.pointee.users.count
        state.pointee.closedVersion &+= 1
        switch record.kind {
        case .identify: if !user.isNone { state.pointee.identify(user, traits: members, time: record.time) }
        case .group:
            state.pointee.traits.set(members, time: record.time, day: record.day)
            if members.contains(where: { $0.name == "timezone" }) { state.pointee.use(zone(of: state)) }
            guard !user.isNone else { break }
            state.pointee.identify(user, traits: [], time: record.time)
            identities.setGroup(record.company, of: user, time: record.time)
        case .leave: if !user.isNone { state.pointee.leave(user, time: record.time, day: record.day) }
        case .outcome: state.pointee.noteOutcome(members, time: record.time)
        case .touch: state.pointee.noteTouch(time: record.time, day: record.day, seq: seq)
        default: preconditionFailure("\(record.kind) concerns no company")
        }
        if state.pointee.users.count != known { identities.addMembership(of: user, in: record.company) }
    }

    private mutating func applyAlias(_ record: Record) {
        let old = identities.resolve(record.sentUser)
        let new = identities.resolve(record.user)
        guard !old.isNone, !new.isNone, old != new else { return }
        let companies = identities.takeMemberships(of: old)
        identities.merge(old, into: new)
        for company in companies {
            guard let state = state(company) else { continue }
            if let now = clock.now { state.pointee.enter(now) }
            let knewNew = state.pointee.findUser(new) != nil
            state.pointee.merge(old, into: new)
            if !knewNew { identities.addMembership(of: new, in: company) }
        }
    }

    // MARK: Payloads

    private static func payload(of record: Record, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[record.payload.indices])
    }

    /// The members of a sender's object. The decoder has checked it; what is no object has none.
    private static func members(_ payload: UnsafeRawBufferPointer) -> [JSON.Member] {
        guard !payload.isEmpty, let json = try? JSON.parse(payload) else { return [] }
        return json.members ?? []
    }

    private static func settings(_ payload: UnsafeRawBufferPointer) -> Settings {
        do {
            return try Settings(json: JSON.parse(payload))
        } catch {
            // The daemon wrote it and the log checked its sum.
            preconditionFailure("settings record: \(error)")
        }
    }

    // MARK: Settings and zones

    mutating func use(_ settings: Settings) {
        if settings.ignoreTasks != self.settings.ignoreTasks { ignoredTasks = NameFilter(settings.ignoreTasks) }
        if settings.ignoreUsers != self.settings.ignoreUsers { ignoredUsers = NameFilter(settings.ignoreUsers) }
        let zoneChanged = settings.defaultZone != self.settings.defaultZone
        self.settings = settings
        if zoneChanged { settleZones() }
    }

    private mutating func addZone(_ payload: UnsafeRawBufferPointer) {
        guard let nameLength = payload.first, payload.count > Int(nameLength) else {
            preconditionFailure("zone record: too short")
        }
        let name = String(decoding: payload[1...Int(nameLength)], as: UTF8.self)
        do {
            zones[name] = try Zone(name: name, tzif: Array(payload[(Int(nameLength) + 1)...]))
        } catch {
            // The daemon parsed these bytes before it logged them.
            preconditionFailure("zone record \"\(name)\": \(error)")
        }
        settleZones()
    }

    /// Gives every company the zone that its trait or the default names now.
    mutating func settleZones() {
        defaultZone = zone(named: settings.defaultZone) ?? .utc
        for index in companies.indices {
            guard let state = companies[index] else { continue }
            let zone = zone(of: state)
            if state.pointee.zone != zone { state.pointee.use(zone) }
        }
    }

    func zone(named name: String) -> Zone? { zones[name] ?? (name == Zone.utc.name ? .utc : nil) }

    func zone(of state: UnsafeMutablePointer<CompanyState>) -> Zone {
        guard let name = state.pointee.traits.value("timezone")?.stringValue else { return defaultZone }
        return zone(named: name) ?? defaultZone
    }
}
