import Glibc
import LMDB

/// A segment in the making: built under another name and renamed when it is whole and on the disk, so
/// that whatever carries a segment's name is one, even after a power loss.
enum SegmentDraft {
    private static func path(_ directory: String) -> String {
        directory + "/" + SegmentName.parent + "/" + SegmentName.draft
    }

    /// Removes what a crash left.
    static func remove(directory: String) throws(EventLogError) {
        let draft = path(directory)
        if SystemCall.exists(draft) { try SystemCall.removeFlatDirectory(draft) }
    }

    /// Makes an empty segment.
    static func make(_ firstSeq: UInt64, directory: String, mapBytes: Int) throws(EventLogError) {
        let draft = path(directory)
        let final = directory + "/" + SegmentName.place(firstSeq)
        try SystemCall.makeDirectory(draft)
        do throws(LMDBError) {
            // Making the tables is a commit, which syncs the data file.
            _ = try Environment.open(
                path: draft, access: .create(mapBytes: mapBytes), tables: SegmentTable.names)
        } catch {
            throw .store(error, path: draft)
        }
        try SystemCall.syncDirectory(draft)
        try SystemCall.run("rename", final) { rename(draft, final) }
        try SystemCall.syncDirectory(directory + "/" + SegmentName.parent)
    }
}
