import CLMDB

/// A snapshot. Ends when it goes out of scope; what it returned is invalid from then on.
///
/// lmdb.h: "Avoid long-lived transactions. Read transactions prevent reuse of pages freed by newer
/// write transactions, thus the database can grow quickly." So copy and let go.
public struct ReadTransaction: ~Copyable {
    private let environment: Environment
    let handle: OpaquePointer

    public init(_ environment: Environment) throws(LMDBError) {
        var begun: OpaquePointer?
        try check(mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun), "mdb_txn_begin")
        guard let begun else { throw LMDBError(code: MDB_PANIC, call: "mdb_txn_begin") }
        self.environment = environment
        handle = begun
    }

    deinit { mdb_txn_abort(handle) }

    /// The value of `key`, or nil. "Values returned from the database are valid only until a
    /// subsequent update operation, or the end of the transaction."
    public func value(_ table: Table, key: UnsafeRawBufferPointer) throws(LMDBError) -> UnsafeRawBufferPointer? {
        var keyValue = MDB_val(key)
        var found = MDB_val()
        let code = mdb_get(handle, table.handle, &keyValue, &found)
        if code == MDB_NOTFOUND { return nil }
        try check(code, "mdb_get")
        return UnsafeRawBufferPointer(found)
    }

    /// The first entry whose key is not below `key`.
    public func first(_ table: Table, from key: UnsafeRawBufferPointer) throws(LMDBError) -> Entry? {
        let cursor = try Cursor(self, table)
        return try cursor.entry(MDB_SET_RANGE, key: key)
    }

    /// The last entry whose key is not above `key`.
    public func last(_ table: Table, through key: UnsafeRawBufferPointer) throws(LMDBError) -> Entry? {
        let cursor = try Cursor(self, table)
        guard let found = try cursor.entry(MDB_SET_RANGE, key: key) else { return try cursor.entry(MDB_LAST) }
        return found.key.elementsEqual(key) ? found : try cursor.entry(MDB_PREV)
    }

    public func last(_ table: Table) throws(LMDBError) -> Entry? {
        let cursor = try Cursor(self, table)
        return try cursor.entry(MDB_LAST)
    }
}

/// Changes that become visible and durable together. Abandoned when it goes out of scope uncommitted.
///
/// "A transaction and its cursors must only be used by a single thread": begin and commit on one thread.
public struct WriteTransaction: ~Copyable {
    private let environment: Environment
    /// Nil once committed.
    private var handle: OpaquePointer?

    /// Blocks while another write transaction of this environment is open.
    public init(_ environment: Environment) throws(LMDBError) {
        var begun: OpaquePointer?
        try check(mdb_txn_begin(environment.handle, nil, 0, &begun), "mdb_txn_begin")
        guard let begun else { throw LMDBError(code: MDB_PANIC, call: "mdb_txn_begin") }
        self.environment = environment
        handle = begun
    }

    deinit { if let handle { mdb_txn_abort(handle) } }

    /// Adds an entry behind all others of `table`. "Loading unsorted keys with this flag
    /// [MDB_APPEND] will cause a MDB_KEYEXIST error."
    public func append(
        _ table: Table, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) throws(LMDBError) {
        try put(table, key: key, value: value, flags: UInt32(MDB_APPEND))
    }

    /// Sets the value of `key`, replacing what was there.
    public func set(_ table: Table, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws(LMDBError) {
        try put(table, key: key, value: value, flags: 0)
    }

    private func put(
        _ table: Table, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, flags: UInt32
    ) throws(LMDBError) {
        var keyValue = MDB_val(key)
        var newValue = MDB_val(value)
        try check(mdb_put(handle, table.handle, &keyValue, &newValue, flags), "mdb_put")
    }

    /// On return the changes are on the disk: "LMDB always flushes the OS buffers upon commit as well,
    /// unless the environment was opened with MDB_NOSYNC or in part MDB_NOMETASYNC", which `Environment`
    /// never does. After an error nothing is known about the disk, and a failed fsync must not be
    /// retried: close the environment. "The transaction handle is freed" either way.
    public consuming func commit() throws(LMDBError) {
        let code = mdb_txn_commit(handle)
        handle = nil
        try check(code, "mdb_txn_commit")
    }
}

/// "Cursors may not span transactions": it is made and closed inside one call of its transaction.
private struct Cursor: ~Copyable {
    private let handle: OpaquePointer

    init(_ transaction: borrowing ReadTransaction, _ table: Table) throws(LMDBError) {
        var opened: OpaquePointer?
        try check(mdb_cursor_open(transaction.handle, table.handle, &opened), "mdb_cursor_open")
        guard let opened else { throw LMDBError(code: MDB_PANIC, call: "mdb_cursor_open") }
        handle = opened
    }

    /// "A cursor in a read-only transaction must be closed explicitly, before or after its transaction ends."
    deinit { mdb_cursor_close(handle) }

    func entry(_ operation: MDB_cursor_op, key: UnsafeRawBufferPointer? = nil) throws(LMDBError) -> Entry? {
        var keyValue = key.map { MDB_val($0) } ?? MDB_val()
        var value = MDB_val()
        let code = mdb_cursor_get(handle, &keyValue, &value, operation)
        if code == MDB_NOTFOUND { return nil }
        try check(code, "mdb_cursor_get")
        return Entry(key: UnsafeRawBufferPointer(keyValue), value: UnsafeRawBufferPointer(value))
    }
}

/// A key and its value, inside the map: valid until the transaction ends.
public struct Entry {
    public let key: UnsafeRawBufferPointer
    public let value: UnsafeRawBufferPointer
}

extension MDB_val {
    /// LMDB takes `mv_data` without const but "do not modify": it only reads keys and values given to it.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) { self.init(start: value.mv_data, count: value.mv_size) }
}
