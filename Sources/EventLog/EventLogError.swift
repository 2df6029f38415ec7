public import LMDB

/// Everything that can go wrong with a log. A `body` that throws inside a scan passes its own error on.
public enum EventLogError: Error, Sendable {
    /// Another process (or another `EventLog` of this one) has the directory.
    case locked(directory: String, holder: String?)
    /// The directory was written by a newer Tenure. The daemon exits with 66.
    case newerFormat(place: String, found: UInt32, supported: UInt32)
    /// What the files say cannot be. Nothing was changed.
    case corrupt(Corruption)
    /// Too little room on the file system. When thrown before a commit (`isFatal` false) nothing
    /// happened and the same append may be tried again; otherwise the commit itself failed.
    case noSpace(directory: String, availableBytes: UInt64, neededBytes: UInt64, isFatal: Bool)
    /// A system call failed.
    case system(call: String, path: String, code: Int32)
    /// LMDB refused. After an append this is fatal for the `EventLog`.
    case store(LMDBError, path: String)
    /// An earlier commit failed; this `EventLog` takes nothing more. Restart and recover.
    case failedBefore(String)
    /// A backup cannot be made at the path, for the reason that follows it.
    case backupTarget(String, String)
    /// The log was closed.
    case closed
    /// No record has this seq.
    case noSuchRecord(UInt64)
}

/// One thing that is wrong with the files, where it is, and what to do about it.
public struct Corruption: Error, Sendable, Equatable {
    /// The segment's directory or the file, relative to the state directory: `log/00000000000000000001`.
    public var place: String
    /// First seq of the block; nil when the trouble is not in one block.
    public var block: UInt64?
    /// Where in the block's value (or in the file, without a block) it shows; nil when it is the whole.
    public var offset: Int?
    /// What was found and what was expected.
    public var detail: String
    public var remedy: String

    public init(place: String, block: UInt64? = nil, offset: Int? = nil, detail: String, remedy: String) {
        self.place = place
        self.block = block
        self.offset = offset
        self.detail = detail
        self.remedy = remedy
    }
}

extension Corruption: CustomStringConvertible {
    public var description: String {
        var text = place
        if let block { text += ", block \(block)" }
        if let offset { text += ", byte \(offset)" }
        return text + ": " + detail + "; " + remedy
    }
}

extension EventLogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .locked(let directory, let holder):
            "\(directory) is in use by \(holder ?? "another process"); stop it first, or name another state directory"
        case .newerFormat(let place, let found, let supported):
            "\(place) has format \(found), this program reads up to format \(supported); "
                + "install the newer version that wrote it"
        case .corrupt(let corruption):
            "corrupt: \(corruption)"
        case .noSpace(let directory, let available, let needed, _):
            "\(directory): no space: \(available) bytes are free, \(needed) are needed; free some and start again"
        case .system(let call, let path, let code):
            "\(call) \(path): \(SystemCall.message(code)); \(Remedy.ofSystemError(code))"
        case .store(let error, let path):
            "\(path): \(error); \(Remedy.ofSystemError(error.code))"
        case .failedBefore(let reason):
            "an earlier commit failed (\(reason)); restart to recover"
        case .backupTarget(let path, let detail):
            "\(path) \(detail)"
        case .closed:
            "the log is closed"
        case .noSuchRecord(let seq):
            "no record has seq \(seq)"
        }
    }
}
