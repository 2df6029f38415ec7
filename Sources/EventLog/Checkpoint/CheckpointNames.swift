public import UsageModel

/// A run of names as a piece of a checkpoint's file: kind (u32), first number (u32), count (u32), sizes, bytes.
///
/// The log has names too, in as many places as blocks added some, each behind a hash of its own. From here ten million
/// are there in a fraction of the time. A file has the names that came since the file before.
extension NameRun {
    fileprivate func write(to piece: ByteBuffer) {
        piece.append(UInt32(kind.rawValue))
        piece.append(first)
        piece.append(count)
        piece.append(sizes)
        piece.append(bytes)
    }

    init(piece: UnsafeRawBufferPointer) throws(DamagedBytes) {
        var reader = ByteReader(piece)
        let kind = try reader.nameKind()
        let first = try reader.number(UInt32.self)
        let count = try reader.number(UInt32.self)
        guard first > 0, count <= UInt32.max - first else { throw DamagedBytes("more names than numbers") }
        let sizes = try reader.slice(Int(count) * Self.sizeByteCount)
        self.init(kind: kind, first: first, sizes: sizes, bytes: reader.rest())
    }
}

/// A run of slots likewise: kind (u32), number of names (u32), seed (u64), number of all slots (u64), place of the first
/// (u64), slots.
extension NameSlotRun {
    fileprivate func write(to piece: ByteBuffer) {
        piece.append(UInt32(kind.rawValue))
        piece.append(nameCount)
        piece.append(seed)
        piece.append(UInt64(slotCount))
        piece.append(UInt64(first))
        piece.append(slots)
    }

    init(piece: UnsafeRawBufferPointer) throws(DamagedBytes) {
        var reader = ByteReader(piece)
        self.init(
            kind: try reader.nameKind(), nameCount: try reader.number(), seed: try reader.number(),
            slotCount: Int(truncatingIfNeeded: try reader.number(UInt64.self)),
            first: Int(truncatingIfNeeded: try reader.number(UInt64.self)), slots: reader.rest())
    }
}

extension ByteReader {
    fileprivate mutating func nameKind() throws(DamagedBytes) -> NameKind {
        guard let kind = UInt8(exactly: try number(UInt32.self)).flatMap(NameKind.init(rawValue:)) else {
            throw DamagedBytes("names of an unknown kind")
        }
        return kind
    }
}

/// Writes runs of names, short ones that follow each other as one: years of checkpoints have millions. Behind all names
/// of a kind, as the oldest file has them, come the slots in which they are found, unless they are few.
struct NameRunWriter: ~Copyable {
    private final class OpenRun {
        var first: UInt32 = 1
        let sizes = ByteBuffer()
        let bytes = ByteBuffer()
        /// Of all names of the kind, as long as they come from number 1 on.
        var hashes: NameHashes? = NameHashes()

        func run(_ kind: NameKind) -> NameRun {
            NameRun(kind: kind, first: first, sizes: sizes.bytes, bytes: bytes.bytes)
        }
    }

    private let file: CheckpointFileWriter
    private var open: [NameKind: OpenRun] = [:]
    private let piece = ByteBuffer()

    /// Fewer take some milliseconds to be put in their places anew.
    static let leastIndexedCount = 1 << 16

    init(file: CheckpointFileWriter) { self.file = file }

    mutating func append(_ run: NameRun) throws(EventLogError) {
        let current = open[run.kind] ?? OpenRun()
        open[run.kind] = current
        if current.run(run.kind).end != run.first { try write(current, run.kind) }
        if current.sizes.count == 0 { current.first = run.first }
        current.sizes.append(run.sizes)
        current.bytes.append(run.bytes)
        do throws(DamagedBytes) {
            try current.hashes?.append(run)
        } catch {
            // This file does not have all of them.
            current.hashes = nil
        }
        if current.run(run.kind).byteCount >= CheckpointWriting.pieceBytes { try write(current, run.kind) }
    }

    /// Writes what is left, and slots.
    mutating func finish() throws(EventLogError) {
        for kind in NameKind.allCases {
            guard let current = open[kind] else { continue }
            try write(current, kind)
            guard let hashes = current.hashes.take(), hashes.count >= Self.leastIndexedCount else { continue }
            try hashes.forEachSlotRun(of: kind, byteCount: CheckpointWriting.pieceBytes) {
                (run) throws(EventLogError) in
                piece.removeAll()
                run.write(to: piece)
                try file.append(.nameSlots, piece.bytes)
            }
        }
        open = [:]
    }

    private func write(_ current: OpenRun, _ kind: NameKind) throws(EventLogError) {
        guard current.sizes.count > 0 else { return }
        piece.removeAll()
        current.run(kind).write(to: piece)
        try file.append(.names, piece.bytes)
        current.sizes.removeAll()
        current.bytes.removeAll()
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
        let sizes = ByteBuffer()
        let bytes = ByteBuffer()
        for (kind, numbers) in ranges {
            var rest = numbers
            while !rest.isEmpty {
                sizes.removeAll()
                bytes.removeAll()
                // A piece at a time, since the writer's next name may wait for it.
                names.append(rest, of: kind, sizes: sizes, bytes: bytes, upTo: CheckpointWriting.pieceBytes)
                let run = NameRun(kind: kind, first: rest.lowerBound, sizes: sizes.bytes, bytes: bytes.bytes)
                try runs.append(run)
                rest = run.end..<rest.upperBound
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
            if run.byteCount >= CheckpointWriting.pieceBytes, reserved.insert(run.kind).inserted {
                names.reserve(run.kind, bytes: bytesLeft, like: run)
            }
            bytesLeft -= run.byteCount
            try names.restore(run)
        }
        guard let oldest = files.last else { return }
        try Self.forEachPiece(.nameSlots, of: oldest) { (bytes) throws(DamagedBytes) in
            try names.restore(NameSlotRun(piece: bytes))
        }
    }

    /// Calls `body` with the runs of all `files`, those of a kind in order.
    static func forEachNameRun(
        of files: [CheckpointFile], _ body: (NameRun) throws(DamagedBytes) -> Void
    ) throws(EventLogError) {
        for file in files.reversed() {
            try forEachPiece(.names, of: file) { (bytes) throws(DamagedBytes) in try body(NameRun(piece: bytes)) }
        }
    }

    private static func forEachPiece(
        _ kind: CheckpointIndex.PieceKind, of file: CheckpointFile,
        _ body: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Void
    ) throws(EventLogError) {
        let pieces = CheckpointPieces()
        try checked(file) { () throws(CheckpointFault) in
            for piece in file.index.pieces where piece.kind == kind { try pieces.withBytes(of: piece, in: file, body) }
        }
    }
}
