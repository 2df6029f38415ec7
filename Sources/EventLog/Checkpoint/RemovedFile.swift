import Dispatch
import Glibc

/// A file that has just lost its name. Its blocks go back when nobody holds this object.
///
/// Removed by its name alone, a file of gigabytes that a killed daemon was writing kept the next start waiting for 0.6 to
/// 1.8 s: the system waits for what is on its way to the disk before it forgets it.
final class RemovedFile: Sendable {
    private let descriptor: Int32

    /// Takes the file's name.
    init(_ path: String) throws(EventLogError) {
        // Whatever else stands there under this name has no blocks to speak of; a pipe must not be waited for.
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        do throws(EventLogError) {
            try SystemCall.run("unlink", path) { unlink(path) }
        } catch {
            if descriptor >= 0 { close(descriptor) }
            throw error
        }
    }

    deinit { if descriptor >= 0 { Self.giveBack(descriptor) } }

    /// Not the thread of whoever held the file last.
    private static let removals = DispatchQueue(label: "tenure.checkpoint.removals", qos: .utility)
    /// Some milliseconds of a disk's time, and a pause for the log's fsync.
    private static let givenBackAtOnce: off_t = 16 << 20
    private static let pauseMicroseconds: UInt32 = 10_000

    /// Gives the blocks of a file without a name back, some at a time, and closes it. A file system mounted with `discard`
    /// tells the disk of all that a file had when it is closed, and the log's fsync waits behind hundreds of megabytes of
    /// that.
    static func giveBack(_ descriptor: Int32) {
        removals.async {
            shorten(descriptor)
            close(descriptor)
        }
    }

    private static func shorten(_ descriptor: Int32) {
        // Opened for reading alone, and it has no name any more.
        let writable = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_CLOEXEC)
        guard writable >= 0 else { return }
        defer { close(writable) }
        var status = stat()
        // With another name it is somebody's copy.
        guard fstat(writable, &status) == 0, status.st_nlink == 0 else { return }
        var rest = status.st_size
        while rest > givenBackAtOnce {
            rest -= givenBackAtOnce
            // Whatever fails here, closing gives back all the same.
            guard ftruncate(writable, rest) == 0 else { return }
            usleep(pauseMicroseconds)
        }
    }
}
