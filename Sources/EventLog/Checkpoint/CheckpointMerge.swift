import UsageModel

/// Neighbouring files of a checkpoint that are to become one. Written on any thread, while the checkpoint goes on.
public final class CheckpointMerge: Sendable {
    /// Newest first; two at least.
    let files: [CheckpointFile]
    private let directory: String
    private let number: UInt64
    private let terms: CheckpointFileWriter.Terms

    /// Whatever a crash left under this name is overwritten.
    private static let draftName = "merged"

    init(_ files: [CheckpointFile], directory: String, number: UInt64, terms: CheckpointFileWriter.Terms) {
        self.files = files
        self.directory = directory
        self.number = number
        self.terms = terms
    }

    /// Writes the one file; it is durable on return, and counts when the store has put it in the place of the others.
    /// O(bytes).
    public func write() throws(EventLogError) -> CheckpointMerged {
        let writer = try CheckpointFileWriter(
            directory: directory, draftName: Self.draftName, header: files[0].header, terms: terms)
        let seen = SeenParts()
        let kept = ByteBuffer()
        let pieces = CheckpointPieces()
        for file in files {
            for piece in file.index.pieces where isToBeMerged(piece, of: file) {
                kept.removeAll()
                try CheckpointStore.checked(file) { () throws(CheckpointFault) in
                    try pieces.withBytes(of: piece, in: file) { (bytes) throws(DamagedBytes) in
                        if piece.kind == .global { return kept.append(bytes) }
                        var parts = NewestParts(of: bytes, unless: seen, isOfOldestFile: file === files.last)
                        while let part = try parts.next() { part.append(to: kept) }
                    }
                }
                if kept.count > 0 { try writer.append(piece.kind, share: piece.share, kept.bytes) }
            }
        }
        try appendNames(to: writer)
        try appendTables(to: writer)
        return CheckpointMerged(merge: self, file: try writer.finish(number: number))
    }

    private func isToBeMerged(_ piece: CheckpointIndex.Piece, of file: CheckpointFile) -> Bool {
        switch piece.kind {
        case .global: file === files[0]
        case .parts: true
        case .names: false
        }
    }

    private func appendNames(to writer: CheckpointFileWriter) throws(EventLogError) {
        var runs = NameRunWriter(file: writer)
        let pieces = CheckpointPieces()
        // The oldest first, since they are read back in order of number.
        for file in files.reversed() {
            for piece in file.index.pieces where piece.kind == .names {
                let run = try CheckpointStore.checked(file) { () throws(CheckpointFault) in
                    try pieces.nameRun(of: piece, in: file)
                }
                try runs.append(run)
            }
        }
        try runs.finish()
    }

    private func appendTables(to writer: CheckpointFileWriter) throws(EventLogError) {
        var runs: [DuplicateRun] = []
        for file in files { if let run = try CheckpointStore.mapTables(file) { runs.append(run) } }
        guard !runs.isEmpty else { return }
        // Their entries lie in memory that is mapped as long as they live.
        defer { withExtendedLifetime(runs) {} }
        try writer.beginTables()
        for day in Set(runs.flatMap(\.days)).sorted() {
            let entryCount = runs.reduce(0) { $0 + $1.entryCount(of: day) }
            var tables: [FingerprintEntries] = []
            for run in runs where run.entryCount(of: day) > 0 { tables.append(try run.entries(of: day)) }
            try writer.appendTable(day: day, entryCount: entryCount, MergedFingerprintEntries(tables))
        }
    }
}

/// A file that says what some others do, durable; see `CheckpointStore.use`.
public struct CheckpointMerged: Sendable {
    let merge: CheckpointMerge
    let file: CheckpointFile
}
