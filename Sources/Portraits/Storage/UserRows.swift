import UsageModel

/// The rows of all companies' users, by number, in pages that belong to one company each.
///
/// A company's rows in one piece of memory would be copied each time they outgrow it, and leave a hole behind. And who
/// knows a row's number need not know the company to find it.
struct UserPages: ~Copyable {
    private var chunks = Rows<UnsafeMutablePointer<UserRow>>()
    /// Rows that are handed out.
    private var taken = 0

    /// A page is 14 lines of the processor's cache, so that rows of one company share no line with another's.
    static let rowsPerPageBits = 4
    static let rowsPerPage = 1 << rowsPerPageBits
    /// 14 MiB, seven huge pages.
    private static let rowsPerChunkBits = 18
    private static let rowsPerChunk = 1 << rowsPerChunkBits

    init() {}

    deinit {
        for index in chunks.indices {
            HugePages.free(UnsafeMutableBufferPointer(start: chunks[index], count: Self.rowsPerChunk))
        }
        chunks.deallocate()
    }

    /// The number of the first row of a page with nothing in it. Pages that are asked for one after the other lie so.
    mutating func allocate() -> UInt32 {
        if taken == chunks.count << Self.rowsPerChunkBits {
            chunks.append(HugePages.allocate(Self.rowsPerChunk).baseAddress.unsafelyUnwrapped)
        }
        defer { taken += Self.rowsPerPage }
        return UInt32(taken)
    }

    @inline(__always)
    func pointer(to row: Int) -> UnsafeMutablePointer<UserRow> {
        chunks.base[row >> Self.rowsPerChunkBits] + row & (Self.rowsPerChunk - 1)
    }
}

extension UserPages {
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
    private let memory: UnsafeMutablePointer<UserPages>
    /// The first row of each.
    private var pages = Rows<UInt32>()
    private(set) var count = 0

    init(_ memory: UnsafeMutablePointer<UserPages>) { self.memory = memory }

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

    /// Valid for good, though another row may come to stand there.
    @inline(__always)
    func pointer(to row: Int) -> UnsafeMutablePointer<UserRow> { memory.pointee.pointer(to: row) }

    @inline(__always)
    subscript(row: Int) -> UserRow { pointer(to: row).pointee }

    /// Returns the number of the new row.
    mutating func append(_ row: UserRow) -> Int {
        if count >> UserPages.rowsPerPageBits == pages.count { pages.append(memory.pointee.allocate()) }
        count += 1
        pointer(to: last).initialize(to: row)
        return last
    }

    /// Moves the last row into the place of `row`.
    mutating func swapRemove(_ row: Int) {
        pointer(to: row).pointee = self[last]
        count -= 1
    }

    func deallocate() { pages.deallocate() }

    // MARK: Checkpoints

    /// The count, and all rows one behind the other.
    func write(to out: ByteBuffer) {
        out.append(UInt32(count))
        forEachPage { out.append(UnsafeRawBufferPointer($0)) }
    }

    /// Into rows that have none yet.
    mutating func read(_ reader: inout ByteReader) throws(DamagedBytes) {
        let count = Int(try reader.number(UInt32.self))
        let bytes = try reader.slice(count * MemoryLayout<UserRow>.stride)
        guard count > 0, var source = bytes.baseAddress else { return }
        let pageCount = (count + UserPages.rowsPerPage - 1) >> UserPages.rowsPerPageBits
        pages.reserve(exactly: pageCount)
        for _ in 0..<pageCount { pages.append(memory.pointee.allocate()) }
        self.count = count
        forEachPage { rows in
            let byteCount = rows.count * MemoryLayout<UserRow>.stride
            UnsafeMutableRawBufferPointer(rows).copyMemory(
                from: UnsafeRawBufferPointer(start: source, count: byteCount))
            source += byteCount
        }
    }

    private func forEachPage(_ body: (UnsafeMutableBufferPointer<UserRow>) -> Void) {
        for page in pages.indices {
            let first = page << UserPages.rowsPerPageBits
            guard first < count else { return }
            body(
                UnsafeMutableBufferPointer(
                    start: pointer(to: Int(pages[page])), count: min(UserPages.rowsPerPage, count - first)))
        }
    }
}
