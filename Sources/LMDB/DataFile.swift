import Glibc

/// An LMDB data file that nothing has open yet, looked at without the library.
///
/// LMDB 0.9 keeps no checksums and believes every page number, offset and length it finds: a flipped
/// bit or a truncated file makes it read outside of the map (SIGBUS, SIGSEGV), fail an assertion
/// (abort) or hand a page in use to the next commit. So the tree is walked here before the library
/// maps it. Values are the caller's to check; this proves only that each can be reached, once, and lies
/// inside the file. Layout as in mdb.c of 0.9.24, which never changed within 0.9 (MDB_DATA_VERSION 1).
public enum DataFile {
    /// Name of the data file inside an environment's directory.
    public static let name = "data.mdb"

    /// Walks all trees of `directory`/data.mdb. Time: one small read per 4 KiB page of the trees (keys
    /// and small values), and with heads one for each large value.
    ///
    /// - Parameter withHeads: whether the first page of each large value is looked at. It says how many pages the value has
    ///   for the library to free, which never happens where entries are only added; who reads the value asks the tree
    ///   alone (`mdb_node_read`).
    public static func check(directory: String, withHeads: Bool) throws(DataFileError) {
        let path = directory + "/" + name
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(call: "open", code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(call: "fstat", code: errno) }
        let meta = try newestMeta(descriptor, byteCount: Int(status.st_size))
        var walk = TreeWalk(
            descriptor: descriptor, meta: meta, fileByteCount: Int(status.st_size), withHeads: withHeads)
        try walk.checkAll()
    }

    private static func newestMeta(_ descriptor: Int32, byteCount: Int) throws(DataFileError) -> MetaPage {
        let first = try meta(descriptor, at: 0, index: 0)
        let second = try meta(descriptor, at: first.pageSize, index: 1)
        guard first.pageSize == second.pageSize else {
            throw .damaged(offset: first.pageSize, detail: "the two meta pages disagree on the page size")
        }
        // Each commit writes the meta page of its number's parity, so the two are always neighbours.
        let difference = Int64(bitPattern: first.transaction &- second.transaction)
        guard abs(difference) == 1 || (first.transaction == 0 && second.transaction == 0) else {
            throw .damaged(
                offset: 0,
                detail: "the meta pages are of commits \(first.transaction) and \(second.transaction), "
                    + "which do not follow each other")
        }
        let newest = first.transaction < second.transaction ? second : first
        guard newest.lastPage <= UInt64(byteCount / newest.pageSize) + TreeWalk.greatestMissingPageCount else {
            throw .damaged(
                offset: newest.index * newest.pageSize,
                detail: "the file has \(byteCount) bytes but its last page is \(newest.lastPage): "
                    + "truncated, or a damaged meta page")
        }
        return newest
    }

    private static func meta(_ descriptor: Int32, at offset: Int, index: Int) throws(DataFileError) -> MetaPage {
        var bytes = [UInt8](repeating: 0, count: MetaPage.byteCount)
        try read(descriptor, at: offset, into: &bytes)
        return try MetaPage(bytes, offset: offset, index: index)
    }

    /// Fills `bytes` from `offset`.
    static func read(_ descriptor: Int32, at offset: Int, into bytes: inout [UInt8]) throws(DataFileError) {
        let wanted = bytes.count
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, wanted, offset) }
        guard count >= 0 else { throw .system(call: "pread", code: errno) }
        guard count == wanted else {
            throw .damaged(offset: offset, detail: "the file ends inside this page: truncated")
        }
    }
}

/// What is wrong with a data file.
public enum DataFileError: Error, Sendable, Equatable {
    case system(call: String, code: Int32)
    /// `offset` in bytes from the file's start.
    case damaged(offset: Int, detail: String)
    /// Written by another data format of the library itself.
    case otherVersion(UInt32)
}

/// `MDB_meta` behind its page header.
struct MetaPage {
    static let magic: UInt32 = 0xBEEF_C0DE
    static let dataVersion: UInt32 = 1
    /// Page header (16), magic, version, address, map size (24), two trees (96), last page, transaction.
    static let byteCount = 16 + 24 + 2 * TreeRoot.byteCount + 16
    /// P_META.
    private static let pageFlag: UInt16 = 0x08
    /// MDB_INTEGERKEY, the only flag of the free list's tree; it doubles as the environment's flags.
    private static let freeFlags: UInt16 = 0x08
    /// Powers of two that LMDB can have used: the operating system's page size, at most 32 KiB.
    private static let pageSizes = [4_096, 8_192, 16_384, 32_768]

    var index: Int
    var pageSize: Int
    var free: TreeRoot
    var main: TreeRoot
    var lastPage: UInt64
    var transaction: UInt64

    init(_ page: [UInt8], offset: Int, index: Int) throws(DataFileError) {
        func damaged(_ detail: String) -> DataFileError { .damaged(offset: offset, detail: detail) }
        guard page.unaligned(0, UInt64.self) == UInt64(index), page.unaligned(10, UInt16.self) == Self.pageFlag,
            page.unaligned(16, UInt32.self) == Self.magic
        else { throw damaged("meta page \(index) is not one") }
        let version = page.unaligned(20, UInt32.self)
        guard version == Self.dataVersion else { throw .otherVersion(version) }
        free = TreeRoot(page, at: 40)
        main = TreeRoot(page, at: 40 + TreeRoot.byteCount)
        lastPage = page.unaligned(136, UInt64.self)
        transaction = page.unaligned(144, UInt64.self)
        pageSize = Int(free.pad)
        self.index = index
        guard Self.pageSizes.contains(pageSize) else { throw damaged("meta page \(index) has page size \(pageSize)") }
        guard free.flags == Self.freeFlags, main.flags == 0 else { throw damaged("meta page \(index) has odd flags") }
        guard transaction == 0 || transaction % 2 == UInt64(index) else {
            throw damaged("meta page \(index) says it is of commit \(transaction)")
        }
        guard lastPage >= 1 else { throw damaged("meta page \(index) knows no pages") }
    }
}

/// `MDB_db`: where a tree begins.
struct TreeRoot {
    static let byteCount = 48
    /// P_INVALID: the tree is empty.
    static let none = UInt64.max

    var pad: UInt32
    var flags: UInt16
    var depth: UInt16
    var root: UInt64

    init(_ bytes: [UInt8], at offset: Int) {
        pad = bytes.unaligned(offset, UInt32.self)
        flags = bytes.unaligned(offset + 4, UInt16.self)
        depth = bytes.unaligned(offset + 6, UInt16.self)
        root = bytes.unaligned(offset + 40, UInt64.self)
    }
}

extension [UInt8] {
    /// The number at `offset`, in the machine's order, as LMDB stores it.
    func unaligned<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: T.Type) -> T {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
