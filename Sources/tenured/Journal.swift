import FoundationEssentials
import Glibc

/// The journal's socket, for entries with fields of their own (systemd's Native Journal Protocol).
struct Journal: Sendable {
    /// An entry's field: a name of capital letters, digits and underscores, and any bytes.
    typealias Field = (name: String, value: String)

    private let path: String
    private let descriptor: CInt

    /// Where journald listens; the protocol's description names it.
    private static let usualPath = "/run/systemd/journal/socket"

    /// The journal, when this process's standard error leads there.
    static let standardError: Journal? =
        isStandardError(ProcessInfo.processInfo.environment["JOURNAL_STREAM"]) ? Journal(path: usualPath) : nil

    /// systemd.exec(5): $JOURNAL_STREAM has "the device and inode number of the file … in decimal, separated by a colon",
    /// and programs shall compare them with those of the descriptor, which somebody may have redirected.
    static func isStandardError(_ stream: String?, descriptor: CInt = STDERR_FILENO) -> Bool {
        guard let parts = stream?.split(separator: ":"), parts.count == 2 else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && UInt64(parts[0]) == UInt64(status.st_dev)
            && UInt64(parts[1]) == UInt64(status.st_ino)
    }

    init?(path: String) {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
    }

    /// False when the journal did not take the entry.
    func write(_ fields: [Field]) -> Bool {
        let entry = Self.entry(fields)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let sent = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                entry.withUnsafeBytes {
                    sendto(
                        descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL), address,
                        socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        return sent == entry.count
    }

    /// `NAME=value` a line; a value that has line feeds follows its length in 64 bits, little endian.
    static func entry(_ fields: [Field]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            bytes += field.name.utf8
            if field.value.utf8.contains(UInt8(ascii: "\n")) {
                bytes.append(UInt8(ascii: "\n"))
                withUnsafeBytes(of: UInt64(field.value.utf8.count).littleEndian) { bytes += $0 }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += field.value.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
