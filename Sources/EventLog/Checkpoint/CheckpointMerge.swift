import UsageModel

/// Neighbouring files of a checkpoint that are to become one. Written on any thread, while the checkpoint goes on.
public final class CheckpointMerge: Sendable {
    /// Newest first; two at least.
    let files: [CheckpointFile]
    let content: CheckpointContent
    private let directory: String
    private let number: UInt64
    private let terms: CheckpointFileWriter.Terms

    init(
        _ files: [CheckpointFile], _ content: CheckpointContent, directory: String, number: UInt64,
        terms: CheckpointFileWriter.Terms
    ) {
        self.files = files
        self.content = content
        self.directory = directory
        self.number = number
        self.terms = terms
    }

    /// Writes the one file; it is durable on return, and counts when the store has put it in the place of the others.
    /// O(bytes).
    public func write() throws(EventLogError) -> CheckpointMerged {
        let writer = try CheckpointFileWriter(
            directory: directory, draftName: "merged-\(number)", header: files[0].header, terms: terms)
        switch content {
        case .state:
            try appendGlobal(to: writer)
            for share in CheckpointIndex.shares(of: files) { try append(share, to: writer) }
            try appendNames(to: writer)
        case .duplicates: try appendTables(to: writer)
        }
        return CheckpointMerged(merge: self, file: try writer.finish(number: number))
    }

    private func appendGlobal(to writer: CheckpointFileWriter) throws(EventLogError) {
        let kept = ByteBuffer()
        let pieces = CheckpointPieces()
        for piece in files[0].index.pieces where piece.kind == .global {
            try CheckpointStore.checked(files[0]) { () throws(CheckpointFault) in
                try pieces.withBytes(of: piece, in: files[0]) { kept.append($0) }
            }
            try writer.append(.global, kept.bytes)
        }
    }

    /// The newest of each part, in pieces that are full again.
    private func append(_ share: UInt32, to writer: CheckpointFileWriter) throws(EventLogError) {
        let seen = SeenParts()
        let kept = ByteBuffer()
        let pieces = CheckpointPieces()
        for file in files {
            for piece in file.index.pieces where piece.kind == .parts && piece.share == share {
                try CheckpointStore.checked(file) { () throws(CheckpointFault) in
                    try pieces.withBytes(of: piece, in: file) { (bytes) throws(DamagedBytes) in
                        var parts = NewestParts(of: bytes, unless: seen, isOfOldestFile: file === files.last)
                        while let part = try parts.next() { part.append(to: kept) }
                    }
                }
                guard kept.count >= CheckpointWriting.pieceBytes else { continue }
                try writer.append(.parts, share: share, kept.bytes)
                kept.removeAll()
            }
        }
        if kept.count > 0 { try writer.append(.parts, share: share, kept.bytes) }
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
