import CLMDB

/// One LMDB environment: a directory with `data.mdb`, mapped into memory.
///
/// Sendable because lmdb.h restricts transactions and cursors to a thread, not the environment; with
/// MDB_NOTLS read transactions of all threads live beside each other. The handle closes when the
/// last reference goes; transactions hold one, so "All transactions, databases, and cursors must
/// already be closed before calling this function" (mdb_env_close) is true by construction.
public final class Environment: @unchecked Sendable {
    let handle: OpaquePointer
    private let identity: OpenEnvironments.Identity
    private let tables: [Table?]

    /// Opens the environment in the directory at `path`, which must exist, with the named tables.
    ///
    /// `.create` makes what is missing, with a commit of its own; the others find `table(i)` nil when the
    /// table does not exist. Checks nothing about the file: see `DataFile`.
    public static func open(path: String, access: Access, tables names: [String]) throws(LMDBError) -> Environment {
        let identity = try OpenEnvironments.enter(path: path)
        do throws(LMDBError) {
            return try Environment(path: path, access: access, names: names, identity: identity)
        } catch {
            OpenEnvironments.leave(identity)
            throw error
        }
    }

    public enum Access: Sendable {
        /// One writer, with a map of `mapBytes`, set once: "The value should be chosen as large as
        /// possible, to accommodate future growth of the database." It costs address space only.
        case readWrite(mapBytes: Int)
        /// The same, and makes the tables.
        case create(mapBytes: Int)
        /// For files that nothing writes to any more. Neither takes nor changes LMDB's lock file.
        case readOnly
    }

    private init(
        path: String, access: Access, names: [String], identity: OpenEnvironments.Identity
    ) throws(LMDBError) {
        var created: OpaquePointer?
        try check(mdb_env_create(&created), "mdb_env_create")
        guard let handle = created else { throw LMDBError(code: MDB_PANIC, call: "mdb_env_create") }
        // "If this function [mdb_env_open] fails, mdb_env_close() must be called to discard the
        // MDB_env handle"; the same is right for the steps around it.
        do throws(LMDBError) {
            // "To use named databases (with name != NULL), mdb_env_set_maxdbs() must be called before
            // opening the environment."
            try check(mdb_env_set_maxdbs(handle, MDB_dbi(names.count)), "mdb_env_set_maxdbs")
            try check(mdb_env_set_maxreaders(handle, Self.greatestReaderCount), "mdb_env_set_maxreaders")
            try check(Self.open(handle, path: path, access: access), "mdb_env_open \(path)")
            tables = try Self.openTables(handle, access: access, names: names)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        self.handle = handle
        self.identity = identity
    }

    deinit {
        mdb_env_close(handle)
        OpenEnvironments.leave(identity)
    }

    /// LMDB's own default is 126; a reader is a thread that copies one block, so this is plenty.
    private static let greatestReaderCount: UInt32 = 254

    /// One page; see where it is used.
    private static let leastMapBytes = 4_096

    /// Owner may read and write, the group may read.
    private static let fileMode: mdb_mode_t = 0o640

    private static func open(_ handle: OpaquePointer, path: String, access: Access) -> Int32 {
        // "Tie reader locktable slots to MDB_txn objects instead of to threads": scans may then be
        // moved between threads, and a thread may read while it writes. MDB_NORDAHEAD stays off: "Turning it
        // off may help random read performance", but a log is read from end to end, and a cold scan of
        // 260 MB took 1.2 s with readahead and 10 s without.
        var flags = UInt32(MDB_NOTLS)
        switch access {
        case .readWrite(let mapBytes), .create(let mapBytes):
            let code = mdb_env_set_mapsize(handle, mapBytes)
            if code != MDB_SUCCESS { return code }
        case .readOnly:
            // "Don't do any locking. If concurrent access is anticipated, the caller must manage all
            // concurrency itself … ensure that no readers are using old transactions while a writer
            // is active": there is no writer here.
            flags |= UInt32(MDB_RDONLY) | UInt32(MDB_NOLOCK)
            // "Any attempt to set a size smaller than the space already consumed by the environment will
            // be silently changed to the current size of the used space": the map is as large as the data.
            let code = mdb_env_set_mapsize(handle, leastMapBytes)
            if code != MDB_SUCCESS { return code }
        }
        return mdb_env_open(handle, path, flags, fileMode)
    }

    /// "This function [mdb_dbi_open] must not be called from multiple concurrent transactions in the
    /// same process", and "After a successful commit the handle will reside in the shared environment,
    /// and may be used by other transactions": so all are opened here, before anybody else has the handle.
    private static func openTables(
        _ handle: OpaquePointer, access: Access, names: [String]
    ) throws(LMDBError) -> [Table?] {
        var mayCreate = false
        if case .create = access { mayCreate = true }
        var begun: OpaquePointer?
        try check(mdb_txn_begin(handle, nil, mayCreate ? 0 : UInt32(MDB_RDONLY), &begun), "mdb_txn_begin")
        guard let transaction = begun else { throw LMDBError(code: MDB_PANIC, call: "mdb_txn_begin") }
        var tables: [Table?] = []
        for name in names {
            var table: MDB_dbi = 0
            let code = mdb_dbi_open(transaction, name, mayCreate ? UInt32(MDB_CREATE) : 0, &table)
            if code == MDB_NOTFOUND {
                tables.append(nil)
            } else if code == MDB_SUCCESS {
                tables.append(Table(handle: table))
            } else {
                mdb_txn_abort(transaction)
                throw LMDBError(code: code, call: "mdb_dbi_open \(name)")
            }
        }
        try check(mdb_txn_commit(transaction), "mdb_txn_commit")
        return tables
    }

    /// The table that stood at `index` of the names given to `open`; nil when it does not exist.
    public func table(_ index: Int) -> Table? { tables[index] }

    /// Writes a copy of the data file, as the last commit left it, into the existing empty directory at
    /// `path`. Writers go on meanwhile; pages that they free are not used again until this is done. The
    /// copy is not synced.
    public func copy(to path: String) throws(LMDBError) {
        try check(mdb_env_copy(handle, path), "mdb_env_copy \(path)")
    }

    /// Bytes of the data file that have ever been used. O(1).
    public var usedBytes: Int {
        var info = MDB_envinfo()
        var stat = MDB_stat()
        // Both only copy numbers; they fail on a null handle alone.
        _ = mdb_env_info(handle, &info)
        _ = mdb_env_stat(handle, &stat)
        return (info.me_last_pgno + 1) * Int(stat.ms_psize)
    }
}

/// A named table ("database") of an environment.
public struct Table: Sendable {
    let handle: MDB_dbi
}
