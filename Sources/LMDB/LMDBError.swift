import CLMDB

/// A return code of the C library (or an errno that it passed on), and the call that returned it.
public struct LMDBError: Error, Sendable, Equatable {
    /// Negative: LMDB's own codes; positive: errno.
    public var code: Int32
    /// The C function.
    public var call: String

    public init(code: Int32, call: String) {
        self.code = code
        self.call = call
    }

    /// The environment (by device and inode) is open in this process already.
    public static let alreadyOpen = LMDBError(code: MDB_BAD_RSLOT, call: "open twice in one process")

    /// "Environment mapsize reached".
    public var isMapFull: Bool { code == MDB_MAP_FULL }
    /// "Environment version mismatch": another data format of the library itself.
    public var isVersionMismatch: Bool { code == MDB_VERSION_MISMATCH }
}

extension LMDBError: CustomStringConvertible {
    /// lmdb.h: "If the error code is greater than or equal to 0, then the string returned by the system
    /// function strerror(3) is returned. If the error code is less than 0, an error string
    /// corresponding to the LMDB library error is returned."
    public var description: String { "\(call): \(String(cString: mdb_strerror(code)))" }
}

/// Throws unless a C call returned MDB_SUCCESS.
func check(_ code: Int32, _ call: @autoclosure () -> String) throws(LMDBError) {
    if code != MDB_SUCCESS { throw LMDBError(code: code, call: call()) }
}

extension LMDBError {
    /// "Requested page not found - this usually indicates corruption", "Located page was wrong type",
    /// "File is not a valid LMDB file".
    public var isDamage: Bool { code == MDB_PAGE_NOTFOUND || code == MDB_CORRUPTED || code == MDB_INVALID }

    /// "Located page was wrong type": for callers that find damage themselves.
    public static let damageCode = MDB_CORRUPTED
}
