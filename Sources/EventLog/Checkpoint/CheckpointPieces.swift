import Glibc
import UsageModel

/// The pieces of a checkpoint file, mapped: read in a row, checked, and let go of. Copying gigabytes out of the page cache
/// was a quarter of what a restart cost.
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

    /// Calls `body` with the bytes of a piece, checked.
    func withBytes(
        of piece: CheckpointIndex.Piece, _ body: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Void
    ) throws(CheckpointFault) {
        guard piece.offset <= file.byteCount, piece.byteCount <= file.byteCount - piece.offset else {
            throw .damaged(offset: piece.offset, "a piece lies beyond the file's end")
        }
        let bytes = mapped.slice(Int(piece.offset)..<Int(piece.offset + piece.byteCount))
        defer { _ = Self.advise(MADV_DONTNEED, bytes) }
        // A kernel before 5.14 does not know how to answer.
        let answer = Self.advise(MADV_POPULATE_READ, bytes)
        guard answer == 0 || answer == EINVAL else {
            throw .damaged(
                offset: piece.offset,
                "the disk does not give a piece of \(piece.byteCount) bytes back; the kernel's log says why")
        }
        guard Hash128(of: bytes) == piece.hash else {
            throw .damaged(offset: piece.offset, "a piece of \(piece.byteCount) bytes has another hash")
        }
        do throws(DamagedBytes) {
            try body(bytes)
        } catch {
            throw .damaged(offset: piece.offset, error.detail)
        }
    }

    /// Returns 0, or the error's number.
    private static func advise(_ advice: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard !bytes.isEmpty else { return 0 }
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = UInt(bitPattern: bytes.baseAddress!) & ~UInt(pageSize - 1)
        let end = UInt(bitPattern: bytes.baseAddress! + bytes.count)
        return madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), advice) == 0 ? 0 : errno
    }
}
