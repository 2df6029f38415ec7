import UsageModel

/// Everything known of one company: the fold's state, behind a pointer.
///
/// What every event touches comes first, packed into a few cache lines: with thousands of companies
/// in turn, an event costs what its misses cost. Aspects live in extensions: events, users, windows,
/// rankings, aliases, pruning, digest. Belongs to the writer's thread.
struct CompanyState: ~Copyable {
    // MARK: Touched by every event

    /// Milliseconds between which the date is `today`; of that day they may leave some out at its beginning.
    var todayFrom = Int64.max
    var todayUntil = Int64.min
    var users: UserRows
    var tasks = Rows<TaskRow>()
    var amounts = Rows<AmountSeries>()
    /// Where the row of a task probably stands, by the low bits of its number: right for companies
    /// with few tasks, and a miss less than the index.
    var taskGuesses = SIMD32<UInt8>()
    let company: CompanyID
    /// Of the last event: most companies have one source, and few more than three.
    var lastSource = SourceID.none
    let arena: UnsafeMutablePointer<DayArena>
    /// Where users of this company only, or of this one first, have their rows.
    let homes: UnsafeMutablePointer<Homes>
    /// Date of the log's `now` in `zone`; before all days until `now` is known.
    var today = Int32.min
    /// Days before this one are written by themselves; see `CheckpointPart.days`.
    var recentFrom = Int32.min
    /// The last day whose events stand in the users' lists: the greatest `today` of the log or of a
    /// question so far. It moves events from `ahead` into lists and decides nothing else.
    var reached = Int32.min
    /// Days before these are out of every window's reach and may be dropped.
    var keptUserDays = Int32.min
    var keptEventDays = Int32.min
    /// Qualifying events by day.
    var eventDays = DayList()
    /// The log's `now` when the last record was applied.
    var lastRecordNow = Int64.min
    /// Least time of any record.
    var firstRecord = Int64.max
    var firstActivity = Int64.max
    var lastActivity = Int64.min
    /// The same of events with a user.
    var firstUserActivity = Int64.max
    var lastUserActivity = Int64.min
    /// Users with the least first and the greatest last time; none when they must be sought anew.
    var firstUser = UserID.none
    var lastUser = UserID.none
    var lifetime: UInt64 = 0
    /// Where the last qualifying events stand in the log, latest first; 0 for none.
    var recentSeqs: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// Where the last event stands in the log, whether it qualifies or not; 0 for none.
    var lastSeq: UInt64 = 0
    /// Counts qualifying events and merges: what was computed at another count may be stale.
    var version: UInt64 = 0
    /// Counts what can change windows that ended before today: late events, merges, control records.
    var closedVersion: UInt64 = 0 { didSet { slack = .exceeded } }
    /// What may still come before rules need to look again.
    var slack = EventSlack.exceeded
    var cache = WindowCache()
    var ranking = Ranking()
    var champion = Champion()
    /// Of the generation in which it changed last; see `PartChanges`.
    var mark = PartMark.unchanged
    /// The same of its older days.
    var daysMark = PartMark.unchanged

    // MARK: Touched by a user's first event of a day

    /// Days on which users were active, in order.
    var userDays = Rows<UserDay>()
    var power = PowerCurve()
    /// The greatest day in any user's list.
    var latestUserDay = Int32.min

    // MARK: Facts that change rarely

    /// Rows of tasks, for those that `taskGuesses` does not find.
    var taskIndex = IndexTable()
    /// Rows of users who are at home in another company.
    var guestIndex = IndexTable()
    let names: NameTable
    var zone: Zone
    /// The next UTC day on which everything is pruned.
    var nextPruning = Int32.min
    var usersTotal = 0
    var beyondHorizon: UInt64 = 0
    /// How many users have a `leave` record.
    var leaverCount: UInt32 = 0
    /// User days not reached yet: kept, and counted when they are.
    var ahead = Rows<AheadDay>()
    /// The least day in `ahead`.
    var aheadFirst = Int32.max
    var touchDays = DayList()
    var lastTouch = Int64.min
    /// Where the record of `lastTouch` stands in the log.
    var lastTouchSeq: UInt64 = 0
    var traits = CompanyTraits()
    var outcome: String?
    var outcomeTime = Int64.min
    /// Every source that ever sent an event, ascending by number.
    var sources: [SourceID] = []

    init(company: CompanyID, store: PortraitStore, zone: Zone) {
        self.company = company
        names = store.names
        arena = store.arena
        homes = store.homes
        users = UserRows(store.userPages)
        self.zone = zone
    }

    deinit {
        amounts.deallocate()
        tasks.deallocate()
        taskIndex.deallocate()
        users.deallocate()
        guestIndex.deallocate()
        ahead.deallocate()
        userDays.deallocate()
        cache.deallocate()
        power.deallocate()
    }

    /// Slack between what windows reach and what is dropped: a local date lies within two days of
    /// the UTC date, so a change of zone can move today back by some days, never by more.
    static let pruningSlack: Int32 = 5
    /// Days between two prunings of everything, so that idle users' days do not stay for ever; a power of two.
    static let pruningInterval: Int32 = 16
}

// MARK: Checkpoints

extension CompanyState {
    /// Notes that something of it is about to change, and has it written first where a checkpoint waits for it. Users'
    /// rows are parts of their own.
    @inline(__always)
    mutating func noteChange() {
        users.memory.pointee.changes.pointee.note(.company(company.number), bearing: &mark)
    }

    /// Notes that something on `day` is about to change.
    @inline(__always)
    mutating func noteChange(on day: Int32) { if day < recentFrom { noteOlderDaysChange() } }

    mutating func noteOlderDaysChange() {
        users.memory.pointee.changes.pointee.note(.days(company.number), bearing: &daysMark)
    }

    /// The last one to four days before `today` are recent ones, until all but the last become older ones: of a quarter
    /// of all companies on each day.
    private mutating func moveRecentDays(to today: Int32) {
        let last = today - 1
        let first = last - (last &+ Int32(truncatingIfNeeded: company.number)) & (Self.greatestRecentDays - 1)
        guard first != recentFrom else { return }
        // Also where there are none left: the part that says so must say where they end.
        if recentFrom != .min || !tasks.isEmpty || !touchDays.isEmpty { noteOlderDaysChange() }
        recentFrom = first
    }

    /// Recent days are written with the company whenever it had an event, and older ones when they change, which
    /// happens once in as many days; a power of two.
    private static let greatestRecentDays: Int32 = 4
}

// MARK: Sources

extension CompanyState {
    /// Notes that an event came from another source than the last one, or from none.
    @inline(never)
    mutating func noteSource(_ source: SourceID) {
        lastSource = source
        let index = sources.firstIndex { $0.number >= source.number } ?? sources.count
        if source.isNone || index < sources.count && sources[index] == source { return }
        sources.insert(source, at: index)
    }
}

// MARK: The day

extension CompanyState {
    /// Makes `today` that of `now`. O(1) within a day.
    @inline(__always)
    mutating func enter(_ now: Timestamp) {
        if now.milliseconds < todayFrom || now.milliseconds >= todayUntil { enterDay(of: now) }
    }

    @inline(never)
    private mutating func enterDay(of now: Timestamp) {
        today = zone.day(of: now).number
        moveRecentDays(to: today)
        todayFrom = zone.dateStart(before: now).milliseconds
        todayUntil = zone.nextDateChange(after: now).milliseconds
        slack = .exceeded
        // Bounds follow the UTC date, which never goes back.
        let utcDay = now.utcDay.number
        keptUserDays = utcDay - Int32(Horizon.userDays) - Self.pruningSlack
        keptEventDays = utcDay - Int32(Horizon.eventDays) - Self.pruningSlack
        reach(today)
        if utcDay >= nextPruning {
            if nextPruning != .min { prune() }
            // Companies that came on one day, as with a history that is read in, do so on different ones.
            let number = Int32(truncatingIfNeeded: company.number)
            nextPruning = utcDay + Self.pruningInterval - (utcDay &+ number) & (Self.pruningInterval - 1)
        }
    }

    mutating func use(_ zone: Zone) {
        self.zone = zone
        todayFrom = .max
        todayUntil = .min
    }

    mutating func moment(at now: Timestamp) -> Moment {
        if now.milliseconds >= todayFrom, now.milliseconds < todayUntil {
            return Moment(
                now: now, today: Day(number: today), nextMidnight: Timestamp(milliseconds: todayUntil))
        }
        return Moment(now: now, today: zone.day(of: now), nextMidnight: zone.nextDateChange(after: now))
    }

    /// Whether there is anything of its own before `day`, users aside.
    func hasDays(before day: Int32) -> Bool {
        eventDays.hasDays(before: day, arena) || touchDays.hasDays(before: day, arena)
            || tasks.indices.contains { tasks[$0].days.hasDays(before: day, arena) }
            || amounts.indices.contains { amounts[$0].days.hasDays(before: day, arena) }
    }

    /// Drops days that no window reaches any more, but for those of users. What it drops cannot be asked for, so nobody
    /// can tell when it ran.
    private mutating func prune() {
        if hasDays(before: keptEventDays) { noteOlderDaysChange() }
        eventDays.prune(before: keptEventDays, arena)
        touchDays.prune(before: keptEventDays, arena)
        traits.prune(before: keptEventDays)
        for index in tasks.indices { tasks.base[index].days.prune(before: keptEventDays, arena) }
        for index in amounts.indices { amounts.base[index].days.prune(before: keptEventDays, arena) }
        let keptUsers = keptUserDays
        userDays.removeAll { $0.day < keptUsers }
    }

    /// The same of the users in `rows`, which are its own.
    func pruneUsers(in rows: Range<Int>) {
        for row in rows { users[row].days.prefetchRest(users.arena) }
        for row in rows where users[row].days.hasDays(before: keptUserDays, users.arena) {
            let lastTime = users[row].days.lastTime
            users.change(row).pointee.days.prune(before: keptUserDays, users.arena)
            users.memory.pointee.keepLastTime(lastTime, of: row)
        }
    }
}
