import Glibc
import LMDB
import UsageModel

/// What a backup holds.
public struct BackupReport: Sendable, Equatable {
    public var lastSeq: UInt64
    public var segments: Int
    /// Segments that share their data with the log instead of having a copy of it.
    public var linkedSegments: Int
}

extension EventLogReader {
    /// Writes the log as it is now into a new directory: a state directory of its own, which a daemon can be
    /// started on or which can be copied back.
    ///
    /// The writer goes on meanwhile. Sealed segments never change, so on the same file system they are
    /// hard links and cost nothing; the last one is copied from one read transaction. Everything is synced
    /// before the directory gets its name, so what has the name is whole. O(bytes of the last segment) on
    /// the log's file system, O(log) on another.
    ///
    /// - Parameter path: of a directory that does not exist, in one that does and that is not the log's own.
    ///   Beside it `path.partial` is made and renamed; one that is there already belongs to somebody else, or
    ///   to a backup that was cut off, and is left alone.
    public func backUp(to path: String) throws(EventLogError) -> BackupReport {
        let directory = try checkedTarget(path)
        let draft = directory + ".partial"
        try SystemCall.makeNewDirectory(draft)
        try SystemCall.makeNewDirectory(draft + "/" + SegmentName.parent)
        // Listed once: what is sealed now stays so, and what comes later is not part of this backup.
        let segments = store.firstSeqs
        var report = BackupReport(lastSeq: 0, segments: segments.count, linkedSegments: 0)
        for segment in segments.dropLast() {
            if try copySealed(segment, to: draft) { report.linkedSegments += 1 }
        }
        var last: BlockHeader?
        if let segment = segments.last { last = try copyGrowing(segment, to: draft) }
        if last == nil, let segment = segments.dropLast().last { last = try lastHeader(of: segment) }
        report.lastSeq = last?.lastSeq ?? 0
        let tail = Tail(logID: logID, lastSeq: report.lastSeq, lastHash: last?.hash ?? .zero)
        try SystemCall.replaceFile(draft + "/" + Tail.name, with: tail.bytes)
        try SystemCall.replaceFile(
            draft + "/" + FormatFile.name, with: Array(FormatFile(logID: logID).text.utf8))
        try SystemCall.syncDirectory(draft + "/" + SegmentName.parent)
        try SystemCall.move(draft, to: directory)
        return report
    }

    /// Links, or where that is impossible copies, a sealed segment. Returns whether it was linked.
    private func copySealed(_ segment: UInt64, to draft: String) throws(EventLogError) -> Bool {
        let target = draft + "/" + SegmentName.place(segment)
        try SystemCall.makeNewDirectory(target)
        let source = store.path(segment) + "/" + DataFile.name
        let isLinked = link(source, target + "/" + DataFile.name) == 0
        if !isLinked { try SystemCall.copyFile(source, to: target + "/" + DataFile.name) }
        try SystemCall.syncDirectory(target)
        return isLinked
    }

    /// Copies the segment that the writer may be filling; returns its last block's header as copied.
    private func copyGrowing(_ segment: UInt64, to draft: String) throws(EventLogError) -> BlockHeader? {
        let target = draft + "/" + SegmentName.place(segment)
        try SystemCall.makeNewDirectory(target)
        try store.read(segment) { (environment) throws(EventLogError) in
            do throws(LMDBError) {
                try environment.copy(to: target)
            } catch {
                throw EventLogError(error, place: SegmentName.place(segment))
            }
        }
        try SystemCall.syncFile(target + "/" + DataFile.name)
        try SystemCall.syncDirectory(target)
        let copy = EventLogReader(store: try SegmentStore(directory: draft, logID: logID, lock: nil))
        defer { copy.store.close() }
        return try copy.lastHeader(of: segment)
    }

    private func lastHeader(of segment: UInt64) throws(EventLogError) -> BlockHeader? {
        let buffer = ByteBuffer()
        guard let entry = try store.copy(.last, of: .headers, in: segment, to: buffer) else { return nil }
        return try SegmentStore.header(buffer, entry, logID: logID)
    }

    /// `path` without slashes at its end, when a backup can be made there.
    private func checkedTarget(_ path: String) throws(EventLogError) -> String {
        var trimmed = Substring(path)
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        let target = String(trimmed)
        if SystemCall.isEntry(target) {
            throw .backupTarget(target, "is there already, and a backup writes over nothing; name another directory")
        }
        if SystemCall.isEntry(target + ".partial") {
            throw .backupTarget(
                target + ".partial", "is there: a backup was cut off, or is being made; remove it if none is being made"
            )
        }
        let above = SystemCall.parentDirectory(target)
        guard SystemCall.exists(above) else {
            throw .backupTarget(above, "does not exist; make it first, or name a directory inside one that does")
        }
        let state = try SystemCall.realPath(store.directory)
        let parent = try SystemCall.realPath(above)
        guard parent != state, !parent.hasPrefix(state + "/") else {
            throw .backupTarget(target, "lies inside the state directory; name a directory outside it")
        }
        return target
    }
}
