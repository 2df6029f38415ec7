import Glibc
import UsageModel

/// Where the records of a tail go: standard output, or a shell command each.
struct RecordSink {
    let command: String?

    static func parse(_ line: UnsafeRawBufferPointer) throws -> JSON {
        do {
            return try JSON.parse(line)
        } catch {
            throw CommandError(.failed, "the daemon sent a record that is no JSON: \(error)")
        }
    }

    /// - Parameter position: what --from must say to begin with this record.
    /// - Throws: when the command fails.
    func take(_ record: UnsafeRawBufferPointer, position: UInt64) throws {
        var line = Array(record)
        line.append(UInt8(ascii: "\n"))
        guard let command else {
            line.withUnsafeBytes { StandardOutput.write($0) }
            return
        }
        let status = try Self.run(command, input: line)
        guard status == 0 else {
            let how = status > 0 ? "ended with code \(status)" : "was ended by signal \(-status)"
            throw CommandError(
                .failed, "the command \(how) on record \(position): \(command)",
                advice:
                    "go on with --from \(position) when it is mended, or --from \(position + 1) to pass this one over")
        }
    }

    /// Runs `command` in a shell with `input` on its standard input.
    /// - Returns: its exit code; the negative signal number when a signal ended it.
    private static func run(_ command: String, input: [UInt8]) throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        // A socket pair instead of a pipe, since a socket can be written to without risking SIGPIPE.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw UnixSocket.systemFailure("cannot make a socket pair")
        }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
        var child: pid_t = 0
        let result = withArguments(["/bin/sh", "-c", command]) {
            posix_spawn(&child, "/bin/sh", &actions, nil, $0, environ)
        }
        close(ends[1])
        guard result == 0 else {
            throw CommandError(.failed, "cannot run /bin/sh: \(String(cString: strerror(result)))")
        }
        write(input, to: ends[0])
        shutdown(ends[0], Int32(SHUT_WR))
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw UnixSocket.systemFailure("cannot wait for the command") }
        }
        // The macros WIFEXITED, WEXITSTATUS and WTERMSIG of <sys/wait.h>, which Swift cannot import.
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : -signal
    }

    /// A command need not read its input; what it leaves is dropped.
    private static func write(_ input: [UInt8], to descriptor: Int32) {
        input.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let sent = send(descriptor, bytes.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
                if sent >= 0 {
                    offset += sent
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    private static func withArguments(
        _ arguments: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
    ) -> Int32 {
        let pointers = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
