public import UsageModel

/// The fold: the log's records in, one portrait a company out.
///
/// A pure function of the log: no wall clock, locale, tzdata, hash seed or dictionary order reaches
/// it. Records are applied in the order of the log, each after `advanceClock(for:logTime:)`. Belongs
/// to the writer's thread, and so do the portraits that it hands out.
///
/// What definitions alone leave open is decided so:
/// - What has a time is ordered by that time, not by arrival: the first record (`known_days`), traits,
///   e-mail, last group, outcome and leaving all follow the greatest or least time; equal times
///   follow the log.
/// - Lifetime sums, first and last times and `users_total` count an event when it is applied, also
///   one on a day that is not reached; windows count it when its day is.
/// - `beyond_horizon` is the sum of `count` over qualifying events older than 400 days when they are
///   applied. An event of 129 to 400 days ago counts in its day, its task and its amounts, and for its
///   user in lifetime, first, last and first active day.
/// - Ties between key people are decided over the window that ranks them, the last time included.
/// - A user is gone whose last `leave` is not before the last activity; `left(Nd)` counts those who
///   are gone now, on the day of that `leave`.
/// - Aliases hold in every company: see `Identities`.
public final class Portraits {
    public let names: NameTable
    let fold: UnsafeMutablePointer<Fold>
    let store: PortraitStore
    private var portraits: [CompanyPortrait?] = []
    /// See `beginCheckpoint`.
    public var writeBeforeChange: ((CheckpointPart) -> Void)? {
        get { store.changes.pointee.writeBeforeChange }
        set { store.changes.pointee.writeBeforeChange = newValue }
    }
    /// Rows that the checkpoint under way looks at next.
    var savedRows = 0..<0
    /// The company that it has just looked at.
    var savedCompany: UInt32?
    /// Rows of the checkpoint that is being read.
    let rowReading: RowReading

    public init(names: NameTable) {
        self.names = names
        store = PortraitStore(names: names)
        rowReading = RowReading(into: store)
        fold = .allocate(capacity: 1)
        fold.initialize(to: Fold(names: names, store: store))
    }

    deinit {
        writeBeforeChange = nil
        // Portraits that outlive the fold own their state from here on; the rest goes with it.
        for index in fold.pointee.companies.indices where portraitIfMade(index) == nil {
            guard let state = fold.pointee.companies[index] else { continue }
            state.deinitialize(count: 1)
            UnsafeMutableRawPointer(state).deallocate()
        }
        fold.deinitialize(count: 1)
        fold.deallocate()
    }

    /// `now`: nil before the first record, under `clock: event` before the first event.
    public var now: Timestamp? { fold.pointee.clock.now }

    /// The settings of the last `settings` record, or set from outside.
    public var settings: Settings {
        get { fold.pointee.settings }
        set { fold.pointee.use(newValue) }
    }

    // MARK: The clock

    /// Moves `now` as the record demands that is to be applied next. Never moves it back.
    @inline(__always)
    public func advanceClock(for record: Record, logTime: Timestamp) {
        fold.pointee.advanceClock(for: record, logTime: logTime)
    }

    // MARK: Records

    /// Applies the record with number `seq`, whose ranges are of `bytes`. Of events: O(1) in the
    /// steady state, and no allocation.
    public func apply(_ record: Record, seq: UInt64, bytes: UnsafeRawBufferPointer) {
        noteChanges(by: record)
        fold.pointee.apply(record, seq: seq, bytes: bytes)
    }

    // MARK: Companies

    /// The portrait of a company with at least one record. It changes with the records that follow.
    public func portrait(_ company: CompanyID) -> CompanyPortrait? {
        guard let state = fold.pointee.state(company) else { return nil }
        let index = Int(company.number)
        if let made = portraitIfMade(index) { return made }
        if index >= portraits.count {
            portraits.append(contentsOf: repeatElement(nil, count: fold.pointee.companies.count - portraits.count))
        }
        let portrait = CompanyPortrait(state: state, store: store)
        portraits[index] = portrait
        return portrait
    }

    private func portraitIfMade(_ index: Int) -> CompanyPortrait? { index < portraits.count ? portraits[index] : nil }

    public var companyCount: Int { fold.pointee.companyCount }

    /// All companies with a record, in order of number. O(companies).
    public func companies() -> [CompanyID] {
        var companies: [CompanyID] = []
        companies.reserveCapacity(companyCount)
        for index in fold.pointee.companies.indices where fold.pointee.companies[index] != nil {
            companies.append(CompanyID(number: UInt32(index)))
        }
        return companies
    }

    /// How many users and tasks have rows in the company, known or not: what limits bound. O(1), and no portrait is made.
    @inline(__always)
    public func rowCounts(of company: CompanyID) -> (users: Int, tasks: Int) {
        guard let state = fold.pointee.state(company) else { return (0, 0) }
        return (state.pointee.users.count, state.pointee.tasks.count)
    }

    /// Whether the user has a row in the company. O(1).
    public func hasRow(of user: UserID, in company: CompanyID) -> Bool {
        fold.pointee.state(company)?.pointee.findUser(user) != nil
    }

    /// Whether the task has a row in the company. O(1).
    public func hasRow(of task: TaskID, in company: CompanyID) -> Bool {
        fold.pointee.state(company)?.pointee.findTask(task) != nil
    }

    /// Calls `body` with each company that has a record, and `now` at its last. O(companies).
    public func forEachLastRecord(_ body: (CompanyID, _ now: Timestamp) -> Void) {
        let companies = fold.pointee.companies
        for index in companies.indices {
            // A start asks this when no company is in the processor's cache.
            prefetchState(of: CompanyID(number: UInt32(index + Self.companiesAhead)))
            guard let now = companies[index]?.pointee.lastRecordNow, now != .min else { continue }
            body(CompanyID(number: UInt32(index)), Timestamp(milliseconds: now))
        }
    }

    private static let companiesAhead = 16

    /// The company's date at `now` and when it changes; in the default zone for an unknown company.
    public func moment(for company: CompanyID, at now: Timestamp) -> Moment {
        if let state = fold.pointee.state(company) { return state.pointee.moment(at: now) }
        let zone = fold.pointee.defaultZone
        return Moment(now: now, today: zone.day(of: now), nextMidnight: zone.nextDateChange(after: now))
    }

    // MARK: Zones

    /// A zone that stands in the log; UTC always does.
    public func zone(named name: String) -> Zone? { fold.pointee.zone(named: name) }

    /// The company's zone now: its trait `timezone` if that names a logged zone, else the default.
    public func zone(of company: CompanyID) -> Zone {
        fold.pointee.state(company)?.pointee.zone ?? fold.pointee.defaultZone
    }

    /// The date of `time` in the company's zone.
    @inline(__always)
    public func day(of time: Timestamp, in company: CompanyID) -> Day {
        guard let state = fold.pointee.state(company) else { return fold.pointee.defaultZone.day(of: time) }
        // Most of what comes has just happened, and the zone lies in lines of memory that nothing else needs.
        if time.milliseconds >= state.pointee.todayFrom, time.milliseconds < state.pointee.todayUntil {
            return Day(number: state.pointee.today)
        }
        return day(of: time, at: state)
    }

    @inline(never)
    private func day(of time: Timestamp, at state: UnsafeMutablePointer<CompanyState>) -> Day {
        state.pointee.zone.day(of: time)
    }

    /// The zones that stand in the log, in byte order.
    public var zoneNames: [String] {
        fold.pointee.zones.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    // MARK: Users across companies

    /// Who `user` is after all aliases so far. O(length of its chain).
    public func resolve(user: UserID) -> UserID { fold.pointee.identities.resolve(user) }

    /// The companies that know `user`: those that an alias of it changes. O(those).
    public func companies(knowing user: UserID) -> [CompanyID] {
        fold.pointee.identities.companies(knowing: resolve(user: user))
    }

    /// Whether an alias record of `old` into `new` must be refused.
    public func wouldCycle(merging old: UserID, into new: UserID) -> Bool {
        fold.pointee.identities.wouldCycle(merging: old, into: new)
    }

    /// The company of the user's last `group` call.
    public func lastGroup(of user: UserID) -> CompanyID? {
        fold.pointee.identities.lastGroup(of: fold.pointee.identities.resolve(user))
    }

    /// The user's e-mail by its last `identify` call that had one.
    public func email(of user: UserID) -> String? {
        fold.pointee.identities.emails[fold.pointee.identities.resolve(user)]?.text
    }

    /// The greatest `producer_seq` taken from a producer.
    public func producerSeq(of producer: ProducerID) -> UInt64? { fold.pointee.producers[producer] }

    // MARK: Sources

    /// The greatest time of the source's records, at most `now` when each came; nil before any. O(1).
    public func dataTo(_ source: SourceID) -> Timestamp? {
        let index = Int(source.number)
        guard index < fold.pointee.sourceTimes.count, fold.pointee.sourceTimes[index] != .min else { return nil }
        return Timestamp(milliseconds: fold.pointee.sourceTimes[index])
    }

    /// Whether the source ever sent an event of the company. O(the company's sources).
    public func isFed(_ company: CompanyID, by source: SourceID) -> Bool {
        fold.pointee.state(company)?.pointee.sources.contains(source) ?? false
    }

    // MARK: Digest

    /// H(name ‖ portrait and `flagBytes` at the log's last `now`, pruned to the horizon). O(company).
    public func digest(of company: CompanyID, adding flagBytes: [UInt8]) -> Hash128 {
        guard let state = fold.pointee.state(company) else { return .zero }
        return state.pointee.digest(at: fold.pointee.clock.now, adding: flagBytes)
    }

    /// H(global record): `now`, settings, zones, aliases, groups, e-mails, producers. O(users).
    public func globalDigest() -> Hash128 { fold.pointee.globalDigest() }
}
