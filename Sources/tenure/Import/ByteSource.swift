import Glibc
import Gzip
import UsageModel

/// The bytes of a file or of standard input, unpacked when they are gzip (told by its first two bytes).
///
/// zlib in this process rather than a `gzip` beside it: a file cut short is named as such, standard
/// input works the same way, and progress is the position in the packed file.
final class ByteSource {
    private static let readByteCount = 256 << 10
    /// What one step of unpacking brings out at most.
    private static let inflatedByteCount = 1 << 20

    let name: String
    /// Of the file as it lies there; nil for standard input and other streams.
    let byteCount: Int?
    /// How many of them were read.
    private(set) var position = 0

    private let descriptor: Int32
    private var input = [UInt8](repeating: 0, count: readByteCount)
    private var unused = 0..<0
    private var inflater: Inflater?
    private var isAtStart = true

    /// Opens `path`; `-` is standard input.
    init(path: String) throws {
        if path == "-" {
            name = "standard input"
            descriptor = STDIN_FILENO
            byteCount = nil
            return
        }
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("cannot open \(path)") }
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        byteCount = isRegular ? Int(status.st_size) : nil
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    private static func failure(_ doing: String) -> CommandError {
        let status: ExitStatus = errno == ENOENT ? .notFound : .failed
        return CommandError(status, "\(doing): \(String(cString: strerror(errno)))")
    }

    /// The hash of the file's bytes as they lie there; nil for a stream, whose bytes pass only once.
    func contentHash() throws -> Hash128? {
        guard let byteCount else { return nil }
        guard byteCount > 0 else { return Hash128(of: UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw Self.failure("cannot read \(name)")
        }
        defer { munmap(address, byteCount) }
        return Hash128(of: UnsafeRawBufferPointer(start: address, count: byteCount))
    }

    /// Appends what the next read brings.
    /// - Returns: false at the end.
    func read(into bytes: inout [UInt8]) throws -> Bool {
        if unused.isEmpty {
            let count = try fill()
            if count == 0 {
                if let inflater, !inflater.isBetweenMembers {
                    throw CommandError(.failed, "\(name) is cut short: its gzip data ends after \(position) bytes")
                }
                return false
            }
        }
        if isAtStart {
            isAtStart = false
            if input[unused].starts(with: [0x1F, 0x8B]) { inflater = try Self.inflater() }
        }
        guard let inflater else {
            bytes.append(contentsOf: input[unused])
            unused = 0..<0
            return true
        }
        let used: Int
        do {
            used = try input.withUnsafeBytes {
                try inflater.inflate(UnsafeRawBufferPointer(rebasing: $0[unused])) { bytes.append(contentsOf: $0) }
            }
        } catch {
            throw CommandError(
                .failed, "\(name) is damaged: its gzip data is not valid near byte \(position - unused.count)")
        }
        unused = (unused.lowerBound + used)..<unused.upperBound
        return true
    }

    private static func inflater() throws -> Inflater {
        do {
            return try Inflater(outputByteCount: inflatedByteCount)
        } catch {
            throw CommandError(.failed, "cannot prepare zlib: no memory")
        }
    }

    private func fill() throws -> Int {
        var filled = 0
        // The first two bytes are needed at once to tell gzip from text.
        let wanted = isAtStart ? 2 : 1
        while filled < wanted {
            let count = input.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + filled, $0.count - filled)
            }
            if count > 0 {
                filled += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw Self.failure("cannot read \(name)")
            }
        }
        position += filled
        unused = 0..<filled
        return filled
    }
}
