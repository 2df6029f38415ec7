/// Details of users, by row, in chains of those of one page of rows.
///
/// A row has no room for the number of its details, which few users have.
struct UserDetails {
    /// The details of a page's rows.
    struct Chain: BitwiseCopyable {
        /// Index + 1 of the first; 0 when there are none.
        fileprivate var first: UInt32 = 0
    }

    private struct Entry {
        var row: UInt32
        /// Index + 1 of the next of the chain.
        var next: UInt32
        var detail: UserDetail
    }

    /// In chunks, since one list of millions would be moved in one go when it grows.
    private var chunks: [[Entry]] = []
    private var count: UInt32 = 0
    /// Index + 1 of the first entry that is free, which are a chain as well.
    private var free: UInt32 = 0

    private static let entriesPerChunk = 1 << 12

    /// O(rows of a page), as all that looks for a row is.
    func find(_ row: Int, in chain: Chain) -> UserDetail? {
        var link = chain.first
        while link != 0 {
            if self[link].row == row { return self[link].detail }
            link = self[link].next
        }
        return nil
    }

    /// Calls `body` with the details of `row`, which are in the chain.
    mutating func change(_ row: Int, in chain: Chain, _ body: (inout UserDetail) -> Void) {
        var link = chain.first
        while self[link].row != row { link = self[link].next }
        body(&self[link].detail)
    }

    /// Gives `row`, which has none in the chain, its details.
    mutating func add(_ detail: UserDetail, of row: Int, to chain: inout Chain) {
        var link = free
        if link != 0 {
            free = self[link].next
            self[link].detail = detail
        } else {
            if Int(count) == chunks.count * Self.entriesPerChunk {
                chunks.append([])
                chunks[chunks.count - 1].reserveCapacity(Self.entriesPerChunk)
            }
            chunks[chunks.count - 1].append(Entry(row: 0, next: 0, detail: detail))
            count += 1
            link = count
        }
        self.link(link, of: row, to: &chain)
    }

    mutating func remove(_ row: Int, from chain: inout Chain) {
        let link = unlink(row, from: &chain)
        self[link] = Entry(row: 0, next: free, detail: UserDetail())
        free = link
    }

    /// Takes the details of `row` out of the chain, which has them; for `link`.
    mutating func unlink(_ row: Int, from chain: inout Chain) -> UInt32 {
        var (previous, link) = (UInt32(0), chain.first)
        while self[link].row != row { (previous, link) = (link, self[link].next) }
        if previous == 0 { chain.first = self[link].next } else { self[previous].next = self[link].next }
        return link
    }

    /// Makes what is in no chain the details of `row`.
    mutating func link(_ link: UInt32, of row: Int, to chain: inout Chain) {
        self[link].row = UInt32(row)
        self[link].next = chain.first
        chain.first = link
    }

    private subscript(link: UInt32) -> Entry {
        _read { yield chunks[Int(link - 1) / Self.entriesPerChunk][Int(link - 1) % Self.entriesPerChunk] }
        _modify { yield &chunks[Int(link - 1) / Self.entriesPerChunk][Int(link - 1) % Self.entriesPerChunk] }
    }
}
