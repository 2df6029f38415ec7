public import UsageModel

/// A run of names as a piece of a checkpoint's file: kind (u32), first number (u32), count (u32), entries.
///
/// The log has names too, in as many places as blocks added some, each behind a hash of its own. From here ten million
/// are there in a fifth of the time. A file has the names that came since the file before.
extension NameRun {
    private static let headerByteCount = 12
    /// Of an empty name.
    private static let leastEntryByteCount = 4

    fileprivate func write(to piece: ByteBuffer) {
        piece.append(UInt32(kind.rawValue))
        piece.append(first)
        piece.append(count)
        piece.append(entries)
    }

    init(piece: UnsafeRawBufferPointer) throws(DamagedBytes) {
        guard piece.count >= Self.headerByteCount,
            let kind = UInt8(exactly: piece.number(0, UInt32.self)).flatMap(NameKind.init(rawValue:))
        else { throw DamagedBytes("no names begin here") }
        let first: UInt32 = piece.number(4)
        let count: UInt32 = piece.number(8)
        guard first > 0, count <= UInt32.max - first,
            Int(count) <= (piece.count - Self.headerByteCount) / Self.leastEntryByteCount
        else { throw DamagedBytes("more names than numbers, or than the bytes can hold") }
        self.init(
            kind: kind, first: first, count: count, entries: piece.slice(Self.headerByteCount..<piece.count))
    }
}

/// Writes runs of names, short ones that follow each other as one: years of checkpoints have millions.
struct NameRunWriter: ~Copyable {
    private struct OpenRun {
        var first: UInt32 = 0
        var count: UInt32 = 0
        let entries = ByteBuffer()
    }

    private let file: CheckpointFileWriter
    private var open: [NameKind: OpenRun] = [:]
    private let piece = ByteBuffer()

    /// As large as a piece of parts.
    static let pieceBytes = 1 << 20

    init(file: CheckpointFileWriter) { self.file = file }

    mutating func append(_ run: NameRun) throws(EventLogError) {
        var current = open[run.kind] ?? OpenRun()
        if current.count > 0, current.first + current.count != run.first { try write(&current, run.kind) }
        if current.count == 0 { current.first = run.first }
        current.entries.append(run.entries)
        current.count += run.count
        if current.entries.count >= Self.pieceBytes { try write(&current, run.kind) }
        open[run.kind] = current
    }

    /// Writes what is left.
    mutating func finish() throws(EventLogError) {
        for kind in NameKind.allCases {
            guard var current = open[kind], current.count > 0 else { continue }
            try write(&current, kind)
        }
        open = [:]
    }

    private func write(_ current: inout OpenRun, _ kind: NameKind) throws(EventLogError) {
        piece.removeAll()
        NameRun(kind: kind, first: current.first, count: current.count, entries: current.entries.bytes).write(to: piece)
        try file.append(.names, piece.bytes)
        current.count = 0
        current.entries.removeAll()
    }
}

extension CheckpointPieces {
    /// A run, valid until the next piece is read.
    func nameRun(of piece: CheckpointIndex.Piece, in file: CheckpointFile) throws(CheckpointFault) -> NameRun {
        var run: NameRun?
        try withBytes(of: piece, in: file) { (bytes) throws(DamagedBytes) in run = try NameRun(piece: bytes) }
        guard let run else { preconditionFailure("a piece is read or an error is thrown") }
        return run
    }
}

extension CheckpointWriting {
    /// The names whose numbers the checkpoint before did not have.
    public func append(
        names: NameReader, _ ranges: [(kind: NameKind, numbers: Range<UInt32>)]
    ) throws(EventLogError) {
        var runs = NameRunWriter(file: file)
        let entries = ByteBuffer()
        for (kind, numbers) in ranges {
            var rest = numbers
            while !rest.isEmpty {
                entries.removeAll()
                // A piece at a time, since the writer's next name may wait for it.
                let count = names.append(rest, of: kind, to: entries, upTo: NameRunWriter.pieceBytes)
                try runs.append(NameRun(kind: kind, first: rest.lowerBound, count: count, entries: entries.bytes))
                rest = rest.dropFirst(Int(count))
            }
        }
        try runs.finish()
    }
}

extension CheckpointStore {
    /// Puts all names that the checkpoint has into `names`, which must be empty. On any thread. O(bytes of names).
    public func readNames(into names: NameTable) throws(EventLogError) {
        let files = files
        var bytesLeft = files.reduce(0) { $0 + Int(min($1.index.byteCount(of: .names), $1.byteCount)) }
        var reserved: Set<NameKind> = []
        try Self.forEachNameRun(of: files) { (run) throws(DamagedBytes) in
            // A run that fills a piece is one of many.
            if run.entries.count >= NameRunWriter.pieceBytes, reserved.insert(run.kind).inserted {
                names.reserve(run.kind, bytes: bytesLeft, like: run)
            }
            bytesLeft -= run.entries.count
            try names.restore(run)
        }
    }

    /// Calls `body` with the runs of all `files`, those of a kind in order.
    static func forEachNameRun(
        of files: [CheckpointFile], _ body: (NameRun) throws(DamagedBytes) -> Void
    ) throws(EventLogError) {
        let pieces = CheckpointPieces()
        for file in files.reversed() {
            try checked(file) { () throws(CheckpointFault) in
                for piece in file.index.pieces where piece.kind == .names {
                    try pieces.withBytes(of: piece, in: file) { (bytes) throws(DamagedBytes) in
                        try body(NameRun(piece: bytes))
                    }
                }
            }
        }
    }
}
