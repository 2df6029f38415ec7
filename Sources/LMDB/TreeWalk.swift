/// Visits every page that the newest commit of a data file refers to.
struct TreeWalk {
    /// mdb.c: "Actually the file may be shorter if the freeDB lists the final pages." More of them than
    /// this (4 GiB) cannot have come from segments of Tenure's size; it bounds the table of pages.
    static let greatestMissingPageCount: UInt64 = 1 << 20

    private static let headerByteCount = 16
    private static let nodeHeaderByteCount = 8
    // Page flags P_BRANCH, P_LEAF, P_OVERFLOW and node flags F_BIGDATA, F_SUBDATA.
    private static let branchPage: UInt16 = 0x01
    private static let leafPage: UInt16 = 0x02
    private static let overflowPage: UInt16 = 0x04
    private static let bigData: UInt16 = 0x01
    private static let subtree: UInt16 = 0x02
    /// CURSOR_STACK: "Max depth"; a deeper tree would overflow the library's cursor.
    private static let greatestDepth = 32

    private let descriptor: Int32
    private let meta: MetaPage
    private let fileByteCount: Int
    private var uses: [Use]
    private var subtrees: [TreeRoot] = []
    private let withHeads: Bool

    private enum Use: UInt8 { case unknown, used, free }

    private enum Content { case freeList, names, values }

    /// - Parameter withHeads: see `DataFile.check`.
    init(descriptor: Int32, meta: MetaPage, fileByteCount: Int, withHeads: Bool) {
        self.descriptor = descriptor
        self.meta = meta
        self.withHeads = withHeads
        self.fileByteCount = fileByteCount
        uses = [Use](repeating: .unknown, count: Int(meta.lastPage) + 1)
        uses[0] = .used
        uses[1] = .used
    }

    mutating func checkAll() throws(DataFileError) {
        try checkTree(meta.free, .freeList)
        try checkTree(meta.main, .names)
        for root in subtrees { try checkTree(root, .values) }
        let pagesInFile = fileByteCount / meta.pageSize
        guard pagesInFile < uses.count else { return }
        for page in pagesInFile..<uses.count where uses[page] != .free {
            throw .damaged(
                offset: fileByteCount,
                detail: "the file ends here, but commit \(meta.transaction) goes on to page \(meta.lastPage): truncated"
            )
        }
    }

    private mutating func checkTree(_ tree: TreeRoot, _ content: Content) throws(DataFileError) {
        let place = meta.index * meta.pageSize
        if tree.root == TreeRoot.none { return }
        guard tree.depth >= 1, tree.depth <= Self.greatestDepth else {
            throw .damaged(offset: place, detail: "a tree claims depth \(tree.depth)")
        }
        try checkPage(tree.root, levels: Int(tree.depth), content, from: [], below: nil)
    }

    /// Checks the page and all beneath it: keys ascend and lie in `from ..< below`.
    private mutating func checkPage(
        _ number: UInt64, levels: Int, _ content: Content, from: [UInt8], below: [UInt8]?
    ) throws(DataFileError) {
        try mark(number, count: 1, as: .used)
        let bytes = try page(number)
        let offset = Int(number) * meta.pageSize
        let expected = levels == 1 ? Self.leafPage : Self.branchPage
        guard bytes.unaligned(10, UInt16.self) == expected else {
            throw .damaged(offset: offset, detail: "page \(number) is not a \(levels == 1 ? "leaf" : "branch")")
        }
        let lower = Int(bytes.unaligned(12, UInt16.self))
        let upper = Int(bytes.unaligned(14, UInt16.self))
        guard lower > Self.headerByteCount, lower % 2 == 0, lower <= upper, upper <= meta.pageSize else {
            throw .damaged(offset: offset, detail: "page \(number) claims impossible bounds \(lower) and \(upper)")
        }
        var previous = from
        var children: [(page: UInt64, from: [UInt8])] = []
        for index in 0..<(lower - Self.headerByteCount) / 2 {
            let position = Int(bytes.unaligned(Self.headerByteCount + index * 2, UInt16.self))
            let node = try Node(bytes, at: position, bounds: upper...meta.pageSize, pageOffset: offset)
            // The first key of a branch page is never looked at: whatever is smaller goes there.
            let isFirstOfBranch = levels > 1 && index == 0
            let key = isFirstOfBranch ? from : orderedKey(bytes, node, content)
            let ascends =
                index == 0 ? !key.lexicographicallyPrecedes(previous) : previous.lexicographicallyPrecedes(key)
            guard ascends, below.map({ key.lexicographicallyPrecedes($0) }) ?? true else {
                throw .damaged(offset: offset + position, detail: "page \(number) holds keys out of order")
            }
            previous = key
            if levels > 1 {
                children.append((node.child, key))
            } else {
                try checkValue(bytes, node, content, offset: offset + position)
            }
        }
        for (index, child) in children.enumerated() {
            let end = index + 1 < children.count ? children[index + 1].from : below
            try checkPage(child.page, levels: levels - 1, content, from: child.from, below: end)
        }
    }

    private mutating func checkValue(
        _ bytes: [UInt8], _ node: Node, _ content: Content, offset: Int
    ) throws(DataFileError) {
        switch node.flags {
        case Self.bigData:
            guard node.valueStart + 8 <= meta.pageSize else {
                throw .damaged(offset: offset, detail: "an entry runs over its page")
            }
            let start = bytes.unaligned(node.valueStart, UInt64.self)
            let isFreeList = content == .freeList
            // The library frees what it has read of the free list.
            let count =
                withHeads || isFreeList
                ? try overflowPageCount(start, valueByteCount: node.valueByteCount)
                : leastPageCount(of: node.valueByteCount)
            try mark(start, count: count, as: .used)
            if isFreeList { try markFree(overflow: start, byteCount: node.valueByteCount) }
        case Self.subtree where content == .names:
            guard node.valueByteCount == TreeRoot.byteCount, node.valueStart + TreeRoot.byteCount <= meta.pageSize
            else {
                throw .damaged(offset: offset, detail: "a table's root has the wrong size")
            }
            let root = TreeRoot(bytes, at: node.valueStart)
            guard root.flags == 0 else { throw .damaged(offset: offset, detail: "a table has odd flags") }
            subtrees.append(root)
        case 0 where content != .names:
            guard node.valueStart + node.valueByteCount <= meta.pageSize else {
                throw .damaged(offset: offset, detail: "an entry runs over its page")
            }
            if content == .freeList {
                try markFree(Array(bytes[node.valueStart..<node.valueStart + node.valueByteCount]), offset: offset)
            }
        default:
            throw .damaged(offset: offset, detail: "an entry has odd flags \(node.flags)")
        }
    }

    /// Pages of the value that begins at page `start`, from that page's header.
    private func overflowPageCount(_ start: UInt64, valueByteCount: Int) throws(DataFileError) -> Int {
        let header = try page(start, byteCount: Self.headerByteCount)
        let offset = Int(start) * meta.pageSize
        let count = Int(header.unaligned(12, UInt32.self))
        guard header.unaligned(10, UInt16.self) == Self.overflowPage, count >= leastPageCount(of: valueByteCount) else {
            throw .damaged(offset: offset, detail: "page \(start) does not begin a value of \(valueByteCount) bytes")
        }
        return count
    }

    /// OVPAGES: header and value, rounded up to pages.
    private func leastPageCount(of valueByteCount: Int) -> Int {
        (Self.headerByteCount - 1 + valueByteCount) / meta.pageSize + 1
    }

    private mutating func markFree(overflow start: UInt64, byteCount: Int) throws(DataFileError) {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let offset = Int(start) * meta.pageSize + Self.headerByteCount
        try DataFile.read(descriptor, at: offset, into: &bytes)
        try markFree(bytes, offset: offset)
    }

    /// A record of the free list: a count, then that many page numbers.
    private mutating func markFree(_ list: [UInt8], offset: Int) throws(DataFileError) {
        guard list.count >= 8, list.unaligned(0, UInt64.self) <= UInt64(list.count / 8 - 1) else {
            throw .damaged(offset: offset, detail: "a free list is longer than its entry")
        }
        for index in 0..<Int(list.unaligned(0, UInt64.self)) {
            try mark(list.unaligned(8 + index * 8, UInt64.self), count: 1, as: .free)
        }
    }

    private mutating func mark(_ start: UInt64, count: Int, as use: Use) throws(DataFileError) {
        guard start < UInt64(uses.count), count <= uses.count - Int(start) else {
            throw .damaged(
                offset: meta.index * meta.pageSize, detail: "page \(start) is referred to but lies behind the last")
        }
        for page in Int(start)..<Int(start) + count {
            guard uses[page] == .unknown else {
                throw .damaged(
                    offset: page * meta.pageSize,
                    detail: "page \(page) is referred to twice\(use != uses[page] ? ", as free and as in use" : "")")
            }
            uses[page] = use
        }
    }

    /// Reads page `number` and checks that it knows its number.
    private func page(_ number: UInt64, byteCount: Int? = nil) throws(DataFileError) -> [UInt8] {
        guard number < UInt64(uses.count) else {
            throw .damaged(
                offset: meta.index * meta.pageSize, detail: "page \(number) is referred to but lies behind the last")
        }
        var bytes = [UInt8](repeating: 0, count: byteCount ?? meta.pageSize)
        let offset = Int(number) * meta.pageSize
        try DataFile.read(descriptor, at: offset, into: &bytes)
        guard bytes.unaligned(0, UInt64.self) == number else {
            throw .damaged(offset: offset, detail: "this should be page \(number)")
        }
        return bytes
    }

    /// The node's key such that byte order is LMDB's order: the free list's keys are native integers.
    private func orderedKey(_ bytes: [UInt8], _ node: Node, _ content: Content) -> [UInt8] {
        let key = bytes[node.keyStart..<node.valueStart]
        return content == .freeList ? key.reversed() : Array(key)
    }

    /// `MDB_node`: an entry of a leaf, or a branch's pointer to a child.
    private struct Node {
        var flags: UInt16
        var keyStart: Int
        var valueStart: Int
        var valueByteCount: Int
        /// In a branch page the flags are the upper bits of the child's page number.
        var child: UInt64

        init(
            _ bytes: [UInt8], at position: Int, bounds: ClosedRange<Int>, pageOffset: Int
        ) throws(DataFileError) {
            guard position >= bounds.lowerBound, position % 2 == 0,
                position + TreeWalk.nodeHeaderByteCount <= bounds.upperBound
            else { throw .damaged(offset: pageOffset, detail: "an entry lies outside of its page") }
            let header = bytes.unaligned(position, UInt64.self)
            valueByteCount = Int(header & 0xFFFF_FFFF)
            flags = UInt16(truncatingIfNeeded: header >> 32)
            child = header & 0xFFFF_FFFF_FFFF
            keyStart = position + TreeWalk.nodeHeaderByteCount
            valueStart = keyStart + Int(header >> 48)
            guard valueStart <= bounds.upperBound else {
                throw .damaged(offset: pageOffset + position, detail: "a key runs over its page")
            }
        }
    }
}
