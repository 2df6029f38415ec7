import UsageModel

/// Rows of users that are being read from a checkpoint, and what is to be done with them when all companies are there.
///
/// Rows of several shares may be read at the same time, each share's by one thread, and companies on another, which also
/// calls `claimPages`. All else is for when no other thread reads.
final class RowReading {
    /// What was read into a page.
    private struct Page: BitwiseCopyable {
        var company = CompanyID.none
        /// A bit for each row.
        var rows: UInt16 = 0
    }

    private struct Place: BitwiseCopyable {
        var row: Int
        var company: CompanyID
        var isGuest: Bool
        var user: UserRow
    }

    private struct Guest: BitwiseCopyable {
        var user: UserID
        var company: CompanyID
        var row: Int
    }

    /// What one thread at a time has read of one share.
    private struct Share {
        var days: DayFilling.Share
        /// Rows that were read, for which memory was asked and not yet written to: where it lies is a miss of the
        /// processor's cache for each that does not stand beside the one before.
        var settling = Rows<Place>()
        var guests = Rows<Guest>()
        /// Details have one place for all shares, and so are entered in the end.
        var details: [(row: Int, detail: UserDetail)] = []
        /// Of all who are at home in the rows that were read; see `Homes.token`.
        var homeSum: UInt64 = 0
        /// So that no two threads write to one line of the processor's cache, nor to the one that is fetched with it.
        private let padding = InlineArray<16, UInt64>(repeating: 0)

        init(_ filling: DayFilling) { days = DayFilling.Share(filling) }

        func deallocate() {
            settling.deallocate()
            guests.deallocate()
        }
    }

    private let store: PortraitStore
    private var counted = PartCounts()
    /// A page is of one share, and so touched by one thread.
    private var pages = Rows<Page>()
    /// By page: how many rows its company says that it has there. Touched by the thread that reads companies.
    private var takenCounts = Rows<UInt8>()
    /// By number of the share.
    private var shares: UnsafeMutableBufferPointer<Share>

    private static let greatestSettlingCount = 32
    /// Several times what lists have room for before they drop days beyond the horizon: three elements for each of 128 days
    /// and those between two prunings. A list that is longer would have no room in its row one day.
    private static let greatestRestCount = 4_096

    init(into store: PortraitStore) {
        self.store = store
        shares = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    deinit { forget() }

    private func forget() {
        pages.deallocate()
        pages = Rows()
        takenCounts.deallocate()
        takenCounts = Rows()
        for share in shares { share.deallocate() }
        shares.deinitialize()
        shares.deallocate()
        shares = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    /// To be called before the first row is read.
    func begin(_ counted: PartCounts) {
        forget()
        self.counted = counted
        pages.extend(toCount: counted.pages, filler: Page())
        takenCounts.extend(toCount: counted.pages, filler: 0)
        let filling = DayFilling(store.userArena)
        shares = .allocate(capacity: Int(CheckpointPart.shareCount))
        shares.initialize(repeating: Share(filling))
    }

    /// Reads what `write(row:to:)` wrote.
    func read(_ row: Int, of share: UInt32, _ reader: inout ByteReader) throws(DamagedBytes) {
        if reader.isAtEnd { return }
        guard row >> UserPages.rowsPerPageBits < pages.count else {
            throw DamagedBytes("a user in a page that is not there")
        }
        let share = shares.baseAddress.unsafelyUnwrapped + Int(share)
        let fixed = try reader.slice(RowFields.byteCount)
        let company = CompanyID(number: fixed.number(RowFields.company))
        var user = UserRow(user: UserID(number: fixed.number(RowFields.user)))
        guard Int(user.user.number) <= counted.users, !user.user.isNone else {
            throw DamagedBytes("a user without a name")
        }
        user.setFirst(note: fixed.number(RowFields.firstNote), on: fixed.number(RowFields.firstDay))
        user.flags = UserFlags(rawValue: fixed.number(RowFields.flags)).subtracting(.ofDetail)
        let extras = RowExtras(rawValue: fixed.number(RowFields.extras))
        user.lifetimeLow = fixed.number(RowFields.lifetimeLow)
        let restCount = Int(fixed.number(RowFields.restCount, UInt16.self))
        let last = DayCount(bits: fixed.number(RowFields.last))
        guard let width = extras.width, restCount <= Self.greatestRestCount else {
            throw DamagedBytes("a user's days of no width, or too many")
        }
        let rest = try DayBlock(restCount, width, &reader, &share.pointee.days)
        let days = DayList(last: last, rest: rest)
        guard UserRow.hasRoom(for: days.rest), last.isLowest || restCount == 0 && (last.isNone || last.isTime) else {
            throw DamagedBytes("a user's days that are too many, or without a last one")
        }
        user.days = days
        if extras.contains(.detail) {
            var detail = UserDetail()
            detail.leftTime = try reader.time()
            detail.leftDay = Day(number: try reader.number())
            detail.lastTime = try reader.number()
            guard detail.lastTime == .min || DayCount.times.contains(detail.lastTime) else {
                throw DamagedBytes("a time outside all years")
            }
            detail.lifetimeHigh = try reader.number()
            detail.traits = TraitBytes(bytes: Array(try reader.slice(try reader.count())))
            share.pointee.details.append((row, detail))
        }
        UsageModel.prefetch(pages.base + row >> UserPages.rowsPerPageBits)
        store.userPages.pointee.prefetch(row: row)
        share.pointee.settling.append(
            Place(row: row, company: company, isGuest: extras.contains(.guest), user: user))
        if share.pointee.settling.count == Self.greatestSettlingCount { try settleAll(of: share) }
    }

    /// Gives a company that was read its pages.
    func claimPages(of state: UnsafeMutablePointer<CompanyState>) throws(DamagedBytes) {
        let company = state.pointee.company
        try state.pointee.users.forEachPage { (first, count) throws(DamagedBytes) in
            guard store.userPages.pointee.claim(page: first, for: company) else {
                throw DamagedBytes("a page of users that is not there, or somebody else's")
            }
            takenCounts[first >> UserPages.rowsPerPageBits] = UInt8(count)
        }
    }

    private func note(_ row: Int, of company: CompanyID) throws(DamagedBytes) {
        let page = row >> UserPages.rowsPerPageBits
        guard pages[page].company.isNone || pages[page].company == company else {
            throw DamagedBytes("a user in another company's page")
        }
        let bit: UInt16 = 1 << UInt16(row & (UserPages.rowsPerPage - 1))
        guard pages[page].rows & bit == 0 else { throw DamagedBytes("a user's row that is there twice") }
        pages.base[page].company = company
        pages.base[page].rows |= bit
    }

    private func settleAll(of share: UnsafeMutablePointer<Share>) throws(DamagedBytes) {
        for index in share.pointee.settling.indices {
            let place = share.pointee.settling.base + index
            let (row, company, user) = (place.pointee.row, place.pointee.company, place.pointee.user.user)
            try note(row, of: company)
            store.userPages.pointee.pointer(to: row).initialize(to: place.pointee.user)
            if place.pointee.isGuest {
                share.pointee.guests.append(Guest(user: user, company: company, row: row))
            } else {
                share.pointee.homeSum &+= Homes.token(user, Homes.Home(company: company, row: UInt32(row)))
            }
        }
        share.pointee.settling.removeAll()
    }

    /// To be called when all parts were read; `guest` with each user of a company who is at home in another.
    ///
    /// - Parameter homeSum: what `Homes.read` returned, of all pages.
    func end(
        companies: Rows<UnsafeMutablePointer<CompanyState>?>, homeSum: UInt64,
        guest noteGuest: (UserID, CompanyID) -> Void
    ) throws(DamagedBytes) {
        var readHomeSum: UInt64 = 0
        for index in shares.indices {
            let share = shares.baseAddress.unsafelyUnwrapped + index
            try settleAll(of: share)
            share.pointee.days.end()
            for (row, detail) in share.pointee.details {
                store.userPages.pointee.add(detail, to: row)
            }
            readHomeSum &+= share.pointee.homeSum
        }
        guard readHomeSum == homeSum else {
            throw DamagedBytes("users whose rows stand elsewhere than they are at home")
        }
        for share in shares {
            for position in share.guests.indices {
                try enter(share.guests[position], companies)
                noteGuest(share.guests[position].user, share.guests[position].company)
            }
        }
        for page in pages.indices { try expectAll(of: page) }
        forget()
    }

    private func enter(
        _ guest: Guest, _ companies: Rows<UnsafeMutablePointer<CompanyState>?>
    ) throws(DamagedBytes) {
        let index = Int(guest.company.number)
        guard index < companies.count, let state = companies[index],
            !store.homes.pointee.company(of: guest.user).isNone
        else { throw DamagedBytes("a user of a company that is not there, or who is at home nowhere") }
        state.pointee.index(guest: guest.user, at: guest.row)
    }

    /// Checks that exactly those rows of a page were read that its company has, and empties those beside them.
    private func expectAll(of page: Int) throws(DamagedBytes) {
        let (read, count) = (pages[page], Int(takenCounts[page]))
        let first = page << UserPages.rowsPerPageBits
        let owner = store.userPages.pointee.owner(of: first)
        guard read.rows == UInt16(truncatingIfNeeded: 1 << count - 1), count == 0 || read.company == owner else {
            throw DamagedBytes("users that are missing, or too many, or in a page that is somebody else's")
        }
        if !owner.isNone { store.userPages.pointee.empty(first + count..<first + UserPages.rowsPerPage) }
    }
}
