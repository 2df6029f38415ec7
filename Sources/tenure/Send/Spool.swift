import Glibc

/// Event lines that were read and that the daemon has not settled yet, in a directory of their own, so
/// that they outlive the daemon, this process and the machine.
///
/// `lines` holds them one behind the other, `settled` how many of its bytes are done with, as digits.
/// Lines are synced before they are sent, `settled` never: when it is behind, lines are sent again, and
/// their ids make duplicates of them.
final class Spool {
    /// From here on what is settled is worth the wait that it takes to drop it.
    static let dropByteCount = 64 << 20
    /// Beyond this nothing more is read: a daemon that is away for so long needs a person.
    static let greatestByteCount = 4 << 30

    let directory: String
    private let lines: Int32
    private let position: Int32
    /// End of what is kept.
    private(set) var byteCount: Int
    /// Everything before it is settled.
    private(set) var settled: Int

    /// Opens the spool in `directory`, making it where it is missing; for this process alone.
    init(directory: String) throws {
        self.directory = directory
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw Self.failure("cannot make the directory \(directory)")
        }
        lines = try Self.open(directory + "/lines")
        guard flock(lines, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandError(
                .refused, "another `tenure send` uses the spool \(directory)",
                advice: "give each sender a directory of its own; what is in this one is being delivered")
        }
        position = try Self.open(directory + "/settled")
        byteCount = 0
        settled = 0
        byteCount = try wholeLinesByteCount()
        // What follows the last newline was being written when the process or the machine died.
        guard ftruncate(lines, off_t(byteCount)) == 0 else { throw failure("cannot shorten") }
        settled = readPosition()
        if settled > byteCount { settled = 0 }
    }

    deinit {
        close(position)
        close(lines)
    }

    /// Adds whole lines. They are on the disk when this returns.
    func append(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes {
                pwrite(lines, $0.baseAddress! + offset, $0.count - offset, off_t(byteCount + offset))
            }
            if written > 0 {
                offset += written
            } else if errno != EINTR {
                throw failure("cannot write to")
            }
        }
        guard fdatasync(lines) == 0 else { throw failure("cannot sync") }
        byteCount += bytes.count
    }

    /// Up to `limit` bytes from `offset` on.
    func read(from offset: Int, limit: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(limit, byteCount - offset))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(lines, $0.baseAddress! + filled, $0.count - filled, off_t(offset + filled))
            }
            if count > 0 {
                filled += count
            } else if count == 0 || errno != EINTR {
                throw failure("cannot read")
            }
        }
        return bytes
    }

    /// Everything before `offset` is settled and never needed again.
    func settle(before offset: Int) throws {
        settled = offset
        try writePosition()
    }

    /// Gives the room of settled lines back, once all are.
    func dropSettled() throws {
        guard settled == byteCount, byteCount > 0 else { return }
        // The position first: with the old one, lines that come later would pass for settled.
        settled = 0
        try writePosition()
        guard ftruncate(lines, 0) == 0 else { throw failure("cannot shorten") }
        byteCount = 0
    }

    private func writePosition() throws {
        // Of one width, so that a shorter number leaves no digits of a longer one.
        let digits = String(settled)
        let text = Array((String(repeating: "0", count: 20 - digits.count) + digits + "\n").utf8)
        guard text.withUnsafeBytes({ pwrite(position, $0.baseAddress, $0.count, 0) }) == text.count else {
            throw failure("cannot write to")
        }
    }

    private func readPosition() -> Int {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = bytes.withUnsafeMutableBytes { pread(position, $0.baseAddress, $0.count, 0) }
        guard count == 20 else { return 0 }
        return Int(String(decoding: bytes, as: UTF8.self)) ?? 0
    }

    /// Up to the last newline.
    private func wholeLinesByteCount() throws -> Int {
        var status = stat()
        guard fstat(lines, &status) == 0 else { throw failure("cannot read") }
        byteCount = Int(status.st_size)
        var end = byteCount
        while end > 0 {
            let start = max(0, end - (64 << 10))
            let piece = try read(from: start, limit: end - start)
            if let newline = piece.lastIndex(of: UInt8(ascii: "\n")) { return start + newline + 1 }
            end = start
        }
        return 0
    }

    private static func open(_ path: String) throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot open \(path)") }
        return descriptor
    }

    private func failure(_ doing: String) -> CommandError { Self.failure("\(doing) the spool \(directory)") }

    private static func failure(_ doing: String) -> CommandError {
        CommandError(
            .failed, "\(doing): \(String(cString: strerror(errno)))",
            advice: "the spool needs a directory that this user may write, with room for what the daemon has not taken")
    }
}
