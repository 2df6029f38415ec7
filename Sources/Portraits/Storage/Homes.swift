import UsageModel

/// By user number: the first company that knew the user, and the user's row there.
///
/// Nearly all users belong to one company. For them this saves the company's own index, and its
/// cache misses: where the row lies is known before the company's state has arrived.
struct Homes: ~Copyable {
    private struct Home: BitwiseCopyable {
        var company = CompanyID.none
        var row: UInt32 = 0
    }

    private var homes = Rows<Home>()

    init() {}

    deinit { homes.deallocate() }

    /// Makes room for users up to `count`, who are at home nowhere yet.
    mutating func reserve(_ count: Int) { homes.extend(toCount: count + 1, filler: Home()) }

    /// The company where the user is at home, none for unknown users.
    func company(of user: UserID) -> CompanyID {
        let index = Int(user.number)
        return index < homes.count ? homes.base[index].company : .none
    }

    /// The user's row in `company`, nil where the user is not at home.
    @inline(__always)
    func row(of user: UserID, in company: CompanyID) -> Int? {
        let index = Int(user.number)
        guard index < homes.count, homes.base[index].company == company else { return nil }
        return Int(homes.base[index].row)
    }

    /// Asks for the memory that tells where `user` is at home.
    @inline(__always)
    func prefetch(_ user: UserID) {
        if Int(user.number) < homes.count { UsageModel.prefetch(homes.base + Int(user.number)) }
    }

    /// Makes `company` the user's home unless there is one already.
    mutating func settle(_ user: UserID, in company: CompanyID, row: Int) -> Bool {
        guard self.company(of: user).isNone else { return false }
        homes.extend(toCount: Int(user.number) + 1, filler: Home())
        homes[Int(user.number)] = Home(company: company, row: UInt32(row))
        return true
    }

    /// Notes that the row of a user who is at home in `company` moved.
    func move(_ user: UserID, to row: Int) { homes.base[Int(user.number)].row = UInt32(row) }

    func leave(_ user: UserID) { homes[Int(user.number)] = Home() }
}
