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
    func find(_ row: Int, _ chain: Chain) -> UserDetail? {
        var link = chain.first
        while link != 0 {
            let entry = self[link]
            if entry.row == row { return entry.detail }
            link = entry.next
        }
        return nil
    }

    /// Calls `body` with the details of `row`, which is in the chain.
    mutating func change(_ row: Int, _ chain: Chain, _ body: (inout UserDetail) -> Void) {
        var link = chain.first
        while link != 0, self[link].row != row { link = self[link].next }
        if link != 0 { body(&self[link].detail) }
    }

    /// Gives `row`, which is not in the chain, its details.
    mutating func add(_ row: Int, to chain: inout Chain, _ detail: UserDetail = UserDetail()) {
        let entry = Entry(row: UInt32(row), next: chain.first, detail: detail)
        if free != 0 {
            chain.first = free
            free = self[free].next
            self[chain.first] = entry
        } else {
            if Int(count) == chunks.count * Self.entriesPerChunk {
                chunks.append([])
                chunks[chunks.count - 1].reserveCapacity(Self.entriesPerChunk)
            }
            chunks[chunks.count - 1].append(entry)
            count += 1
            chain.first = count
        }
    }

    mutating func remove(_ row: Int, from chain: inout Chain) {
        guard let link = unlink(row, from: &chain) else { return }
        self[link] = Entry(row: 0, next: free, detail: UserDetail())
        free = link
    }

    /// Makes the details of `row` those of `target`.
    mutating func move(_ row: Int, from chain: inout Chain, to target: Int, _ targetChain: inout Chain) {
        guard let link = unlink(row, from: &chain) else { return }
        self[link].row = UInt32(target)
        self[link].next = targetChain.first
        targetChain.first = link
    }

    private mutating func unlink(_ row: Int, from chain: inout Chain) -> UInt32? {
        var (previous, link) = (UInt32(0), chain.first)
        while link != 0, self[link].row != row { (previous, link) = (link, self[link].next) }
        guard link != 0 else { return nil }
        if previous == 0 { chain.first = self[link].next } else { self[previous].next = self[link].next }
        return link
    }

    private subscript(link: UInt32) -> Entry {
        get { chunks[Int(link - 1) / Self.entriesPerChunk][Int(link - 1) % Self.entriesPerChunk] }
        _modify { yield &chunks[Int(link - 1) / Self.entriesPerChunk][Int(link - 1) % Self.entriesPerChunk] }
    }
}
