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
    /// In chunks, since one list of millions would be moved in one go when it grows.
    private var details: [[UserDetail]] = []
    private var detailCount: UInt32 = 0
    private var freeDetails: [UInt32] = []

    private static let detailsPerChunk = 1 << 12

    /// A page is 14 lines of the processor's cache, so that rows of one company share no line with another's.
    static let rowsPerPageBits = 4
    static let rowsPerPage = 1 << rowsPerPageBits
    /// 14 MiB, seven huge pages.
    private static let rowsPerChunkBits = 18
    private static let rowsPerChunk = 1 << rowsPerChunkBits

    private struct Page: BitwiseCopyable {
        /// None of a page that is not handed out.
        var owner = CompanyID.none
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
    func detail(of row: UserRow) -> UserDetail? {
        guard row.detail != 0 else { return nil }
        let (chunk, place) = Self.place(of: row.detail)
        return details[chunk][place]
    }

    private static func place(of detail: UInt32) -> (chunk: Int, place: Int) {
        ((Int(detail) - 1) / detailsPerChunk, (Int(detail) - 1) % detailsPerChunk)
    }

    /// Calls `body` with the details of the user at `row`, made when there are none.
    mutating func withDetail(of row: Int, _ body: (inout UserDetail) -> Void) {
        let row = change(row)
        if row.pointee.detail == 0 { row.pointee.detail = makeDetail() }
        let (chunk, place) = Self.place(of: row.pointee.detail)
        body(&details[chunk][place])
    }

    /// What a row bears for details with nothing in them yet.
    private mutating func makeDetail() -> UInt32 { freeDetails.popLast() ?? add(UserDetail()) }

    /// What a row bears for `detail`.
    mutating func add(_ detail: UserDetail) -> UInt32 {
        if Int(detailCount) == details.count * Self.detailsPerChunk {
            details.append([])
            details[details.count - 1].reserveCapacity(Self.detailsPerChunk)
        }
        details[details.count - 1].append(detail)
        detailCount += 1
        return detailCount
    }

    /// Gives back what the user at `row`, which is about to go, has of details.
    mutating func dropDetail(of row: Int) {
        let row = change(row)
        guard row.pointee.detail != 0 else { return }
        let (chunk, place) = Self.place(of: row.pointee.detail)
        details[chunk][place] = UserDetail()
        freeDetails.append(row.pointee.detail)
        row.pointee.detail = 0
    }
}

extension UserPages {
    /// Asks for a row, which may lie on two lines.
    func prefetch(row: Int) {
        let row = UnsafeRawPointer(pointer(to: row))
        UsageModel.prefetch(row)
        UsageModel.prefetch(row + MemoryLayout<UserRow>.size - 1)
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
        change(row).pointee = freed.pointee
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
