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
    static let removeTail = "run `tenure verify`; if it finds nothing else, remove the file `tail`"
}
