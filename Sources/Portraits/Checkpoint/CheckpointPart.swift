/// What a checkpoint is made of besides its global record: parts that change by themselves, so that only what has
/// changed need be written again.
public enum CheckpointPart: Hashable, Sendable {
    /// One company, with its flags.
    case company(UInt32)
    /// What is known across companies of `usersPerPage` users with neighbouring numbers.
    case users(UInt32)

    /// Enough that a page of nothing costs little, few enough that a call to `group` writes little again.
    public static let usersPerPage = 1 << usersPerPageBits
    static let usersPerPageBits: UInt32 = 12

    static func users(of user: UInt32) -> CheckpointPart { .users(user >> usersPerPageBits) }
}
