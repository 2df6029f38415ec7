import UsageModel

/// The fold's hot state, behind one pointer: classes pay for an exclusivity check at each write.
struct Fold: ~Copyable {
    let names: NameTable
    let store: PortraitStore
    var settings = Settings()
    var clock = UsageClock()
    var companies = Rows<UnsafeMutablePointer<CompanyState>?>()
    var companyCount = 0
    /// By company number: how often it changed since the start. Apart from the companies, for those who ask it of all.
    var changeCounts = Rows<UInt32>()
    /// How many records came since the start that may change any company.
    var changesOfAll = 0
    var identities: Identities
    var zones: [String: Zone] = [:]
    var defaultZone = Zone.utc
    var ignoredTasks = NameFilter<TaskID>([])
    var ignoredUsers = NameFilter<UserID>([])
    /// Greatest seq taken, by producer.
    var producers: [ProducerID: UInt64] = [:]
    /// By number of a source: the greatest time of its records, in milliseconds.
    var sourceTimes = Rows<Int64>()
    /// Of the checkpoint that is being read.
    var reading = PartReading()
    var sweep = PageSweep()
    /// By page of what is known of users across companies.
    var pageMarks = Rows<PartMark>()

    static let cacheLine = 64

    init(names: NameTable, store: PortraitStore) {
        self.names = names
        self.store = store
        identities = Identities(homes: store.homes)
    }

    deinit {
        companies.deallocate()
        changeCounts.deallocate()
        sourceTimes.deallocate()
        pageMarks.deallocate()
        identities.deallocate()
    }

    @inline(__always)
    mutating func advanceClock(for record: Record, logTime: Timestamp) {
        clock.advance(for: record, user: identities.resolve(record.user), logTime: logTime, settings: settings)
    }

    @inline(__always)
    func state(_ company: CompanyID) -> UnsafeMutablePointer<CompanyState>? {
        let index = Int(company.number)
        return index < companies.count ? companies.base[index] : nil
    }
}

/// What is known of a checkpoint while it is being read.
struct PartReading {
    /// Parts name no others than these.
    var counted = PartCounts()
    /// Those that came before their company.
    var earlyDays: [CompanyID: ByteBuffer] = [:]
    /// Of the homes that were read; see `Homes.token`.
    var homeSum: UInt64 = 0
    /// By company number: whether its days are still to come. A set costs more than some companies take to be read.
    var isAwaitingDays: [Bool] = []
}

/// How many there are of what parts of a checkpoint refer to.
struct PartCounts {
    /// Named companies.
    var companies = 0
    /// Named users.
    var users = 0
    /// Pages of companies' rows of users.
    var pages = 0
}

/// Owns the memory that companies share; freed with the last portrait that needs it.
final class PortraitStore {
    let names: NameTable
    /// Of companies' days and those of their tasks.
    let arena: UnsafeMutablePointer<DayArena>
    /// Of users' days, which are read back on several threads; see `DayFilling`.
    let userArena: UnsafeMutablePointer<DayArena>
    let homes: UnsafeMutablePointer<Homes>
    let userPages: UnsafeMutablePointer<UserPages>
    let changes: UnsafeMutablePointer<PartChanges>

    init(names: NameTable) {
        self.names = names
        arena = .allocate(capacity: 1)
        arena.initialize(to: DayArena())
        userArena = .allocate(capacity: 1)
        userArena.initialize(to: DayArena())
        changes = .allocate(capacity: 1)
        changes.initialize(to: PartChanges())
        homes = .allocate(capacity: 1)
        homes.initialize(to: Homes(changes: changes))
        userPages = .allocate(capacity: 1)
        userPages.initialize(to: UserPages(arena: userArena, changes: changes))
    }

    deinit {
        homes.deinitialize(count: 1)
        homes.deallocate()
        arena.deinitialize(count: 1)
        arena.deallocate()
        userArena.deinitialize(count: 1)
        userArena.deallocate()
        userPages.deinitialize(count: 1)
        userPages.deallocate()
        changes.deinitialize(count: 1)
        changes.deallocate()
    }
}
