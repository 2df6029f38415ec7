import UsageModel

/// Where everything in a checkpoint file stands, with its hashes: the file's end.
struct CheckpointIndex {
    struct Piece {
        var kind: PieceKind
        /// Of a piece of parts: those of one share are read by one thread, others by others at the same time.
        var share: UInt32 = 0
        var offset: UInt64
        var byteCount: UInt64
        var hash: Hash128
    }

    /// The duplicates of one date.
    struct Table {
        var day: Int32
        var homeCount: UInt64
        /// Of the table's words, from the beginning of all tables.
        var wordOffset: UInt64
        var wordCount: UInt64
        var entryCount: UInt64
    }

    enum PieceKind: UInt32 {
        case global = 1
        case parts = 2
        /// A run of names; see `NameRun`.
        case names = 4
        /// Where the names of this file are found, if it has all from the first on; see `NameSlotRun`.
        case nameSlots = 5
    }

    var pieces: [Piece] = []
    /// Ascending by day.
    var tables: [Table] = []
    var tablesOffset: UInt64 = 0
    var tablesByteCount: UInt64 = 0
    /// One for each `chunkByteCount` of the tables, which are looked into here and there and never read whole.
    var chunkHashes: [Hash128] = []

    /// Of all pieces of one kind.
    func byteCount(of kind: PieceKind) -> UInt64 {
        pieces.reduce(0) { $1.kind == kind ? $0 &+ $1.byteCount : $0 }
    }

    /// The shares that parts of `files` are of, ascending.
    static func shares(of files: [CheckpointFile]) -> [UInt32] {
        Set(files.flatMap { $0.index.pieces.lazy.filter { $0.kind == .parts }.map(\.share) }).sorted()
    }

    /// Hashing so much costs some microseconds, and so does a miss of the page cache beside it.
    static let chunkByteCount = 64 << 10
    static let trailerByteCount = 48
    /// Each costs a pass over the index, and memory for which of its parts were seen.
    static let greatestShareCount = 64
    /// "TNRSTEND"
    private static let magic: UInt64 = 0x444E_4554_5352_4E54
    private static let pieceByteCount = 40
    private static let tableByteCount = 40

    /// Appends the index, which begins at `offset` of the file, and the trailer that leads to it.
    func write(to buffer: ByteBuffer, at offset: UInt64) {
        let start = buffer.count
        buffer.append(UInt32(pieces.count))
        buffer.append(UInt32(tables.count))
        buffer.append(UInt64(chunkHashes.count))
        buffer.append(tablesOffset)
        buffer.append(tablesByteCount)
        for piece in pieces {
            buffer.append(piece.kind.rawValue)
            buffer.append(piece.share)
            buffer.append(piece.offset)
            buffer.append(piece.byteCount)
            buffer.append(piece.hash)
        }
        for table in tables {
            buffer.append(table.day)
            buffer.append(UInt32(0))
            buffer.append(table.homeCount)
            buffer.append(table.wordOffset)
            buffer.append(table.wordCount)
            buffer.append(table.entryCount)
        }
        for hash in chunkHashes { buffer.append(hash) }
        let index = buffer.bytes.slice(start..<buffer.count)
        let byteCount = index.count
        let hash = Hash128(of: index)
        let trailer = buffer.count
        buffer.append(Self.magic)
        buffer.append(offset)
        buffer.append(UInt64(byteCount))
        buffer.append(hash)
        buffer.append(hash64(buffer.bytes.slice(trailer..<buffer.count)))
    }

    /// Where the index stands, by the trailer.
    static func place(
        _ trailer: UnsafeRawBufferPointer, fileByteCount: UInt64
    ) throws(CheckpointFault) -> (offset: UInt64, byteCount: Int, hash: Hash128) {
        let at = fileByteCount - UInt64(trailerByteCount)
        guard trailer.number(0) == magic, hash64(trailer.slice(0..<40)) == trailer.number(40) else {
            throw .damaged(offset: at, "no trailer stands at the file's end, or its hash does not fit")
        }
        let offset: UInt64 = trailer.number(8)
        let byteCount: UInt64 = trailer.number(16)
        guard offset <= at, byteCount == at - offset else { throw .damaged(offset: at, "the index is out of place") }
        return (offset, Int(byteCount), trailer.hash(24))
    }

    init() {}

    /// Reads an index whose hash fits.
    init(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(CheckpointFault) {
        do throws(DamagedBytes) {
            var reader = ByteReader(bytes)
            let pieceCount = Int(try reader.number(UInt32.self))
            let tableCount = Int(try reader.number(UInt32.self))
            let chunkCount = Int(truncatingIfNeeded: try reader.number(UInt64.self))
            tablesOffset = try reader.number()
            tablesByteCount = try reader.number()
            for _ in 0..<pieceCount {
                guard let kind = PieceKind(rawValue: try reader.number()) else {
                    throw DamagedBytes("an unknown piece")
                }
                let share = try reader.number(UInt32.self)
                guard share < Self.greatestShareCount else { throw DamagedBytes("a piece of an unknown share") }
                pieces.append(
                    Piece(
                        kind: kind, share: share, offset: try reader.number(), byteCount: try reader.number(),
                        hash: try reader.hash()))
            }
            for _ in 0..<tableCount {
                let day = try reader.number(Int32.self)
                _ = try reader.number(UInt32.self)
                tables.append(
                    Table(
                        day: day, homeCount: try reader.number(), wordOffset: try reader.number(),
                        wordCount: try reader.number(), entryCount: try reader.number()))
            }
            for _ in 0..<max(chunkCount, 0) { chunkHashes.append(try reader.hash()) }
        } catch {
            throw .damaged(offset: offset, error.detail)
        }
    }
}
