import Glibc

/// Room on the file system that holds a directory.
struct FileSystemRoom {
    /// What an unprivileged process may still write.
    let availableBytes: UInt64

    /// Nil when the directory cannot be asked about.
    init?(at path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        availableBytes = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
