import Glibc
import UsageModel

/// Two neighbouring files of a checkpoint that are to become one. Written on any thread, while the checkpoint goes on.
public final class CheckpointMerge: Sendable {
    let newer: CheckpointFile
    let older: CheckpointFile
    private let directory: String
    private let number: UInt64
    private let terms: CheckpointFileWriter.Terms

    /// Whatever a crash left under this name is overwritten.
    private static let draftName = "merged"

    init(
        newer: CheckpointFile, older: CheckpointFile, directory: String, number: UInt64,
        terms: CheckpointFileWriter.Terms
    ) {
        self.newer = newer
        self.older = older
        self.directory = directory
        self.number = number
        self.terms = terms
    }

    /// Writes the one file; it is durable on return, and counts when the store has put it in the place of the two.
    /// O(bytes).
    public func write() throws(EventLogError) -> CheckpointMerged {
        let writer = try CheckpointFileWriter(
            directory: directory, draftName: Self.draftName, header: newer.header, terms: terms)
        var seen = SeenParts()
        try Self.forEachPiece(of: newer) { (piece, bytes) throws(EventLogError) in
            if piece.kind != .global { try Self.forEachPart(of: bytes, piece, in: newer) { seen.insert($0) } }
            try writer.append(piece.kind, bytes)
        }
        let kept = ByteBuffer()
        try Self.forEachPiece(of: older) { (piece, bytes) throws(EventLogError) in
            guard piece.kind != .global else { return }
            kept.removeAll()
            try Self.forEachPart(of: bytes, piece, in: older) { if !seen.contains($0) { $0.append(to: kept) } }
            if kept.count > 0 { try writer.append(piece.kind, kept.bytes) }
        }
        try appendTables(to: writer)
        return CheckpointMerged(merge: self, file: try writer.finish(number: number))
    }

    private static func forEachPiece(
        of file: CheckpointFile,
        _ body: (CheckpointIndex.Piece, UnsafeRawBufferPointer) throws(EventLogError) -> Void
    ) throws(EventLogError) {
        let pieces = try CheckpointStore.checked(file) { () throws(CheckpointFault) in try CheckpointPieces(file) }
        for piece in file.index.pieces {
            let bytes = try CheckpointStore.checked(file) { () throws(CheckpointFault) in try pieces.bytes(of: piece) }
            defer { pieces.letGo(of: bytes) }
            try body(piece, bytes)
        }
    }

    private static func forEachPart(
        of bytes: UnsafeRawBufferPointer, _ piece: CheckpointIndex.Piece, in file: CheckpointFile,
        _ body: (CheckpointPartBytes) -> Void
    ) throws(EventLogError) {
        var reader = ByteReader(bytes)
        do throws(DamagedBytes) {
            while !reader.isAtEnd { body(try CheckpointPartBytes(&reader)) }
        } catch {
            throw CheckpointStore.error(.damaged(offset: piece.offset, error.detail), file)
        }
    }

    private func appendTables(to writer: CheckpointFileWriter) throws(EventLogError) {
        let runs = [try CheckpointStore.mapTables(newer), try CheckpointStore.mapTables(older)].compactMap(\.self)
        guard !runs.isEmpty else { return }
        // Their entries lie in memory that is mapped as long as they live.
        defer { withExtendedLifetime(runs) {} }
        try writer.beginTables()
        for day in Set(runs.flatMap(\.days)).sorted() {
            let entryCount = runs.reduce(0) { $0 + $1.entryCount(of: day) }
            let entries = try MergedFingerprintEntries(
                runs[0].entries(of: day), runs.count > 1 ? runs[1].entries(of: day) : .none)
            try writer.appendTable(day: day, entryCount: entryCount, entries)
        }
    }
}

/// A file that says what two others do, durable; see `CheckpointStore.use`.
public struct CheckpointMerged: Sendable {
    let merge: CheckpointMerge
    let file: CheckpointFile
}
