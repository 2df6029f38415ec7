import Glibc
import UsageModel

/// Reads pieces of checkpoint files, each checked, into memory that is used again: a piece stays in the processor's cache
/// while it is checked and taken in. For one thread.
///
/// Mapped in place of copied they were touched twice by way of main memory, and each page of 4 KiB was entered and taken out of
/// the process's tables.
final class CheckpointPieces {
    private let buffer = ByteBuffer()

    /// Calls `body` with the bytes of a piece, checked; they are valid until the next is read.
    func withBytes(
        of piece: CheckpointIndex.Piece, in file: CheckpointFile,
        _ body: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Void
    ) throws(CheckpointFault) {
        guard piece.offset <= file.byteCount, piece.byteCount <= file.byteCount - piece.offset else {
            throw .damaged(offset: piece.offset, "a piece lies beyond the file's end")
        }
        do throws(CheckpointFault) {
            try file.read(at: piece.offset, Int(piece.byteCount), to: buffer)
        } catch .system(_, EIO) {
            throw .damaged(
                offset: piece.offset,
                "the disk does not give a piece of \(piece.byteCount) bytes back; the kernel's log says why")
        }
        guard Hash128(of: buffer.bytes) == piece.hash else {
            throw .damaged(offset: piece.offset, "a piece of \(piece.byteCount) bytes has another hash")
        }
        do throws(DamagedBytes) {
            try body(buffer.bytes)
        } catch {
            throw .damaged(offset: piece.offset, error.detail)
        }
    }
}
