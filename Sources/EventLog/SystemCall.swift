import Glibc

/// The file system calls that the log needs, in one place: EINTR is retried, errno becomes an error.
enum SystemCall {
    static func message(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// Repeats `call` while a signal interrupts it; a negative result becomes an error.
    @discardableResult
    static func run<T: SignedInteger>(
        _ name: String, _ path: String, _ call: () -> T
    ) throws(EventLogError) -> T {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno == EINTR { continue }
            throw .system(call: name, path: path, code: errno)
        }
    }

    static let noSuchFile = ENOENT
    static let inputOutput = EIO

    /// The disk is full, or the user's share of it is.
    static func isNoSpace(_ code: Int32) -> Bool { code == ENOSPC || code == EDQUOT }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes `path` and what is missing above it, each entry durable in its parent.
    static func makeDirectory(_ path: String) throws(EventLogError) {
        if exists(path) { return }
        let parent = parentDirectory(path)
        if parent != path { try makeDirectory(parent) }
        try run("mkdir", path) { mkdir(path, directoryMode) }
        try syncDirectory(parent)
    }

    /// Makes a directory that must not be there yet, in one that is.
    static func makeNewDirectory(_ path: String) throws(EventLogError) {
        try run("mkdir", path) { mkdir(path, directoryMode) }
    }

    /// Whether anything has this name, a link to nowhere included.
    static func isEntry(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The path without links and dots.
    static func realPath(_ path: String) throws(EventLogError) -> String {
        guard let resolved = realpath(path, nil) else { throw .system(call: "realpath", path: path, code: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// What was created in, renamed within or removed from a directory is durable only after this.
    static func syncDirectory(_ path: String) throws(EventLogError) {
        let descriptor = try run("open", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        try run("fsync", path) { fsync(descriptor) }
    }

    /// Writes a small file such that it is there whole or not at all, and durable on return.
    static func replaceFile(_ path: String, with bytes: [UInt8]) throws(EventLogError) {
        let draft = path + ".new"
        let descriptor = try run("open", draft) { open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, fileMode) }
        defer { close(descriptor) }
        try bytes.withUnsafeBufferPointer { (bytes) throws(EventLogError) in
            try writeAll(descriptor, path: draft, UnsafeRawBufferPointer(bytes), at: 0)
        }
        try run("fsync", draft) { fsync(descriptor) }
        try run("rename", path) { rename(draft, path) }
        try syncDirectory(parentDirectory(path))
    }

    static func writeAll(
        _ descriptor: Int32, path: String, _ bytes: UnsafeRawBufferPointer, at start: Int
    ) throws(EventLogError) {
        var written = 0
        while written < bytes.count {
            written += try run("pwrite", path) {
                pwrite(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written, start + written)
            }
        }
    }

    /// At most `limit` bytes from the start of a file; nil when there is no such file.
    static func readFile(_ path: String, limit: Int) throws(EventLogError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(call: "open", path: path, code: errno)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = try run("read", path) {
            bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, limit, 0) }
        }
        bytes.removeLast(limit - count)
        return bytes
    }

    /// Names in a directory, in byte order.
    static func list(_ path: String) throws(EventLogError) -> [String] {
        guard let stream = opendir(path) else { throw .system(call: "opendir", path: path, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a directory of files.
    static func removeFlatDirectory(_ path: String) throws(EventLogError) {
        for name in try list(path) { try run("unlink", path + "/" + name) { unlink(path + "/" + name) } }
        try run("rmdir", path) { rmdir(path) }
    }

    /// Copies a whole file; the copy is durable on return, its directory entry is not.
    static func copyFile(_ source: String, to target: String) throws(EventLogError) {
        let input = try run("open", source) { open(source, O_RDONLY | O_CLOEXEC) }
        defer { close(input) }
        let output = try run("open", target) { open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fileMode) }
        defer { close(output) }
        // Within the kernel; 0 is the end of the file.
        while try run("sendfile", target, { sendfile(output, input, nil, copiedBytesAtOnce) }) > 0 {}
        try run("fsync", target) { fsync(output) }
    }

    /// What sendfile(2) takes at most in one call, as a whole number of pages.
    private static let copiedBytesAtOnce = 0x7fff_f000

    static func syncFile(_ path: String) throws(EventLogError) {
        let descriptor = try run("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
        defer { close(descriptor) }
        try run("fsync", path) { fsync(descriptor) }
    }

    /// Renames, durably.
    static func move(_ path: String, to target: String) throws(EventLogError) {
        try run("rename", target) { rename(path, target) }
        try syncDirectory(parentDirectory(target))
    }

    /// What an ordinary user may still write on the file system that holds `path`.
    static func availableBytes(_ path: String) throws(EventLogError) -> UInt64 {
        var status = statvfs()
        // The compiler's own bridge would copy the path, before and in every commit.
        try run("statvfs", path) { path.withCString { statvfs($0, &status) } }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    static func fileByteCount(_ path: String) throws(EventLogError) -> UInt64 {
        var status = stat()
        try run("stat", path) { stat(path, &status) }
        return UInt64(status.st_size)
    }

    /// Words that nobody can foretell. One call of the kernel for many: one for each name was a fifth of the time that
    /// new names took.
    static func random(_ count: Int) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: count) { words, initialized in
            let bytes = UnsafeMutableRawBufferPointer(words)
            var filled = 0
            while filled < bytes.count {
                let part = min(bytes.count - filled, greatestEntropyByteCount)
                // It fails for more bytes than that, for memory that is not ours, and on no kernel of this decade.
                precondition(getentropy(bytes.baseAddress! + filled, part) == 0, "the kernel has no random numbers")
                filled += part
            }
            initialized = count
        }
    }

    /// What getentropy(3) gives at most.
    private static let greatestEntropyByteCount = 256

    static let fileMode: mode_t = 0o640
    private static let directoryMode: mode_t = 0o750

    static func parentDirectory(_ path: String) -> String {
        var trimmed = Substring(path)
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }
}
