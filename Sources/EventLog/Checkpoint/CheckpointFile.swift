import Glibc
import UsageModel

/// A checkpoint file, open: it is whole, it belongs to the log, and each piece is checked when it is read.
///
/// Never changes; what replaces it is another file. Stays readable for whoever holds this object when it is removed.
final class CheckpointFile: Sendable {
    let header: CheckpointHeader
    let index: CheckpointIndex
    /// In the directory.
    let number: UInt64
    let byteCount: UInt64
    /// Of its parts.
    let partByteCount: UInt64
    /// The directory's name and the file's.
    let place: String
    private let descriptor: Int32

    init(directory: String, number: UInt64) throws(CheckpointFault) {
        self.number = number
        place = CheckpointStore.directoryName + "/" + Self.name(number)
        let path = directory + "/" + Self.name(number)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(call: "open", code: errno) }
        self.descriptor = descriptor
        do throws(CheckpointFault) {
            byteCount = try Self.byteCount(descriptor)
            let least = UInt64(CheckpointHeader.byteCount + CheckpointIndex.trailerByteCount)
            guard byteCount >= least else { throw .damaged(offset: byteCount, "the file is too short") }
            let buffer = ByteBuffer()
            try Self.read(descriptor, at: 0, CheckpointHeader.byteCount, to: buffer)
            header = try CheckpointHeader(buffer.bytes)
            let trailerAt = byteCount - UInt64(CheckpointIndex.trailerByteCount)
            try Self.read(descriptor, at: trailerAt, CheckpointIndex.trailerByteCount, to: buffer)
            let place = try CheckpointIndex.place(buffer.bytes, fileByteCount: byteCount)
            try Self.read(descriptor, at: place.offset, place.byteCount, to: buffer)
            guard Hash128(of: buffer.bytes) == place.hash else {
                throw .damaged(offset: place.offset, "the index's hash does not fit")
            }
            index = try CheckpointIndex(buffer.bytes, at: place.offset)
            partByteCount = min(byteCount, index.byteCount(of: .parts))
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink == 0 else {
            close(descriptor)
            return
        }
        RemovedFile.giveBack(descriptor)
    }

    /// The tables of duplicates, mapped; nil when there are none.
    func mapTables() throws(CheckpointFault) -> DuplicateRun? {
        guard index.tablesByteCount > 0 else { return nil }
        guard index.tablesOffset <= byteCount, index.tablesByteCount <= byteCount - index.tablesOffset else {
            throw .damaged(offset: index.tablesOffset, "the tables lie beyond the file's end")
        }
        return try DuplicateRun(
            file: self, mapped: try map(from: index.tablesOffset, byteCount: index.tablesByteCount))
    }

    /// The caller unmaps it.
    func map(from offset: UInt64, byteCount: UInt64) throws(CheckpointFault) -> UnsafeRawBufferPointer {
        guard let mapped = mmap(nil, Int(byteCount), PROT_READ, MAP_SHARED, descriptor, off_t(offset)),
            mapped != MAP_FAILED
        else { throw .system(call: "mmap", code: errno) }
        return UnsafeRawBufferPointer(start: mapped, count: Int(byteCount))
    }

    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
    }

    /// So that names sort.
    private static let digitCount = 10

    private static func byteCount(_ descriptor: Int32) throws(CheckpointFault) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(call: "fstat", code: errno) }
        return UInt64(status.st_size)
    }

    /// Reads `count` bytes into `buffer`, in place of what it has.
    func read(at offset: UInt64, _ count: Int, to buffer: ByteBuffer) throws(CheckpointFault) {
        try Self.read(descriptor, at: offset, count, to: buffer)
    }

    private static func read(
        _ descriptor: Int32, at offset: UInt64, _ count: Int, to buffer: ByteBuffer
    ) throws(CheckpointFault) {
        buffer.removeAll()
        let target = buffer.reserve(count)
        var done = 0
        while done < count {
            let read = pread(descriptor, target + done, count - done, off_t(offset) + off_t(done))
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw .system(call: "pread", code: errno) }
            guard read > 0 else { throw .damaged(offset: offset + UInt64(done), "the file ends here") }
            done += read
        }
        buffer.advance(count)
    }
}
