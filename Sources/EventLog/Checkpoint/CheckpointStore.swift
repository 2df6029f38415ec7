import Dispatch
import Glibc
import Synchronization
public import UsageModel

/// The directory `state/`: checkpoints, from which a daemon is up again without reading the whole log.
///
/// A checkpoint is a few files, newest first. Each holds what had changed since the one before: the global record,
/// parts (companies, their days, their users, pages of users), and the names that had come. Of a part
/// in several files the newest counts. Duplicates that had come stand in files of their own, since they grow with the log
/// and not with the state. Files never change; one that is not four times as large as what of its kind came after it is
/// merged with that, so there are few, and a part is written again a handful of times in its life. All of it follows from
/// the log: whatever is damaged, foreign or of another version is reported, removed, and made anew.
///
/// One thread at a time changes which files there are, and writes new ones; others may write merges meanwhile. What is
/// read while they do is `files` as they were.
public final class CheckpointStore: Sendable {
    static let directoryName = "state"
    private static let draftName = "new"
    private static let duplicatesDraftName = "new-duplicates"
    /// How many times larger than all that came after it a file must be to be left alone.
    private static let mergeRatio: UInt64 = 4
    /// How many files newer than the oldest are merged with it. Each is a hundredth of what a start reads, as a rule.
    private static let greatestNewerCount = 8

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
        var files: CheckpointFiles
        var nextNumber: UInt64
        /// Files to be removed that could not be, or not yet.
        var strays: [UInt64] = []
        /// What a crash left.
        var leftovers: [RemovedFile] = []
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
        var files = CheckpointFiles()
        do throws(CheckpointFault) {
            files = try openFiles(directory: directory, logID: logID, layout: layout)
        } catch {
            report("the checkpoint in \(directory) cannot be used (\(error)); everything is read from the log instead")
        }
        let store = CheckpointStore(
            directory: directory, logID: logID, files: files, reserveBytes: UInt64(reserveBytes),
            bytesPerSecond: bytesPerSecond)
        try store.removeUnnamed()
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
        directory: String, logID: Hash128, files: CheckpointFiles, reserveBytes: UInt64, bytesPerSecond: Int
    ) {
        self.directory = directory
        self.reserveBytes = reserveBytes
        self.bytesPerSecond = bytesPerSecond
        self.logID = logID
        state = Mutex(State(files: files, nextNumber: (files.all.map(\.number).max() ?? 0) + 1))
    }

    private static func openFiles(
        directory: String, logID: Hash128, layout: UInt64
    ) throws(CheckpointFault) -> CheckpointFiles {
        guard let manifest = try CheckpointManifest.read(directory: directory) else { return CheckpointFiles() }
        guard manifest.logID == logID else { throw .damaged(offset: 0, "it is of log \(manifest.logID)") }
        var files = CheckpointFiles()
        for content in CheckpointContent.allCases {
            for number in manifest[content] {
                let file = try CheckpointFile(directory: directory, number: number)
                guard file.header.logID == logID else { throw .damaged(offset: 0, "it is of log \(file.header.logID)") }
                guard file.header.layout == layout else { throw .otherFormat }
                guard (file.index.tablesByteCount > 0) == (content == .duplicates) else {
                    throw .damaged(offset: 0, "\(CheckpointFile.name(number)) has other content than \(content)")
                }
                files[content].append(file)
            }
        }
        guard !files[.state].isEmpty || files[.duplicates].isEmpty else {
            throw .damaged(offset: 0, "there are duplicates and no state")
        }
        return files
    }

    /// What the checkpoint shows; nil when there is none.
    public var header: CheckpointHeader? { files.first?.header }

    /// Bytes of all files.
    public var byteCount: UInt64 { allFiles.all.reduce(0) { $0 + $1.byteCount } }

    /// Bytes of all parts, those included that newer files have again.
    public var partByteCount: UInt64 { files.reduce(0) { $0 + $1.partByteCount } }

    /// When the checkpoint became what it is, in seconds since 1970; nil when there is none. One system call.
    public var writtenAtSeconds: Int? {
        var status = stat()
        guard header != nil, stat(directory + "/" + CheckpointManifest.name, &status) == 0 else { return nil }
        return status.st_mtim.tv_sec
    }

    var allFiles: CheckpointFiles { state.withLock { $0.files } }

    /// Those with the state, newest first.
    var files: [CheckpointFile] { allFiles[.state] }

    /// The duplicates of all files, mapped.
    public func duplicateRuns() throws(EventLogError) -> DuplicateRuns {
        try Self.duplicateRuns(of: allFiles[.duplicates])
    }

    private static func duplicateRuns(of files: [CheckpointFile]) throws(EventLogError) -> DuplicateRuns {
        var runs: [DuplicateRun] = []
        for file in files { if let run = try mapTables(file) { runs.append(run) } }
        return DuplicateRuns(runs)
    }

    static func mapTables(_ file: CheckpointFile) throws(EventLogError) -> DuplicateRun? {
        try checked(file) { () throws(CheckpointFault) in try file.mapTables() }
    }

    // MARK: Reading

    /// Takes all parts of a piece of a share.
    public typealias PartReader = @Sendable (_ share: UInt32, inout NewestParts) throws(DamagedBytes) -> Void

    /// Calls `global` with the global record, then `parts` with the newest version of each part: with those of one share
    /// one after the other, with those of several at the same time, as many as there are processors. Everything is
    /// checked before it is handed out. O(bytes).
    public func read(
        global: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Void, parts: PartReader
    ) throws(EventLogError) {
        try readGlobal(global)
        let files = files
        let shares = CheckpointIndex.shares(of: files)
        let failure = Mutex<EventLogError?>(nil)
        let hasFailed = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: shares.count) { index in
            do throws(EventLogError) {
                try Self.forEachPiece(of: shares[index], in: files, unless: hasFailed, parts)
            } catch {
                failure.withLock { $0 = $0 ?? error }
                hasFailed.store(true, ordering: .relaxed)
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private static func forEachPiece(
        of share: UInt32, in files: [CheckpointFile], unless isStopped: borrowing Atomic<Bool>, _ body: PartReader
    ) throws(EventLogError) {
        let seen = SeenParts()
        let pieces = CheckpointPieces()
        for file in files {
            try checked(file) { () throws(CheckpointFault) in
                for piece in file.index.pieces where piece.kind == .parts && piece.share == share {
                    if isStopped.load(ordering: .relaxed) { return }
                    try pieces.withBytes(of: piece, in: file) { (bytes) throws(DamagedBytes) in
                        var parts = NewestParts(of: bytes, unless: seen, isOfOldestFile: file === files.last)
                        try body(share, &parts)
                    }
                }
            }
        }
    }

    private func readGlobal(_ body: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Void) throws(EventLogError) {
        guard let newest = files.first else { return }
        try Self.checked(newest) { () throws(CheckpointFault) in
            let globals = newest.index.pieces.filter { $0.kind == .global }
            guard globals.count == 1 else {
                throw .damaged(offset: 0, "there are \(globals.count) global records in place of one")
            }
            try CheckpointPieces().withBytes(of: globals[0], in: newest, body)
        }
    }

    static func checked<Result>(
        _ file: CheckpointFile, _ body: () throws(CheckpointFault) -> Result
    ) throws(EventLogError) -> Result {
        do throws(CheckpointFault) {
            return try body()
        } catch {
            throw Self.error(error, file)
        }
    }

    /// More parts than the files can hold.
    public var greatestPartCount: Int { Int(partByteCount) / CheckpointPartHeader.byteCount }

    /// Checks every piece and table of every file. O(bytes).
    public func check() throws(EventLogError) {
        try read { _ in
        } parts: { (_, parts) throws(DamagedBytes) in
            while try parts.next() != nil {}
        }
        let names = NameTable()
        try readNames(into: names)
        names.endRestoring()
        guard names.areAllFound else { throw damaged("names that would not be found where they should be") }
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
            try CheckpointFileWriter(directory: directory, draftName: Self.draftName, header: header, terms: terms)
        ) { [directory, terms] () throws(EventLogError) in
            try CheckpointFileWriter(
                directory: directory, draftName: Self.duplicatesDraftName, header: header, terms: terms)
        }
    }

    /// Makes what was written part of the checkpoint; durable on return. Returns the duplicates of all files, mapped.
    @discardableResult
    public func keep(_ writing: CheckpointWriting) throws(EventLogError) -> DuplicateRuns {
        var files = allFiles
        let numbers = (state: nextNumber(), duplicates: nextNumber())
        let runs: DuplicateRuns
        do throws(EventLogError) {
            files[.state].insert(try writing.file.finish(number: numbers.state), at: 0)
            if let duplicates = writing.duplicates {
                files[.duplicates].insert(try duplicates.finish(number: numbers.duplicates), at: 0)
            }
            // Before the new files count: whoever hears of an error takes it that they do not.
            runs = try Self.duplicateRuns(of: files[.duplicates])
        } catch {
            // No manifest names them, and the disk may be full.
            unlink(directory + "/" + CheckpointFile.name(numbers.state))
            unlink(directory + "/" + CheckpointFile.name(numbers.duplicates))
            throw error
        }
        try replace(by: files)
        return runs
    }

    /// The next files that are to become one, the newest first; nil when there are few enough. Merging some, new files may
    /// be kept meanwhile, and many of those be merged.
    ///
    /// - Parameter running: merges that are being written.
    public func nextMerge(besides running: [CheckpointMerge] = []) -> CheckpointMerge? {
        guard !isCancelled else { return nil }
        let files = allFiles
        // Those first that are more: one kind may come as fast as it is merged.
        for content in CheckpointContent.allCases.sorted(by: { files[$0].count > files[$1].count }) {
            guard let sources = Self.sources(of: files[content], besides: running) else { continue }
            var terms = terms
            if !running.isEmpty { terms.bytesPerSecond = max(terms.bytesPerSecond / 2, 1) }
            return CheckpointMerge(sources, content, directory: directory, number: nextNumber(), terms: terms)
        }
        return nil
    }

    /// Many that came after the oldest are merged without it: that takes a second or two where the oldest may take half a
    /// minute, and most of what they have is what all of them have, the companies. A start then has less to read, and
    /// where one ends the next within that half minute they stay few. Beside another merge only many are merged.
    private static func sources(
        of files: [CheckpointFile], besides running: [CheckpointMerge]
    ) -> [CheckpointFile]? {
        guard !running.isEmpty else {
            guard var sources = tooSmall(of: files) else { return nil }
            if sources.last === files.last, sources.count - 1 > greatestNewerCount { sources.removeLast() }
            return sources
        }
        let newer = files.dropLast().prefix { file in !running.contains { $0.files.contains { $0 === file } } }
        return newer.count > greatestNewerCount ? tooSmall(of: Array(newer)) : nil
    }

    /// All at once that are not large enough beside what came after them: merged two by two, what came last would be
    /// written as often as there are files. Two at least, or nil.
    private static func tooSmall(of files: [CheckpointFile]) -> [CheckpointFile]? {
        guard
            let first = files.indices.dropLast().first(where: { index in
                files[index + 1].byteCount < files[index].byteCount * mergeRatio
            })
        else { return nil }
        var end = first + 1
        var byteCount = files[first].byteCount
        while end < files.count, files[end].byteCount < byteCount * mergeRatio {
            byteCount += files[end].byteCount
            end += 1
        }
        return Array(files[first..<end])
    }

    /// Puts a merged file in the place of those whose content it has; durable on return.
    public func use(_ merged: CheckpointMerged) throws(EventLogError) {
        var files = allFiles
        let sources = merged.merge.files
        let content = merged.merge.content
        guard let index = files[content].firstIndex(where: { $0 === sources[0] }) else {
            // They were discarded meanwhile.
            state.withLock { $0.strays.append(merged.file.number) }
            return removeStrays()
        }
        files[content].replaceSubrange(index..<index + sources.count, with: [merged.file])
        try replace(by: files)
    }

    private func nextNumber() -> UInt64 {
        state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber - 1
        }
    }

    private func replace(by files: CheckpointFiles) throws(EventLogError) {
        let manifest = CheckpointManifest(
            logID: logID, files: files[.state].map(\.number), duplicates: files[.duplicates].map(\.number))
        do throws(EventLogError) {
            try SystemCall.replaceFile(
                directory + "/" + CheckpointManifest.name, with: Array(manifest.text.utf8))
        } catch {
            // Whether the manifest on the disk names the new file is known when the next one is there.
            state.withLock { $0.strays += Self.numbers(of: files, notOf: $0.files) }
            throw error
        }
        use(files)
    }

    /// The manifest names `files`, and nothing else counts any more.
    private func use(_ new: CheckpointFiles) {
        // They see that they are removed, and so must outlive their names.
        let old = allFiles
        defer { withExtendedLifetime(old) {} }
        state.withLock { state in
            state.files = new
            state.strays += Self.numbers(of: old, notOf: new)
        }
        removeStrays()
    }

    private static func numbers(of files: CheckpointFiles, notOf others: CheckpointFiles) -> [UInt64] {
        files.all.filter { file in !others.all.contains { $0 === file } }.map(\.number)
    }

    /// What cannot be removed is tried again the next time, and by the next start.
    private func removeStrays() {
        state.withLock { state in
            state.strays.removeAll { number in
                unlink(directory + "/" + CheckpointFile.name(number)) == 0 || errno == ENOENT
            }
        }
    }

    /// Gives the checkpoint up: the next start reads the log.
    public func discard() throws(EventLogError) {
        let path = directory + "/" + CheckpointManifest.name
        if SystemCall.exists(path) { try SystemCall.run("unlink", path) { unlink(path) } }
        try SystemCall.syncDirectory(directory)
        use(CheckpointFiles())
    }

    /// Removes what the manifest does not name: a crash left it.
    private func removeUnnamed() throws(EventLogError) {
        let files = allFiles.all
        let kept = Set(files.map { CheckpointFile.name($0.number) } + (files.isEmpty ? [] : [CheckpointManifest.name]))
        for name in try SystemCall.list(directory) where !kept.contains(name) {
            let file = try RemovedFile(directory + "/" + name)
            state.withLock { $0.leftovers.append(file) }
        }
    }

    /// Gives back what a crash left, which may be gigabytes, on a thread of its own. To be called when a start has no
    /// more work for all processors.
    public func giveBackLeftovers() { state.withLock { $0.leftovers = [] } }

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

/// A checkpoint's files in the making. For one thread.
public final class CheckpointWriting {
    /// What a piece should have: a start copies it from the page cache, hashes it and reads it while it is in the processor's
    /// own cache, which has half a megabyte as a rule.
    public static let pieceBytes = 128 << 10

    /// With the state.
    let file: CheckpointFileWriter
    /// With duplicates, if any have come.
    private(set) var duplicates: CheckpointFileWriter?
    private let beginDuplicates: () throws(EventLogError) -> CheckpointFileWriter

    init(
        _ file: CheckpointFileWriter, beginDuplicates: @escaping () throws(EventLogError) -> CheckpointFileWriter
    ) {
        self.file = file
        self.beginDuplicates = beginDuplicates
    }

    /// The global record, once.
    public func append(global bytes: UnsafeRawBufferPointer) throws(EventLogError) {
        try file.append(.global, bytes)
    }

    /// Parts of a share, each behind its header; see `CheckpointPartHeader`. A part is of the same share each time.
    public func append(parts bytes: UnsafeRawBufferPointer, share: UInt32) throws(EventLogError) {
        precondition(share < CheckpointIndex.greatestShareCount, "more shares than a file may have")
        try file.append(.parts, share: share, bytes)
    }

    /// The duplicates that came since the checkpoint before; once.
    public func append(duplicates unsaved: UnsavedDuplicates) throws(EventLogError) {
        let tables = unsaved.tables()
        guard !tables.isEmpty else { return }
        let file = try beginDuplicates()
        duplicates = file
        try file.beginTables()
        for (day, table) in tables {
            try file.appendTable(day: day, entryCount: table.count, table.entries())
        }
    }
}
