import UsageModel

/// The rows of all companies' users, by number, in pages that belong to one company each, and the details of users.
///
/// A company's rows in one piece of memory would be copied each time they outgrow it, and leave a hole behind. And who
/// knows a row's number need not know the company to find it.
struct UserPages: ~Copyable {
    /// Of the days of all users.
    let arena: UnsafeMutablePointer<DayArena>
    let changes: UnsafeMutablePointer<PartChanges>
    private var chunks = Rows<UnsafeMutablePointer<UserRow>>()
    private var pages = Rows<Page>()
    private var details = UserDetails()

    /// A page is eight lines of the processor's cache, so that rows of one company share no line with another's.
    static let rowsPerPageBits = 4
    static let rowsPerPage = 1 << rowsPerPageBits
    /// 8 MiB, four huge pages.
    private static let rowsPerChunkBits = 18
    private static let rowsPerChunk = 1 << rowsPerChunkBits

    private struct Page: BitwiseCopyable {
        /// None of a page that is not handed out.
        var owner = CompanyID.none
        /// Of its rows.
        var details = UserDetails.Chain()
        /// Of the generation in which one of its rows changed last.
        var mark = PartMark.unchanged
    }

    init(arena: UnsafeMutablePointer<DayArena>, changes: UnsafeMutablePointer<PartChanges>) {
        self.arena = arena
        self.changes = changes
    }

    deinit {
        for index in chunks.indices {
            HugePages.free(UnsafeMutableBufferPointer(start: chunks[index], count: Self.rowsPerChunk))
        }
        chunks.deallocate()
        pages.deallocate()
    }

    /// The number of the first row of a page for `company`, with nothing in it. Pages that are asked for one after the
    /// other lie so.
    mutating func allocate(for company: CompanyID) -> UInt32 {
        let page = pages.count
        makeRoom(pageCount: page + 1)
        pages.base[page].owner = company
        let first = page << Self.rowsPerPageBits
        empty(first..<first + Self.rowsPerPage)
        return UInt32(first)
    }

    /// Makes rows of one page such that nobody stands in them.
    func empty(_ rows: Range<Int>) {
        guard !rows.isEmpty else { return }
        pointer(to: rows.lowerBound).initialize(repeating: UserRow(user: .none), count: rows.count)
    }

    /// Makes room for pages up to `pageCount`, which belong to nobody yet.
    mutating func makeRoom(pageCount: Int) {
        pages.extend(toCount: pageCount, filler: Page())
        while chunks.count << Self.rowsPerChunkBits < pageCount << Self.rowsPerPageBits {
            chunks.append(HugePages.allocate(Self.rowsPerChunk).baseAddress.unsafelyUnwrapped)
        }
    }

    /// Hands out a page that a checkpoint gives to `company`. False where it is not there or somebody's already.
    func claim(page first: Int, for company: CompanyID) -> Bool {
        let page = first >> Self.rowsPerPageBits
        guard first % Self.rowsPerPage == 0, page < pages.count, pages[page].owner.isNone else { return false }
        pages.base[page].owner = company
        return true
    }

    var pageCount: Int { pages.count }

    func owner(of row: Int) -> CompanyID { pages[row >> Self.rowsPerPageBits].owner }

    static func rows(of page: UInt32) -> Range<Int> {
        Int(page) << rowsPerPageBits..<(Int(page) + 1) << rowsPerPageBits
    }

    @inline(__always)
    func pointer(to row: Int) -> UnsafeMutablePointer<UserRow> {
        chunks.base[row >> Self.rowsPerChunkBits] + row & (Self.rowsPerChunk - 1)
    }

    /// The row, which is about to change: written first where a checkpoint waits for it.
    @inline(__always)
    func change(_ row: Int) -> UnsafeMutablePointer<UserRow> {
        let pointer = pointer(to: row)
        if pointer.pointee.mark != changes.pointee.mark {
            let page = row >> Self.rowsPerPageBits
            changes.pointee.note(
                row: row, bearing: &pointer.pointee.mark, page: UInt32(page), bearing: &pages.base[page].mark)
        }
        return pointer
    }

    /// Notes that a page's rows are looked at for the checkpoint under way. No mark may outlive its generation.
    func noteSaving(ofPage page: UInt32) {
        if changes.pointee.mustSave(pages[Int(page)].mark) { pages.base[Int(page)].mark = .unchanged }
    }

    /// Has all rows of a page written again by the next checkpoint: the one that had some of them to write was given up.
    func renewChange(ofPage page: UInt32) {
        for row in Self.rows(of: page) { pointer(to: row).pointee.mark = changes.pointee.mark }
        changes.pointee.note(page: page, bearing: &pages.base[Int(page)].mark)
    }
}

// MARK: Details

extension UserPages {
    func detail(of row: Int) -> UserDetail? {
        guard pointer(to: row).pointee.flags.contains(.hasDetail) else { return nil }
        return details.find(row, in: pages[row >> Self.rowsPerPageBits].details)
    }

    /// Calls `body` with the details of the user at `row`, made when there are none.
    mutating func withDetail(of row: Int, _ body: (inout UserDetail) -> Void) {
        let user = change(row)
        let page = pages.base + row >> Self.rowsPerPageBits
        if !user.pointee.flags.contains(.hasDetail) {
            user.pointee.flags.insert(.hasDetail)
            details.add(UserDetail(), of: row, to: &page.pointee.details)
        }
        details.change(row, in: page.pointee.details, body)
    }

    /// Gives back what the user at `row`, which is about to go, has of details.
    mutating func dropDetail(of row: Int) {
        let user = change(row)
        guard user.pointee.flags.contains(.hasDetail) else { return }
        user.pointee.flags.subtract(.ofDetail)
        details.remove(row, from: &pages.base[row >> Self.rowsPerPageBits].details)
    }

    /// Gives the details of the user at `row`, who is moved, to the row `target`, which has none.
    mutating func moveDetail(of row: Int, to target: Int) {
        guard pointer(to: row).pointee.flags.contains(.hasDetail) else { return }
        let link = details.unlink(row, from: &pages.base[row >> Self.rowsPerPageBits].details)
        details.link(link, of: target, to: &pages.base[target >> Self.rowsPerPageBits].details)
    }

    /// What a checkpoint has of the user at `row`, who has none yet.
    mutating func add(_ detail: UserDetail, to row: Int) {
        var flags: UserFlags = .hasDetail
        if detail.lastTime != .min { flags.insert(.lastTimeInDetail) }
        if detail.lifetimeHigh != 0 { flags.insert(.lifetimeInDetail) }
        pointer(to: row).pointee.flags.formUnion(flags)
        details.add(detail, of: row, to: &pages.base[row >> Self.rowsPerPageBits].details)
    }
}

// MARK: What the details may add to a row

extension UserPages {
    /// Greatest time of qualifying events of the user at `row`, ms; `.min` when there is none.
    @inline(__always)
    func lastTime(of row: Int) -> Int64 {
        let user = pointer(to: row)
        let time = user.pointee.days.lastTime
        return user.pointee.flags.contains(.lastTimeInDetail) ? max(time, detail(of: row)?.lastTime ?? .min) : time
    }

    /// Sees to it that the last time of the user at `row`, whose days have changed, is `time` or later.
    @inline(__always)
    mutating func keepLastTime(_ time: Int64, of row: Int) {
        if time > pointer(to: row).pointee.days.lastTime { noteLastTime(time, of: row) }
    }

    @inline(never)
    private mutating func noteLastTime(_ time: Int64, of row: Int) {
        if pointer(to: row).pointee.days.isEmpty {
            change(row).pointee.days.set(timeWithoutDays: time)
        } else {
            withDetail(of: row) { $0.lastTime = max($0.lastTime, time) }
            change(row).pointee.flags.insert(.lastTimeInDetail)
        }
    }

    /// Sum of `count` over all qualifying events ever of the user at `row`; exact below 2^64.
    @inline(__always)
    func lifetime(of row: Int) -> UInt64 {
        let user = pointer(to: row)
        let low = UInt64(user.pointee.lifetimeLow)
        guard user.pointee.flags.contains(.lifetimeInDetail) else { return low }
        return UInt64(detail(of: row)?.lifetimeHigh ?? 0) << UInt64(UInt32.bitWidth) | low
    }

    @inline(__always)
    mutating func addLifetime(_ count: UInt64, of row: Int) {
        let user = change(row)
        let (sum, overflow) = user.pointee.lifetimeLow.addingReportingOverflow(UInt32(truncatingIfNeeded: count))
        guard !overflow, count <= UInt64(UInt32.max) else { return addLargeLifetime(count, of: row) }
        user.pointee.lifetimeLow = sum
    }

    @inline(never)
    private mutating func addLargeLifetime(_ count: UInt64, of row: Int) {
        let sum = lifetime(of: row) &+ count
        change(row).pointee.lifetimeLow = UInt32(truncatingIfNeeded: sum)
        withDetail(of: row) { $0.lifetimeHigh = UInt32(truncatingIfNeeded: sum >> UInt64(UInt32.bitWidth)) }
        change(row).pointee.flags.insert(.lifetimeInDetail)
    }
}

extension UserPages {
    /// Asks for a row.
    @inline(__always)
    func prefetch(row: Int) { UsageModel.prefetch(pointer(to: row)) }

    /// Asks for a row that is about to change, and for its page's mark.
    @inline(__always)
    func prefetchChange(of row: Int) {
        prefetch(row: row)
        UsageModel.prefetch(pages.base + row >> Self.rowsPerPageBits)
    }

    /// Asks for all of the page that begins with the row `first`.
    func prefetch(page first: UInt32) {
        let page = UnsafeRawPointer(pointer(to: Int(first)))
        for line in 0..<Self.rowsPerPage * MemoryLayout<UserRow>.stride / Fold.cacheLine {
            UsageModel.prefetch(page + line * Fold.cacheLine)
        }
    }
}

/// A company's rows of users. Whoever holds it calls `deallocate` once; the pages live as long as `UserPages`.
struct UserRows: BitwiseCopyable {
    let memory: UnsafeMutablePointer<UserPages>
    /// The first row of each.
    private var pages = Rows<UInt32>()
    private(set) var count = 0

    init(_ memory: UnsafeMutablePointer<UserPages>) { self.memory = memory }

    /// Of their days.
    var arena: UnsafeMutablePointer<DayArena> { memory.pointee.arena }

    /// The numbers of the rows, in the order in which they came.
    struct Numbers: RandomAccessCollection {
        fileprivate let memory: UnsafeMutablePointer<UserPages>
        fileprivate let pages: Rows<UInt32>
        let endIndex: Int

        var startIndex: Int { 0 }

        @inline(__always)
        subscript(position: Int) -> Int {
            Int(pages[position >> UserPages.rowsPerPageBits]) + position & (UserPages.rowsPerPage - 1)
        }

        @inline(__always)
        func makeIterator() -> Iterator { Iterator(numbers: self) }

        /// Asks for each page while the one before is being read: pages lie anywhere, and no processor guesses where.
        struct Iterator: IteratorProtocol {
            fileprivate let numbers: Numbers
            private var position = 0
            private var row = 0

            fileprivate init(numbers: Numbers) { self.numbers = numbers }

            @inline(__always)
            mutating func next() -> Int? {
                guard position < numbers.endIndex else { return nil }
                row = position & (UserPages.rowsPerPage - 1) == 0 ? firstOfPage() : row + 1
                position += 1
                return row
            }

            private func firstOfPage() -> Int {
                let page = position >> UserPages.rowsPerPageBits
                if page + 1 < numbers.pages.count { numbers.memory.pointee.prefetch(page: numbers.pages[page + 1]) }
                return Int(numbers.pages[page])
            }
        }
    }

    /// Valid until the next row is added or removed.
    var numbers: Numbers { Numbers(memory: memory, pages: pages, endIndex: count) }

    /// The number of the row that came last; only while there are rows.
    var last: Int { numbers[count - 1] }

    @inline(__always)
    subscript(row: Int) -> UserRow { memory.pointee.pointer(to: row).pointee }

    /// The row, which is about to change. Valid for good, though another row may come to stand there.
    @inline(__always)
    func change(_ row: Int) -> UnsafeMutablePointer<UserRow> { memory.pointee.change(row) }

    func detail(of row: Int) -> UserDetail? { memory.pointee.detail(of: row) }

    @inline(__always)
    func lastTime(of row: Int) -> Int64 { memory.pointee.lastTime(of: row) }

    @inline(__always)
    func lifetime(of row: Int) -> UInt64 { memory.pointee.lifetime(of: row) }

    /// Returns the number of the new row.
    mutating func append(_ user: UserID, of company: CompanyID) -> Int {
        if count >> UserPages.rowsPerPageBits == pages.count {
            pages.append(memory.pointee.allocate(for: company))
        }
        count += 1
        change(last).pointee.user = user
        return last
    }

    /// Moves the last row into the place of `row`.
    mutating func swapRemove(_ row: Int) {
        let freed = change(last)
        let mark = freed.pointee.mark
        let target = change(row)
        if last != row { memory.pointee.moveDetail(of: last, to: row) }
        target.pointee = freed.pointee
        freed.pointee = UserRow(user: .none)
        freed.pointee.mark = mark
        count -= 1
    }

    func deallocate() { pages.deallocate() }
}

// MARK: Checkpoints

extension UserRows {
    /// The count and the pages; each row is a part of its own.
    func write(to out: ByteBuffer) {
        out.append(UInt32(count))
        pages.write(to: out)
    }

    /// Calls `body` with each page's first row and how many of its rows are taken.
    func forEachPage(_ body: (_ first: Int, _ count: Int) throws(DamagedBytes) -> Void) throws(DamagedBytes) {
        for page in pages.indices {
            let taken = count - page << UserPages.rowsPerPageBits
            try body(Int(pages[page]), min(max(taken, 0), UserPages.rowsPerPage))
        }
    }

    /// Into rows that have none yet; `RowReading` sees to it that they get those that they say they have.
    mutating func read(_ reader: inout ByteReader) throws(DamagedBytes) {
        count = Int(try reader.number(UInt32.self))
        pages = try Rows(&reader)
        guard (count + UserPages.rowsPerPage - 1) >> UserPages.rowsPerPageBits <= pages.count else {
            throw DamagedBytes("more users than pages hold")
        }
    }
}
