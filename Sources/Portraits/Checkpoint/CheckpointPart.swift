import UsageModel

/// What is to be done next for a checkpoint under way.
public enum CheckpointStep {
    case write(CheckpointPart)
    /// What was looked at had been written before it changed; there may be more.
    case goOnLater
    /// All is written.
    case end
}

/// What a checkpoint is made of besides its global record: parts that change by themselves, so that only what has
/// changed need be written again.
public enum CheckpointPart: Hashable, Sendable {
    /// One company, with its flags, but for its users and its older days.
    case company(UInt32)
    /// A company's sums by day but those of the last few: years of them, and no event of today changes any.
    case days(UInt32)
    /// What a company knows of one user: the row with that number. A company of a hundred users, of which one was
    /// active, is two small parts to be written, and not a hundred.
    case row(UInt32)
    /// What is known across companies of `usersPerPage` users with neighbouring numbers.
    case users(UInt32)
    /// Where as many users are at home, in which company and row: pages, since hardly any ever changes but the last.
    case homes(UInt32)

    /// Enough that a page of nothing costs little, few enough that a call to `group` writes little again.
    public static let usersPerPage = 1 << usersPerPageBits
    static let usersPerPageBits: UInt32 = 12

    /// How many shares parts are read in, at the same time: of rows, which are most of what there is to read, there are
    /// several, so that a thread that has nothing left takes another.
    public static let shareCount: UInt32 = 1 + rowShareCount
    private static let rowShareCount: UInt32 = 24
    /// Rows of a share are neighbours in runs of so many: 2 MiB of memory.
    private static let rowsPerRunBits: UInt32 = 16

    /// In which share it is.
    public var share: UInt32 {
        switch self {
        case .row(let row): 1 + row >> Self.rowsPerRunBits % Self.rowShareCount
        case .company, .days, .users, .homes: 0
        }
    }

    static func page(of user: UserID) -> UInt32 { user.number >> usersPerPageBits }
}
