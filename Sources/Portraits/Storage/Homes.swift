import UsageModel

/// By user number: the first company that knew the user, and the user's row there.
///
/// Nearly all users belong to one company. For them this saves the company's own index, and its
/// cache misses: where the row lies is known before the company's state has arrived.
struct Homes: ~Copyable {
    struct Home: BitwiseCopyable {
        var company = CompanyID.none
        var row: UInt32 = 0
    }

    private var homes = Rows<Home>()
    /// Of pages of users, as in `CheckpointPart.page(of:)`.
    private var marks = Rows<PartMark>()
    private let changes: UnsafeMutablePointer<PartChanges>

    init(changes: UnsafeMutablePointer<PartChanges>) { self.changes = changes }

    deinit {
        homes.deallocate()
        marks.deallocate()
    }

    /// Makes room for users up to `count`, who are at home nowhere yet.
    mutating func reserve(_ count: Int) {
        homes.extend(toCount: count + 1, filler: Home())
        marks.extend(toCount: Int(CheckpointPart.page(of: UserID(number: UInt32(count)))) + 1, filler: .unchanged)
    }

    /// The same of the `count` users of a checkpoint, where there are none yet. Twice the room, since all are copied when
    /// there is too little, which the first new user would find; what is not used is never touched.
    mutating func begin(_ count: Int) {
        homes.reserve(exactly: (count + 1) * 2)
        reserve(count)
    }

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
        reserve(Int(user.number))
        set(user, Home(company: company, row: UInt32(row)))
        return true
    }

    /// Notes that the row of a user who is at home in `company` moved.
    func move(_ user: UserID, to row: Int) { set(user, Home(company: company(of: user), row: UInt32(row))) }

    func leave(_ user: UserID) { set(user, Home()) }

    private func set(_ user: UserID, _ home: Home) {
        noteChange(ofPage: CheckpointPart.page(of: user))
        homes[Int(user.number)] = home
    }

    // MARK: Checkpoints

    /// Of a page that is about to change.
    func noteChange(ofPage page: UInt32) {
        changes.pointee.note(.homes(page), bearing: &marks.base[Int(page)])
    }

    func mark(ofPage page: UInt32) -> UnsafeMutablePointer<PartMark> { marks.base + Int(page) }

    /// The homes of a page's users, as they lie, up to the last who has one: room for those behind may have been made
    /// after the checkpoint began.
    func write(page: UInt32, to out: ByteBuffer) {
        let first = Int(page) * CheckpointPart.usersPerPage
        var end = min(first + CheckpointPart.usersPerPage, homes.count)
        while end > first, homes[end - 1].company.isNone { end -= 1 }
        out.append(
            UnsafeRawBufferPointer(start: homes.base + first, count: (end - first) * MemoryLayout<Home>.stride))
    }

    /// Reads what `write` wrote into users who are at home nowhere.
    ///
    /// - Returns: the sum of the tokens of those who are at home somewhere.
    func read(page: UInt32, _ reader: inout ByteReader, _ counted: PartCounts) throws(DamagedBytes) -> UInt64 {
        let bytes = reader.rest()
        let first = Int(page) * CheckpointPart.usersPerPage
        let count = bytes.count / MemoryLayout<Home>.stride
        guard bytes.count % MemoryLayout<Home>.stride == 0, count <= CheckpointPart.usersPerPage,
            first + count <= homes.count
        else { throw DamagedBytes("a page of homes for users without a name") }
        UnsafeMutableRawBufferPointer(start: homes.base + first, count: bytes.count).copyMemory(from: bytes)
        var sum: UInt64 = 0
        for index in first..<first + count {
            let home = homes[index]
            guard !home.company.isNone else { continue }
            guard home.company.number <= counted.companies, home.row < counted.pages * UserPages.rowsPerPage else {
                throw DamagedBytes("a user who is at home where nothing is")
            }
            sum &+= Self.token(UserID(number: UInt32(index)), home)
        }
        return sum
    }

    /// Sums of these are equal where users are at home in the same rows, which come in another order: a finalizer as in
    /// MurmurHash3 over all three numbers.
    @inline(__always)
    static func token(_ user: UserID, _ home: Home) -> UInt64 {
        var value = UInt64(user.number) << 32 | UInt64(home.row)
        value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD ^ UInt64(home.company.number)
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ value >> 33
    }
}
