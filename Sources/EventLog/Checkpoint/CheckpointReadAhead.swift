import Dispatch
import Synchronization
import UsageModel

/// Reads and checks the pieces of a checkpoint on a thread of its own, some of them ahead of whoever decodes them.
///
/// Copying and hashing are two fifths of reading a checkpoint, and the decoder needs one processor for the rest.
final class CheckpointReadAhead: Sendable {
    /// A piece that is read, or what is wrong with it.
    private struct Reading {
        let buffer: ByteBuffer
        let fault: CheckpointFault?
    }

    /// Its buffers are handed from one thread to the other, and touched by one of them at a time.
    private struct State: @unchecked Sendable {
        /// In the order of the pieces.
        var readings: [Reading] = []
        /// To be filled again.
        var spare: [ByteBuffer] = []
        var isGivenUp = false
    }

    private let state = Mutex(State())
    /// Pieces that are read and not taken.
    private let filled = DispatchSemaphore(value: 0)
    /// Pieces that may be read before one is taken. Begins at 0, since one that ends below its beginning is a fault.
    private let room = DispatchSemaphore(value: 0)

    /// A piece is some MiB.
    private static let piecesAhead = 4

    /// Begins to read `pieces` in their order.
    init(_ pieces: [(file: CheckpointFile, piece: CheckpointIndex.Piece)]) {
        for _ in 0..<Self.piecesAhead { room.signal() }
        // A buffer that grew from piece to piece would be new memory each time; what is not written to takes none.
        let capacity = Int(pieces.reduce(0) { max($0, $1.piece.byteCount) })
        DispatchQueue(label: "tenure.checkpoint.read").async { [self] in
            for (file, piece) in pieces {
                room.wait()
                let spare = state.withLock { $0.isGivenUp ? nil : $0.spare.popLast() ?? ByteBuffer(capacity: capacity) }
                guard let buffer = spare else { return }
                let reading = Self.read(piece, of: file, into: buffer)
                state.withLock { $0.readings.append(reading) }
                filled.signal()
            }
        }
    }

    /// Calls `body` with the bytes of the next piece. To be called once a piece.
    func withNext(_ body: (UnsafeRawBufferPointer) throws(CheckpointFault) -> Void) throws(CheckpointFault) {
        filled.wait()
        let reading = state.withLock { $0.readings.removeFirst() }
        defer {
            state.withLock { $0.spare.append(reading.buffer) }
            room.signal()
        }
        if let fault = reading.fault { throw fault }
        try body(reading.buffer.bytes)
    }

    /// No more will be taken.
    func giveUp() {
        state.withLock { $0.isGivenUp = true }
        room.signal()
    }

    private static func read(
        _ piece: CheckpointIndex.Piece, of file: CheckpointFile, into buffer: ByteBuffer
    ) -> Reading {
        do throws(CheckpointFault) {
            try file.read(piece, to: buffer)
            return Reading(buffer: buffer, fault: nil)
        } catch {
            return Reading(buffer: buffer, fault: error)
        }
    }
}
