import Glibc

/// Standard output. Written whole, without buffering between calls, so that what was printed
/// before an error stands before it.
///
/// SIGPIPE keeps its default action for it: `tenure companies | head` ends as other programs do.
enum StandardOutput {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer) { writeAll(bytes, to: STDOUT_FILENO) }
}

/// Standard error: errors, notes and progress, so that standard output stays the answer alone.
enum StandardError {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
    }
}

/// Writes everything or gives up: there is nowhere left to report that a standard stream is closed.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
    var offset = 0
    while offset < bytes.count {
        let written = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
        if written >= 0 {
            offset += written
        } else if errno == EAGAIN {
            // A terminal or pipe that another process made non-blocking.
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = Glibc.poll(&poll, 1, -1)
        } else if errno != EINTR {
            return
        }
    }
}
