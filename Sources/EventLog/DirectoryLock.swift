import Glibc

/// Who may use a state directory: one writer, or any number of readers while no writer is there.
///
/// flock(2) on the file `lock`: the kernel lets go when the holder dies, however it dies. It belongs
/// to the open file, so a second opener in the same process is kept out as well.
final class DirectoryLock: Sendable {
    enum Mode { case writer, reader }

    /// Nil when a reader may not create the file: on a read-only medium there is no writer to keep out.
    private let descriptor: Int32?

    init(directory: String, mode: Mode) throws(EventLogError) {
        let path = directory + "/lock"
        var opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, SystemCall.fileMode)
        if opened < 0, mode == .reader, errno == EROFS || errno == EACCES {
            opened = open(path, O_RDONLY | O_CLOEXEC)
            if opened < 0, errno == ENOENT || errno == EACCES {
                descriptor = nil
                return
            }
        }
        guard opened >= 0 else { throw .system(call: "open", path: path, code: errno) }
        guard flock(opened, (mode == .writer ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
            let code = errno
            close(opened)
            guard code == EWOULDBLOCK else { throw .system(call: "flock", path: path, code: code) }
            throw .locked(directory: directory, holder: Self.holder(path))
        }
        descriptor = opened
        guard mode == .writer else { return }
        // Only for people who read the error of the second one; the lock itself is the kernel's.
        let text = Array("process \(getpid())\n".utf8)
        _ = ftruncate(opened, 0)
        _ = text.withUnsafeBytes { pwrite(opened, $0.baseAddress, text.count, 0) }
    }

    deinit { if let descriptor { close(descriptor) } }

    private static func holder(_ path: String) -> String? {
        guard let bytes = try? SystemCall.readFile(path, limit: 64), !bytes.isEmpty else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
