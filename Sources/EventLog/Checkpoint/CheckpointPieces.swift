import Glibc
import UsageModel

/// The pieces of a checkpoint file, mapped: read in a row, checked, and let go of. Copying gigabytes out of the page cache
/// was a third of what a restart cost.
///
/// Memory that is mapped and cannot be read ends a program; so each piece is asked for, with an answer, before it is touched.
final class CheckpointPieces: Sendable {
    private let file: CheckpointFile
    nonisolated(unsafe) private let mapped: UnsafeRawBufferPointer

    init(_ file: CheckpointFile) throws(CheckpointFault) {
        self.file = file
        mapped = try file.map(from: 0, byteCount: file.byteCount)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress!), mapped.count) }

    /// The bytes of a piece, checked; valid while this lives.
    func bytes(of piece: CheckpointIndex.Piece) throws(CheckpointFault) -> UnsafeRawBufferPointer {
        guard piece.offset <= file.byteCount, piece.byteCount <= file.byteCount - piece.offset else {
            throw .damaged(offset: piece.offset, "a piece lies beyond the file's end")
        }
        let bytes = mapped.slice(Int(piece.offset)..<Int(piece.offset + piece.byteCount))
        try advise(MADV_POPULATE_READ, bytes)
        guard Hash128(of: bytes) == piece.hash else {
            throw .damaged(offset: piece.offset, "a piece of \(piece.byteCount) bytes has another hash")
        }
        return bytes
    }

    /// The piece is not needed any more.
    func letGo(of bytes: UnsafeRawBufferPointer) { try? advise(MADV_DONTNEED, bytes) }

    private func advise(_ advice: Int32, _ bytes: UnsafeRawBufferPointer) throws(CheckpointFault) {
        guard !bytes.isEmpty else { return }
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = UInt(bitPattern: bytes.baseAddress!) & ~UInt(pageSize - 1)
        let end = UInt(bitPattern: bytes.baseAddress! + bytes.count)
        let result = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), advice)
        // A kernel before 5.14 does not know how to answer.
        guard result == 0 || errno == EINVAL else { throw .system(call: "madvise", code: errno) }
    }
}
