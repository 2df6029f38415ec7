import UsageModel

/// Where a row's fixed fields stand in its part.
private enum RowFields {
    static let company = 0
    static let user = 4
    static let firstDay = 8
    static let flags = 12
    static let extras = 13
    static let restCount = 14
    static let lastDay = 16
    /// Of the first time on `firstDay`, as `DayNote` has it.
    static let firstNote = 24
    static let lifetime = 28
    static let byteCount = 32
}

/// What follows the fixed fields of a row's part.
private struct RowExtras: OptionSet {
    let rawValue: UInt8

    /// The user is at home in another company.
    static let guest = RowExtras(rawValue: 1 << 0)
    static let detail = RowExtras(rawValue: 1 << 1)
    /// Both times, which the first day with its note and the last day do not say.
    static let times = RowExtras(rawValue: 1 << 2)
    /// The upper half of `lifetime`.
    static let lifetime = RowExtras(rawValue: 1 << 3)
}

extension UserRow {
    fileprivate var firstNote: UInt64 { DayNote.of(firstTime, on: firstDay) }

    /// The first and the last time as the days tell, which for nearly all users they do.
    fileprivate static func times(
        firstDay: Int32, firstNote: UInt64, lastDay: DayCount
    ) -> (first: Int64, last: Int64) {
        (DayNote.time(firstNote, on: firstDay), DayNote.time(lastDay.note, on: lastDay.day))
    }
}

extension PortraitStore {
    /// Writes what stands in `row`: mostly 32 bytes, 8 for each active day but the last, and the details. Of a row whose
    /// user was merged into another, nothing.
    func write(row: Int, to out: ByteBuffer) {
        let pages = userPages
        let user = pages.pointee.pointer(to: row)
        guard !user.pointee.user.isNone else { return }
        let company = pages.pointee.owner(of: row)
        let detail = pages.pointee.detail(of: user.pointee)
        var extras: RowExtras = homes.pointee.company(of: user.pointee.user) == company ? [] : .guest
        if detail != nil { extras.insert(.detail) }
        let last = user.pointee.days.last
        let firstNote = user.pointee.firstNote
        let times = UserRow.times(firstDay: user.pointee.firstDay, firstNote: firstNote, lastDay: last)
        if times != (user.pointee.firstTime, user.pointee.lastTime) { extras.insert(.times) }
        if user.pointee.lifetime > UInt64(UInt32.max) { extras.insert(.lifetime) }
        out.append(company)
        out.append(user.pointee.user)
        out.append(user.pointee.firstDay)
        out.append(user.pointee.flags.rawValue)
        out.append(extras.rawValue)
        let rest = user.pointee.days.rest
        out.append(UInt16(rest.count))
        out.append(last.bits)
        out.append(UInt32(firstNote))
        out.append(UInt32(truncatingIfNeeded: user.pointee.lifetime))
        rest.write(0..<rest.count, to: out, userArena)
        if extras.contains(.times) {
            out.append(user.pointee.firstTime)
            out.append(user.pointee.lastTime)
        }
        if extras.contains(.lifetime) { out.append(UInt32(user.pointee.lifetime >> UInt64(UInt32.bitWidth))) }
        guard let detail else { return }
        out.append(detail.leftTime)
        out.append(detail.leftDay.number)
        out.append(UInt32(detail.traits.bytes.count))
        detail.traits.bytes.withUnsafeBytes { out.append($0) }
    }
}

/// Rows of users that are being read from a checkpoint, and what is to be done with them when all companies are there.
///
/// Until `end` it touches nothing of the companies, which may be read on another thread.
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

    private let store: PortraitStore
    private var counted = PartCounts()
    private var pages = Rows<Page>()
    /// Rows that were read, for which memory was asked and not yet written to: where it lies is a miss of the processor's
    /// cache for each that does not stand beside the one before.
    private var settling = Rows<Place>()
    private var guests = Rows<Guest>()
    /// Of all who are at home in the rows that were read; see `Homes.token`.
    private var homeSum: UInt64 = 0

    private static let greatestSettlingCount = 32

    init(into store: PortraitStore) { self.store = store }

    deinit { forget() }

    private func forget() {
        pages.deallocate()
        settling.deallocate()
        guests.deallocate()
    }

    /// To be called before the first row is read.
    func begin(_ counted: PartCounts) {
        self.counted = counted
        pages.extend(toCount: counted.pages, filler: Page())
    }

    /// Reads what `write(row:to:)` wrote.
    func read(_ row: Int, _ reader: inout ByteReader) throws(DamagedBytes) {
        if reader.isAtEnd { return }
        let fixed = try reader.slice(RowFields.byteCount)
        let company = CompanyID(number: fixed.number(RowFields.company))
        var user = UserRow(user: UserID(number: fixed.number(RowFields.user)))
        guard Int(user.user.number) <= counted.users, !user.user.isNone else {
            throw DamagedBytes("a user without a name")
        }
        user.firstDay = fixed.number(RowFields.firstDay)
        user.flags = UserFlags(rawValue: fixed.number(RowFields.flags))
        let extras = RowExtras(rawValue: fixed.number(RowFields.extras))
        user.lifetime = UInt64(fixed.number(RowFields.lifetime, UInt32.self))
        let restCount = Int(fixed.number(RowFields.restCount, UInt16.self))
        var rest = DayBlock()
        rest.prepend(try reader.slice(restCount * MemoryLayout<DayCount>.stride), store.userArena)
        let last = DayCount(bits: fixed.number(RowFields.lastDay))
        user.days = DayList(last: last, rest: rest)
        let firstNote = UInt64(fixed.number(RowFields.firstNote, UInt32.self))
        (user.firstTime, user.lastTime) =
            extras.contains(.times)
            ? (try reader.number(), try reader.number())
            : UserRow.times(firstDay: user.firstDay, firstNote: firstNote, lastDay: last)
        if extras.contains(.lifetime) {
            user.lifetime |= UInt64(try reader.number(UInt32.self)) << UInt64(UInt32.bitWidth)
        }
        if extras.contains(.detail) {
            var detail = UserDetail()
            detail.leftTime = try reader.time()
            detail.leftDay = Day(number: try reader.number())
            detail.traits = TraitBytes(bytes: Array(try reader.slice(try reader.count())))
            user.detail = store.userPages.pointee.add(detail)
        }
        try settle(Place(row: row, company: company, isGuest: extras.contains(.guest), user: user))
    }

    private func settle(_ place: Place) throws(DamagedBytes) {
        let page = place.row >> UserPages.rowsPerPageBits
        guard page < pages.count else { throw DamagedBytes("a user in a page that is not there") }
        UsageModel.prefetch(pages.base + page)
        store.userPages.pointee.prefetch(row: place.row)
        settling.append(place)
        if settling.count == Self.greatestSettlingCount { try settleAll() }
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

    private func settleAll() throws(DamagedBytes) {
        for index in settling.indices {
            let place = settling.base + index
            let (row, company, user) = (place.pointee.row, place.pointee.company, place.pointee.user.user)
            try note(row, of: company)
            store.userPages.pointee.pointer(to: row).initialize(to: place.pointee.user)
            if place.pointee.isGuest {
                guests.append(Guest(user: user, company: company, row: row))
            } else {
                homeSum &+= Homes.token(user, Homes.Home(company: company, row: UInt32(row)))
            }
        }
        settling.removeAll()
    }

    /// To be called when all parts were read; `guest` with each user of a company who is at home in another.
    ///
    /// - Parameter homeSum: what `Homes.read` returned, of all pages.
    func end(
        companies: Rows<UnsafeMutablePointer<CompanyState>?>, homeSum: UInt64,
        guest noteGuest: (UserID, CompanyID) -> Void
    ) throws(DamagedBytes) {
        try settleAll()
        guard self.homeSum == homeSum else {
            throw DamagedBytes("users whose rows stand elsewhere than they are at home")
        }
        for position in guests.indices {
            let guest = guests[position]
            let index = Int(guest.company.number)
            guard index < companies.count, let state = companies[index],
                !store.homes.pointee.company(of: guest.user).isNone
            else { throw DamagedBytes("a user of a company that is not there, or who is at home nowhere") }
            state.pointee.index(guest: guest.user, at: guest.row)
            noteGuest(guest.user, guest.company)
        }
        for index in companies.indices { if let state = companies[index] { try expectAll(of: state) } }
        guard pages.indices.allSatisfy({ pages[$0].rows == 0 || store.userPages.pointee.hasOwner(page: $0) }) else {
            throw DamagedBytes("users in a page that is nobody's")
        }
        forget()
        (pages, settling, guests) = (Rows(), Rows(), Rows())
    }

    /// Gives `state` its pages, checks that exactly its rows were read, and empties those that the pages have beside them.
    private func expectAll(of state: UnsafeMutablePointer<CompanyState>) throws(DamagedBytes) {
        let company = state.pointee.company
        try state.pointee.users.forEachPage { (first, count) throws(DamagedBytes) in
            guard store.userPages.pointee.claim(page: first, for: company) else {
                throw DamagedBytes("a page of users that is not there, or somebody else's")
            }
            let page = pages[first >> UserPages.rowsPerPageBits]
            guard page.rows == UInt16(truncatingIfNeeded: 1 << count - 1), count == 0 || page.company == company else {
                throw DamagedBytes("users that are missing, or too many")
            }
            store.userPages.pointee.empty(first + count..<first + UserPages.rowsPerPage)
        }
    }
}
