import Glibc

/// What is wrong with one block's or name record's bytes; the reader adds where they came from.
enum BlockFault: Error {
    case damaged(offset: Int?, detail: String)
    case newerFormat(UInt32)

    static func damaged(_ detail: String) -> BlockFault { .damaged(offset: nil, detail: detail) }

    func error(place: String, block: UInt64?) -> EventLogError {
        switch self {
        case .damaged(let offset, let detail):
            .corrupt(
                Corruption(place: place, block: block, offset: offset, detail: detail, remedy: Remedy.restoreSegment))
        case .newerFormat(let found):
            .newerFormat(
                place: block.map { "\(place), block \($0)," } ?? place, found: found, supported: FormatFile.version)
        }
    }
}

/// What a person can do about a corruption.
enum Remedy {
    static let restoreSegment = "restore this segment's directory from a backup, and run `tenure verify` on it"
    static let restoreMissing = "put the missing segment back from a backup; nothing after the gap is trusted"
    static let restoreFormat = "restore the file `format` from a backup of the same log"
    static let lostCommits =
        "the newest commits are gone: restore the last segment from a backup; "
        + "to go on without them, remove the file `tail`, and have senders resend what came after"
    static let rebuildState =
        "the log has all that stands in the checkpoint: it is removed, and a start makes another"
    static let removeTail = "run `tenure verify`; if it finds nothing else, remove the file `tail`"

    /// Of a call that failed with errno `code`; LMDB's own codes are negative.
    static func ofSystemError(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "restore it from a backup, or name the directory that holds it"
        case ENOSPC, EDQUOT: "free some space there and start again"
        case EACCES, EPERM: "give the user that this runs as the right to do that"
        case EROFS: "mount the file system for writing"
        case EMFILE, ENFILE: "raise the limit of open files"
        case EIO: "look for the disk's errors in the kernel's log, mend what they say, and start again"
        default: "start again; should it stay so, stop the daemon and run `tenure verify` on the directory"
        }
    }
}
