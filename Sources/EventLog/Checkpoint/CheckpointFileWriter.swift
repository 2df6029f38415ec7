import CGlibc
import Glibc
import UsageModel

/// Writes one checkpoint file under a name that nothing reads, and gives it its own when it is whole and durable.
final class CheckpointFileWriter {
    private let directory: String
    private let path: String
    private let descriptor: Int32
    private let terms: Terms
    /// Since when, and from which byte on, the pace is kept.
    private var paceStart: (time: ContinuousClock.Instant, offset: UInt64) = (.now, 0)
    private var isFinished = false
    private var offset: UInt64 = 0
    private var unsynced = 0
    private var index = CheckpointIndex()
    private let buffer = ByteBuffer()
    /// Of the table that is being made, used again by the next: there may be hundreds of thousands.
    private let words = ByteBuffer(capacity: CheckpointIndex.chunkByteCount * 2)
    private var chunk = ByteBuffer(capacity: CheckpointIndex.chunkByteCount)

    /// Written out so often that the log's own fsync waits behind a few milliseconds of this file at most.
    ///
    /// Written out, and not synced: an fdatasync of a file that grows has the file system commit its journal, for which
    /// the log's fsync would wait. What makes the file durable is the fsync at its end.
    private static let syncedAtOnce = 1 << 20
    /// Tables begin on a page, whatever its size on the machine that maps them.
    private static let tablesAlignment: UInt64 = 64 << 10

    /// Between the entries of a table; a few KiB, so that the next chunk is written soon.
    private static let freeSlotsAtOnce = 512

    /// What a file may take of the disk.
    struct Terms: Sendable {
        /// What must stay free on the file system.
        var reserveBytes: UInt64
        /// How fast it may be written, so that commits find the disk idle most of the time.
        var bytesPerSecond: Int
        /// Asked now and then; the file is given up when it says so.
        var isCancelled: @Sendable () -> Bool
        /// Whether so much waits in memory to be written that the disk may be busy after all.
        var isHurried: @Sendable () -> Bool = { false }
    }

    init(
        directory: String, draftName: String, header: CheckpointHeader, terms: Terms
    ) throws(EventLogError) {
        self.directory = directory
        self.terms = terms
        let path = directory + "/" + draftName
        self.path = path
        descriptor = try SystemCall.run("open", path) {
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, SystemCall.fileMode)
        }
        try checkRoom()
        header.write(to: buffer)
        try put(buffer.bytes)
    }

    /// A draft that was given up takes no room.
    deinit {
        close(descriptor)
        if !isFinished { unlink(path) }
    }

    /// A checkpoint is given up before it takes the room that the log needs.
    private func checkRoom() throws(EventLogError) {
        let available = try SystemCall.availableBytes(directory)
        guard available >= terms.reserveBytes else {
            throw .noSpace(
                directory: directory, availableBytes: available, neededBytes: terms.reserveBytes, isFatal: false)
        }
    }

    func append(
        _ kind: CheckpointIndex.PieceKind, share: UInt32 = 0, _ bytes: UnsafeRawBufferPointer
    ) throws(EventLogError) {
        index.pieces.append(
            .init(kind: kind, share: share, offset: offset, byteCount: UInt64(bytes.count), hash: Hash128(of: bytes)))
        try put(bytes)
    }

    // MARK: Tables of duplicates, behind all pieces

    func beginTables() throws(EventLogError) {
        let padding = (Self.tablesAlignment - offset % Self.tablesAlignment) % Self.tablesAlignment
        buffer.removeAll()
        memset(buffer.reserve(Int(padding)), 0, Int(padding))
        buffer.advance(Int(padding))
        try put(buffer.bytes)
        index.tablesOffset = offset
    }

    /// A table of `entries`, which come in order, `entryCount` in all.
    func appendTable(
        day: Day, entryCount: Int, _ entries: some IteratorProtocol<FingerprintEntry>
    ) throws(EventLogError) {
        let homeCount = FingerprintEntry.homeCount(for: entryCount)
        let start = beginTable()
        words.removeAll()
        var slot = 0
        func putWhatIsFull() throws(EventLogError) {
            guard words.count >= CheckpointIndex.chunkByteCount else { return }
            try putWords(words.bytes)
            words.removeAll()
        }
        func fill(to end: Int) throws(EventLogError) {
            while slot < end {
                let byteCount = min(end - slot, Self.freeSlotsAtOnce) * FingerprintEntry.byteCount
                memset(words.reserve(byteCount), 0, byteCount)
                words.advance(byteCount)
                slot += byteCount / FingerprintEntry.byteCount
                try putWhatIsFull()
            }
        }
        var entries = entries
        while let entry = entries.next() {
            let home = FingerprintEntry.home(entry.fingerprint, of: homeCount)
            if slot < home { try fill(to: home) }
            entry.write(words.reserve(FingerprintEntry.byteCount).assumingMemoryBound(to: UInt32.self))
            words.advance(FingerprintEntry.byteCount)
            slot += 1
            try putWhatIsFull()
        }
        // A free slot at the end, so that every search ends.
        try fill(to: max(homeCount, slot) + 1)
        try putWords(words.bytes)
        words.removeAll()
        endTable(day: day, homeCount: homeCount, entryCount: entryCount, from: start)
    }

    private func beginTable() -> UInt64 { offset + UInt64(chunk.count) - index.tablesOffset }

    private func endTable(day: Day, homeCount: Int, entryCount: Int, from start: UInt64) {
        let end = offset + UInt64(chunk.count) - index.tablesOffset
        index.tables.append(
            .init(
                day: day.number, homeCount: UInt64(homeCount), wordOffset: start / 4, wordCount: (end - start) / 4,
                entryCount: UInt64(entryCount)))
    }

    /// Cuts tables into chunks with a hash each.
    private func putWords(_ bytes: UnsafeRawBufferPointer) throws(EventLogError) {
        var position = 0
        while position < bytes.count {
            let taken = min(bytes.count - position, CheckpointIndex.chunkByteCount - chunk.count)
            chunk.append(bytes.slice(position..<position + taken))
            position += taken
            if chunk.count == CheckpointIndex.chunkByteCount { try putChunk() }
        }
    }

    private func putChunk() throws(EventLogError) {
        guard chunk.count > 0 else { return }
        index.chunkHashes.append(Hash128(of: chunk.bytes))
        try put(chunk.bytes)
        chunk.removeAll()
    }

    // MARK: The end

    /// Writes the index, syncs, and gives the file its name. On return it is durable.
    func finish(number: UInt64) throws(EventLogError) -> CheckpointFile {
        try putChunk()
        if index.tablesOffset > 0 { index.tablesByteCount = offset - index.tablesOffset }
        buffer.removeAll()
        index.write(to: buffer, at: offset)
        try put(buffer.bytes)
        let descriptor = descriptor
        try SystemCall.run("fsync", path) { fsync(descriptor) }
        try SystemCall.move(path, to: directory + "/" + CheckpointFile.name(number))
        isFinished = true
        do throws(CheckpointFault) {
            return try CheckpointFile(directory: directory, number: number)
        } catch {
            throw CheckpointStore.error(error, name: CheckpointFile.name(number))
        }
    }

    /// Waits until as much time has gone by as the bytes so far may take.
    private func keepPace() throws(EventLogError) {
        let due = Duration.seconds(1) * (Double(offset - paceStart.offset) / Double(terms.bytesPerSecond))
        while true {
            if terms.isCancelled() { throw .closed }
            if terms.isHurried() {
                paceStart = (.now, offset)
                return
            }
            let left = due - (ContinuousClock.now - paceStart.time)
            guard left > .zero else { return }
            usleep(UInt32(min(left, Self.longestPause) / .microseconds(1)))
        }
    }

    /// A stop must not wait for long.
    private static let longestPause = Duration.milliseconds(20)

    private func put(_ bytes: UnsafeRawBufferPointer) throws(EventLogError) {
        var written = 0
        let descriptor = descriptor
        while written < bytes.count {
            let start = offset
            written += try SystemCall.run("pwrite", path) {
                pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(start) + off_t(written))
            }
        }
        offset += UInt64(bytes.count)
        unsynced += bytes.count
        if unsynced >= Self.syncedAtOnce {
            let start = off_t(offset) - off_t(unsynced)
            let count = off_t(unsynced)
            unsynced = 0
            try SystemCall.run("sync_file_range", path) { cglibc_write_out(descriptor, start, count) }
            try checkRoom()
            try keepPace()
        }
    }
}
