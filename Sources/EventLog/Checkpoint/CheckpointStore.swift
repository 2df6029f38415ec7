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
/// One thread at a time changes which files there are, and writes new ones; another may write a merge meanwhile. What is
/// read while they do is `files` as they were.
public final class CheckpointStore: Sendable {
    static let directoryName = "state"
    /// Whatever a crash left under this name is overwritten.
    private static let draftName = "new"
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
        for file in files { if let run = try Self.mapTables(file) { runs.append(run) } }
        return DuplicateRuns(runs)
    }

    static func mapTables(_ file: CheckpointFile) throws(EventLogError) -> DuplicateRun? {
        do throws(CheckpointFault) {
            return try file.mapTables()
        } catch {
            throw Self.error(error, file)
        }
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
        var seen = SeenParts()
        for (file, piece) in pieces {
            do throws(CheckpointFault) {
                try ahead.withNext { (bytes) throws(CheckpointFault) in
                    do throws(DamagedBytes) {
                        if piece.kind == .global { return try global(bytes) }
                        var reader = ByteReader(bytes)
                        while !reader.isAtEnd {
                            let found = try CheckpointPartBytes(&reader)
                            if !seen.isEmpty, seen.contains(found) { continue }
                            if file !== oldest { seen.insert(found) }
                            try part(found.kind, found.number, found.bytes)
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

    /// More parts than the files can hold.
    public var greatestPartCount: Int { Int(byteCount) / CheckpointPartHeader.byteCount }

    /// Checks every piece and table of every file. O(bytes).
    public func check() throws(EventLogError) {
        try read(global: { _ in }, part: { _, _, _ in })
        try duplicateRuns().checkAll()
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
        return CheckpointWriting(
            try CheckpointFileWriter(directory: directory, draftName: Self.draftName, header: header, terms: terms))
    }

    /// Makes what was written part of the checkpoint; durable on return.
    public func keep(_ writing: CheckpointWriting) throws(EventLogError) {
        let file = try writing.file.finish(number: nextNumber())
        try replace(by: [file] + files)
    }

    /// The next two files that are to become one, the newest first; nil when there are few enough. Merging one pair, new
    /// files may be kept meanwhile.
    public func nextMerge() -> CheckpointMerge? {
        let files = files
        guard !isCancelled,
            let index = files.indices.dropLast().first(where: { index in
                files[index + 1].byteCount < files[index].byteCount * Self.mergeRatio
            })
        else { return nil }
        return CheckpointMerge(
            newer: files[index], older: files[index + 1], directory: directory, number: nextNumber(), terms: terms)
    }

    /// Puts a merged file in the place of the two whose content it has; durable on return.
    public func use(_ merged: CheckpointMerged) throws(EventLogError) {
        var files = files
        guard let index = files.firstIndex(where: { $0 === merged.merge.newer }) else {
            preconditionFailure("a merge of files that the checkpoint has not")
        }
        files.replaceSubrange(index...index + 1, with: [merged.file])
        try replace(by: files)
    }

    private func nextNumber() -> UInt64 {
        state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber - 1
        }
    }

    private func replace(by files: [CheckpointFile]) throws(EventLogError) {
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
        for file in old where !new.contains(where: { $0 === file }) {
            let path = directory + "/" + CheckpointFile.name(file.number)
            try SystemCall.run("unlink", path) { unlink(path) }
        }
    }

    /// Gives the checkpoint up: the next start reads the log.
    public func discard() throws(EventLogError) {
        let path = directory + "/" + CheckpointManifest.name
        if SystemCall.exists(path) { try SystemCall.run("unlink", path) { unlink(path) } }
        try SystemCall.syncDirectory(directory)
        try use([])
    }

    /// Removes what the manifest does not name: a crash left it.
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

    static func error(_ fault: CheckpointFault, _ file: CheckpointFile) -> EventLogError {
        error(fault, name: CheckpointFile.name(file.number))
    }

    static func error(_ fault: CheckpointFault, name: String) -> EventLogError {
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
