import Glibc
import UsageModel

/// The file `tail`: the last seq and header hash, written after each commit, never waited for.
///
/// LMDB keeps its two newest roots; should the newest be damaged, it would open with the one before
/// and look healthy. A log that ends before its tail has lost commits. The other way round is what
/// a crash leaves and means nothing.
struct Tail: Equatable {
    static let name = "tail"
    static let byteCount = 64
    private static let hashedByteCount = 48
    /// "TNRTAIL1"
    private static let magic: UInt64 = 0x314C_4941_5452_4E54

    var logID: Hash128
    var lastSeq: UInt64
    var lastHash: Hash128

    /// Nil when there is none: restored from a backup, or removed as a remedy.
    static func read(directory: String) throws(EventLogError) -> Tail? {
        guard let bytes = try SystemCall.readFile(directory + "/" + name, limit: byteCount + 1) else { return nil }
        let tail = bytes.withUnsafeBytes { bytes -> Tail? in
            guard bytes.count == byteCount, bytes.number(0) == magic,
                Hash128(of: bytes.slice(0..<hashedByteCount)) == bytes.hash(hashedByteCount)
            else { return nil }
            return Tail(logID: bytes.hash(8), lastSeq: bytes.number(24), lastHash: bytes.hash(32))
        }
        guard let tail else {
            throw .corrupt(Corruption(place: name, detail: "its hash does not fit", remedy: Remedy.removeTail))
        }
        return tail
    }

    var bytes: [UInt8] {
        let buffer = ByteBuffer(capacity: Self.byteCount)
        write(to: buffer)
        return Array(buffer.bytes)
    }

    /// Makes `buffer` hold it and nothing else.
    func write(to buffer: ByteBuffer) {
        buffer.removeAll()
        buffer.append(Self.magic)
        buffer.append(logID)
        buffer.append(lastSeq)
        buffer.append(lastHash)
        buffer.append(Hash128(of: buffer.bytes))
    }
}

/// Keeps the file open between commits.
final class TailWriter {
    private let descriptor: Int32
    private let path: String
    private let buffer = ByteBuffer(capacity: Tail.byteCount)

    /// Creates the file whole and durable when it is missing, so that it is never torn: afterwards its
    /// one sector is overwritten in place.
    init(directory: String, current: Tail) throws(EventLogError) {
        path = directory + "/" + Tail.name
        if !SystemCall.exists(path) { try SystemCall.replaceFile(path, with: current.bytes) }
        let path = path
        descriptor = try SystemCall.run("open", path) { open(path, O_WRONLY | O_CLOEXEC) }
    }

    deinit { close(descriptor) }

    func write(_ tail: Tail) throws(EventLogError) {
        tail.write(to: buffer)
        try SystemCall.writeAll(descriptor, path: path, buffer.bytes, at: 0)
    }
}
