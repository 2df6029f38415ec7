import Glibc
import Synchronization

/// Which environments this process has open, by device and inode of their directories.
///
/// lmdb.h: "Do not have open an LMDB database twice in the same process at the same time. Not even
/// from a plain open() call - close()ing it breaks fcntl() advisory locking." The library does not
/// check it, so this does.
enum OpenEnvironments {
    struct Identity: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
    }

    private static let open = Mutex<Set<Identity>>([])

    /// Enters the directory at `path`, or throws `alreadyOpen`.
    static func enter(path: String) throws(LMDBError) -> Identity {
        var status = stat()
        guard stat(path, &status) == 0 else { throw LMDBError(code: errno, call: "stat \(path)") }
        let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard open.withLock({ $0.insert(identity).inserted }) else { throw .alreadyOpen }
        return identity
    }

    static func leave(_ identity: Identity) { open.withLock { _ = $0.remove(identity) } }
}
