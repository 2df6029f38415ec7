import Glibc
import Synchronization
public import UsageModel

/// The directory `state/`: checkpoints, from which a daemon is up again without reading the whole log.
///
/// A checkpoint is a few files, newest first. Each holds what had changed since the one before: the global record,
/// parts (companies, pages of users), and the duplicates that had come. Of a part in several files the newest
/// counts. Files never change; one that is not four times as large as what came after it is merged with that, so
/// there are few, and a part is written again a handful of times in its life. All of it follows from the log:
/// whatever is damaged, foreign or of another version is reported, removed, and made anew.
///
/// One thread at a time writes; what is read while it does is `files` as they were.
public final class CheckpointStore: Sendable {
    static let directoryName = "state"
    /// How many times larger than all that came after it a file must be to be left alone.
    private static let mergeRatio: UInt64 = 4

    private let directory: String
    private let logID: Hash128
    private let reserveBytes: UInt64
    private let bytesPerSecond: Int
    private let state: Mutex<State>
    private let cancellation = Cancellation()

    private final class Cancellation: Sendable {
        let isCancelled = Atomic(false)
    }

    private struct State {
        /// Newest first.
        var files: [CheckpointFile]
        var nextNumber: UInt64
    }

    /// Opens the checkpoint of the log; an empty store when there is none that can be used.
    ///
    /// - Parameters:
    ///   - reserveBytes: what must stay free on the file system; a checkpoint that needs it is given up.
    ///   - bytesPerSecond: how fast files are written.
    ///   - report: told in a sentence why one cannot be used.
    public static func open(
        stateDirectory: String, logID: Hash128, layout: UInt64, reserveBytes: Int = 0, bytesPerSecond: Int = 1 << 30,
        report: (String) -> Void
    ) throws(EventLogError) -> CheckpointStore {
        let directory = stateDirectory + "/" + directoryName
        try SystemCall.makeDirectory(directory)
        var files: [CheckpointFile] = []
        do throws(CheckpointFault) {
            files = try openFiles(directory: directory, logID: logID, layout: layout)
        } catch {
            report("the checkpoint in \(directory) cannot be used (\(error)); everything is read from the log instead")
        }
        let store = CheckpointStore(
            directory: directory, logID: logID, files: files, reserveBytes: UInt64(reserveBytes),
            bytesPerSecond: bytesPerSecond)
        try store.removeStrays()
        return store
    }

    /// Reads all of a stopped daemon's checkpoint and changes nothing.
    public static func examine(stateDirectory: String, logID: Hash128, layout: UInt64) -> CheckpointFinding {
        let directory = stateDirectory + "/" + directoryName
        do {
            let files = try openFiles(directory: directory, logID: logID, layout: layout)
            let store = CheckpointStore(
                directory: directory, logID: logID, files: files, reserveBytes: 0, bytesPerSecond: 1)
            try store.check()
            return store.header.map { .whole(seq: $0.seq, byteCount: store.byteCount) } ?? .none
        } catch {
            return .unusable("\(error)")
        }
    }

    private init(
        directory: String, logID: Hash128, files: [CheckpointFile], reserveBytes: UInt64, bytesPerSecond: Int
    ) {
        self.directory = directory
        self.reserveBytes = reserveBytes
        self.bytesPerSecond = bytesPerSecond
        self.logID = logID
        state = Mutex(State(files: files, nextNumber: (files.map(\.number).max() ?? 0) + 1))
    }

    private static func openFiles(
        directory: String, logID: Hash128, layout: UInt64
    ) throws(CheckpointFault) -> [CheckpointFile] {
        guard let manifest = try CheckpointManifest.read(directory: directory) else { return [] }
        guard manifest.logID == logID else { throw .damaged(offset: 0, "it is of log \(manifest.logID)") }
        var files: [CheckpointFile] = []
        for number in manifest.files {
            let file = try CheckpointFile(directory: directory, number: number)
            guard file.header.logID == logID else { throw .damaged(offset: 0, "it is of log \(file.header.logID)") }
            guard file.header.layout == layout else { throw .otherFormat }
            files.append(file)
        }
        return files
    }

    /// What the checkpoint shows; nil when there is none.
    public var header: CheckpointHeader? { files.first?.header }

    /// Bytes of all files.
    public var byteCount: UInt64 { files.reduce(0) { $0 + $1.byteCount } }

    /// When the checkpoint became what it is, in seconds since 1970; nil when there is none. One system call.
    public var writtenAtSeconds: Int? {
        var status = stat()
        guard header != nil, stat(directory + "/" + CheckpointManifest.name, &status) == 0 else { return nil }
        return status.st_mtim.tv_sec
    }

    private var files: [CheckpointFile] { state.withLock { $0.files } }

    /// The duplicates of all files, mapped.
    public func duplicateRuns() throws(EventLogError) -> DuplicateRuns {
        var runs: [DuplicateRun] = []
        for file in files {
            do throws(CheckpointFault) {
                if let run = try file.mapTables() { runs.append(run) }
            } catch {
                throw Self.error(error, file)
            }
        }
        return DuplicateRuns(runs)
    }

    // MARK: Reading

    /// Calls `global` with the global record, then `part` with the newest version of each part. Everything is
    /// checked before it is handed out. O(bytes).
    public func read(
        global: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Void,
        part: (_ kind: UInt32, _ number: UInt32, UnsafeRawBufferPointer) throws(DamagedBytes) -> Void
    ) throws(EventLogError) {
        var pieces: [(file: CheckpointFile, piece: CheckpointIndex.Piece)] = []
        for (index, file) in files.enumerated() {
            for piece in file.index.pieces where piece.kind == .parts || index == 0 { pieces.append((file, piece)) }
        }
        let oldest = files.last
        let ahead = CheckpointReadAhead(pieces)
        defer { ahead.giveUp() }
        var seen = Set<UInt64>()
        for (file, piece) in pieces {
            do throws(CheckpointFault) {
                try ahead.withNext { (bytes) throws(CheckpointFault) in
                    do throws(DamagedBytes) {
                        if piece.kind == .global { return try global(bytes) }
                        try Self.forEachPart(of: bytes) { (key, bytes) throws(DamagedBytes) in
                            if !seen.isEmpty, seen.contains(key) { return }
                            if file !== oldest { seen.insert(key) }
                            try part(UInt32(key >> 32), UInt32(truncatingIfNeeded: key), bytes)
                        }
                    } catch {
                        throw .damaged(offset: piece.offset, error.detail)
                    }
                }
            } catch {
                throw Self.error(error, file)
            }
        }
    }

    /// Checks every piece and table of every file. O(bytes).
    public func check() throws(EventLogError) {
        try read(global: { _ in }, part: { _, _, _ in })
        try duplicateRuns().checkAll()
    }

    /// A part in a piece: kind (u32), number (u32), byte count (u64), bytes.
    static let partHeaderByteCount = 16

    private static func forEachPart(
        of bytes: UnsafeRawBufferPointer, _ body: (UInt64, UnsafeRawBufferPointer) throws(DamagedBytes) -> Void
    ) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            let kind = try reader.number(UInt32.self)
            let number = try reader.number(UInt32.self)
            let byteCount = try reader.number(UInt64.self)
            try body(UInt64(kind) << 32 | UInt64(number), try reader.slice(Int(truncatingIfNeeded: byteCount)))
        }
    }

    // MARK: Writing

    /// Has whatever is being written given up soon, and nothing more begun. Nothing that is durable changes by it.
    public func cancel() { cancellation.isCancelled.store(true, ordering: .relaxed) }

    public var isCancelled: Bool { cancellation.isCancelled.load(ordering: .relaxed) }

    private var terms: CheckpointFileWriter.Terms {
        CheckpointFileWriter.Terms(
            reserveBytes: reserveBytes, bytesPerSecond: bytesPerSecond,
            isCancelled: { [cancellation] in cancellation.isCancelled.load(ordering: .relaxed) })
    }

    /// Begins a file; nothing that stands is touched before it is kept.
    ///
    /// - Parameter isHurried: whether it may be written faster than `bytesPerSecond` for now.
    public func begin(
        _ header: CheckpointHeader, isHurried: @escaping @Sendable () -> Bool = { false }
    ) throws(EventLogError) -> CheckpointWriting {
        var terms = terms
        terms.isHurried = isHurried
        return CheckpointWriting(try CheckpointFileWriter(directory: directory, header: header, terms: terms))
    }

    /// Makes what was written part of the checkpoint; durable on return.
    public func keep(_ writing: CheckpointWriting) throws(EventLogError) {
        let file = try finish(writing.file)
        try replace(files: [file] + files)
    }

    /// Merges the newest files while there are too many. True when that changed anything. O(bytes merged).
    public func merge() throws(EventLogError) -> Bool {
        var changed = false
        while !isCancelled, let (newer, older) = mergeable() {
            let writer = try CheckpointFileWriter(directory: directory, header: newer.header, terms: terms)
            do throws(CheckpointFault) {
                try Self.copyPieces(newer, older, to: writer)
            } catch {
                throw Self.error(error, older)
            }
            let file = try finish(writer)
            try replace(files: [file] + files.dropFirst(2))
            changed = true
        }
        return changed
    }

    private func mergeable() -> (newer: CheckpointFile, older: CheckpointFile)? {
        let files = files
        guard files.count >= 2, files[1].byteCount < files[0].byteCount * Self.mergeRatio else { return nil }
        return (files[0], files[1])
    }

    private static func copyPieces(
        _ newer: CheckpointFile, _ older: CheckpointFile, to writer: CheckpointFileWriter
    ) throws(CheckpointFault) {
        var seen = Set<UInt64>()
        let buffer = ByteBuffer()
        let kept = ByteBuffer()
        do {
            for piece in newer.index.pieces {
                try newer.read(piece, to: buffer)
                if piece.kind == .parts { try forEachPart(of: buffer.bytes) { key, _ in seen.insert(key) } }
                try writer.append(piece.kind, buffer.bytes)
            }
            for piece in older.index.pieces where piece.kind == .parts {
                try older.read(piece, to: buffer)
                kept.removeAll()
                try forEachPart(of: buffer.bytes) { key, bytes in
                    if !seen.contains(key) { append(key, bytes, to: kept) }
                }
                if kept.count > 0 { try writer.append(.parts, kept.bytes) }
            }
            try mergeTables(newer, older, to: writer)
        } catch let fault as CheckpointFault {
            throw fault
        } catch let error as EventLogError {
            guard case .system(let call, _, let code) = error else { throw .damaged(offset: 0, "\(error)") }
            throw .system(call: call, code: code)
        } catch {
            throw .damaged(offset: 0, "\(error)")
        }
    }

    private static func append(_ key: UInt64, _ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        buffer.append(UInt32(key >> 32))
        buffer.append(UInt32(truncatingIfNeeded: key))
        buffer.append(UInt64(bytes.count))
        buffer.append(bytes)
    }

    private static func mergeTables(
        _ newer: CheckpointFile, _ older: CheckpointFile, to writer: CheckpointFileWriter
    ) throws {
        let runs = try [newer.mapTables(), older.mapTables()].compactMap(\.self)
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

    private func finish(_ writer: CheckpointFileWriter) throws(EventLogError) -> CheckpointFile {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber - 1
        }
        _ = try writer.finish(number: number)
        do throws(CheckpointFault) {
            return try CheckpointFile(directory: directory, number: number)
        } catch {
            throw Self.error(error, name: CheckpointFile.name(number))
        }
    }

    private func replace(files: [CheckpointFile]) throws(EventLogError) {
        let manifest = CheckpointManifest(logID: logID, files: files.map(\.number))
        try SystemCall.replaceFile(
            directory + "/" + CheckpointManifest.name, with: Array(manifest.text.utf8))
        try use(files)
    }

    /// The manifest names `files`, and nothing else counts any more.
    private func use(_ new: [CheckpointFile]) throws(EventLogError) {
        // They see that they are removed, and so must outlive their names.
        let old = files
        defer { withExtendedLifetime(old) {} }
        state.withLock { $0.files = new }
        try removeStrays()
    }

    /// Gives the checkpoint up: the next start reads the log.
    public func discard() throws(EventLogError) {
        let path = directory + "/" + CheckpointManifest.name
        if SystemCall.exists(path) { try SystemCall.run("unlink", path) { unlink(path) } }
        try SystemCall.syncDirectory(directory)
        try use([])
    }

    /// Removes what the manifest does not name: a crash left it, or it has been merged.
    private func removeStrays() throws(EventLogError) {
        let files = files
        let kept = Set(files.map { CheckpointFile.name($0.number) } + (files.isEmpty ? [] : [CheckpointManifest.name]))
        for name in try SystemCall.list(directory) where !kept.contains(name) {
            try SystemCall.run("unlink", directory + "/" + name) { unlink(directory + "/" + name) }
        }
    }

    /// The error of a checkpoint whose pieces are whole and say what cannot be.
    public func damaged(_ detail: String) -> EventLogError {
        .corrupt(Corruption(place: Self.directoryName, detail: detail, remedy: Remedy.rebuildState))
    }

    private static func error(_ fault: CheckpointFault, _ file: CheckpointFile) -> EventLogError {
        error(fault, name: CheckpointFile.name(file.number))
    }

    private static func error(_ fault: CheckpointFault, name: String) -> EventLogError {
        let place = directoryName + "/" + name
        switch fault {
        case .damaged(let offset, let detail):
            return .corrupt(
                Corruption(
                    place: place, offset: Int(truncatingIfNeeded: offset), detail: detail, remedy: Remedy.rebuildState))
        case .otherFormat:
            return .corrupt(Corruption(place: place, detail: "\(fault)", remedy: Remedy.rebuildState))
        case .system(let call, let code): return .system(call: call, path: place, code: code)
        }
    }
}

/// What a stopped daemon's checkpoint is good for.
public enum CheckpointFinding: Sendable, Equatable {
    case none
    case whole(seq: UInt64, byteCount: UInt64)
    /// Why it cannot be used; the next start makes another.
    case unusable(String)
}

/// A checkpoint file in the making. For one thread.
public final class CheckpointWriting {
    let file: CheckpointFileWriter

    init(_ file: CheckpointFileWriter) { self.file = file }

    /// The global record, once.
    public func append(global bytes: UnsafeRawBufferPointer) throws(EventLogError) {
        try file.append(.global, bytes)
    }

    /// Parts, each behind its header; see `CheckpointPartHeader`.
    public func append(parts bytes: UnsafeRawBufferPointer) throws(EventLogError) { try file.append(.parts, bytes) }

    /// The duplicates that came since the checkpoint before; last of all.
    public func append(duplicates: UnsavedDuplicates) throws(EventLogError) {
        let tables = duplicates.tables()
        guard !tables.isEmpty else { return }
        try file.beginTables()
        for (day, table) in tables {
            try file.appendTable(day: day, entryCount: table.count, table.entries())
        }
    }
}

/// What stands before each part in a piece.
public enum CheckpointPartHeader {
    /// Appends a header; returns what to pass to `end` when the part has been appended behind it.
    public static func begin(kind: UInt32, number: UInt32, in buffer: ByteBuffer) -> Int {
        buffer.append(kind)
        buffer.append(number)
        buffer.append(UInt64(0))
        return buffer.count
    }

    public static func end(_ start: Int, in buffer: ByteBuffer) {
        buffer.patch(UInt64(buffer.count - start), at: start - MemoryLayout<UInt64>.size)
    }
}
