import UsageModel

/// What is known of users across companies: aliases, memberships, last groups, e-mails.
///
/// An alias is one statement about a person, so it holds wherever the old id turns up: companies
/// that know the old id merge it at once, and from then on every event under the old id, in any
/// company, follows to the new one.
struct Identities: ~Copyable {
    /// By user number: whom the user was merged into, 0 for nobody.
    private var targets = Rows<UInt32>()
    /// The companies besides the first that know a user. Only who belongs to several is in here.
    private var otherCompanies: [UserID: [CompanyID]] = [:]
    private let homes: UnsafeMutablePointer<Homes>
    /// By user number: the company of its last `group` call.
    private var groups = Rows<Group>()
    private(set) var emails: [UserID: Email] = [:]

    struct Email {
        var text: String
        var time: Timestamp
    }

    private struct Group: BitwiseCopyable {
        var company = CompanyID.none
        var time = Timestamp(milliseconds: .min)
    }

    init(homes: UnsafeMutablePointer<Homes>) { self.homes = homes }

    func deallocate() {
        targets.deallocate()
        groups.deallocate()
    }

    // MARK: Aliases

    /// Who `user` is after all aliases so far; itself when there are none.
    @inline(__always)
    func resolve(_ user: UserID) -> UserID {
        var number = user.number
        while Int(number) < targets.count, targets.base[Int(number)] != 0 { number = targets.base[Int(number)] }
        return UserID(number: number)
    }

    /// Merging a user into somebody who already is that user would make it an alias of itself.
    /// Repeating an alias is none: it has no effect.
    func wouldCycle(merging old: UserID, into new: UserID) -> Bool {
        let root = resolve(old)
        return root == resolve(new) && root == old
    }

    /// Makes `old`, which follows nobody, follow `new`, and its group and e-mail stand for `new`
    /// where that has none of its own.
    mutating func merge(_ old: UserID, into new: UserID) {
        targets.extend(toCount: Int(max(old.number, new.number)) + 1, filler: 0)
        // Chains flatten: whoever followed the old user follows the new one.
        targets[Int(old.number)] = new.number
        if lastGroup(of: new) == nil, let group = group(of: old) {
            setGroup(group.company, of: new, time: group.time)
        }
        if emails[new] == nil, let email = emails[old] { emails[new] = email }
    }

    /// Calls `body` with every pair of an old user and who it is now, in order of number.
    func forEachAlias(_ body: (_ old: UserID, _ new: UserID) -> Void) {
        for index in targets.indices where targets[index] != 0 {
            let old = UserID(number: UInt32(index))
            body(old, resolve(old))
        }
    }

    /// Whom the user was merged into, as it was then; 0 for nobody.
    func target(of user: UserID) -> UInt32 {
        Int(user.number) < targets.count ? targets[Int(user.number)] : 0
    }

    /// Makes `user` follow `target`, as a checkpoint says.
    mutating func setTarget(_ target: UserID, of user: UserID) {
        targets.extend(toCount: Int(max(user.number, target.number)) + 1, filler: 0)
        targets[Int(user.number)] = target.number
    }

    // MARK: Memberships

    /// Notes that `company` has just come to know `user`.
    mutating func addMembership(of user: UserID, in company: CompanyID) {
        if homes.pointee.company(of: user) != company { otherCompanies[user, default: []].append(company) }
    }

    /// The companies that know `user`, in order of number.
    func companies(knowing user: UserID) -> [CompanyID] {
        let home = homes.pointee.company(of: user)
        if home.isNone { return [] }
        return ([home] + (otherCompanies[user] ?? [])).sorted { $0.number < $1.number }
    }

    /// The companies that know `user`, who is about to vanish from all of them.
    mutating func takeMemberships(of user: UserID) -> [CompanyID] {
        defer { otherCompanies[user] = nil }
        return companies(knowing: user)
    }

    // MARK: Groups and e-mails

    func lastGroup(of user: UserID) -> CompanyID? { group(of: user)?.company }

    /// The user's last group and its time.
    func group(of user: UserID) -> (company: CompanyID, time: Timestamp)? {
        let index = Int(user.number)
        guard index < groups.count, !groups[index].company.isNone else { return nil }
        return (groups[index].company, groups[index].time)
    }

    /// The company of the `group` call with the greatest time; of equal times the one applied later.
    mutating func setGroup(_ company: CompanyID, of user: UserID, time: Timestamp) {
        let index = Int(user.number)
        groups.extend(toCount: index + 1, filler: Group())
        if groups[index].time <= time { groups[index] = Group(company: company, time: time) }
    }

    func forEachGroup(_ body: (_ user: UserID, _ company: CompanyID, _ time: Timestamp) -> Void) {
        for index in groups.indices where !groups[index].company.isNone {
            body(UserID(number: UInt32(index)), groups[index].company, groups[index].time)
        }
    }

    mutating func setEmail(_ text: String, of user: UserID, time: Timestamp) {
        if let known = emails[user], known.time > time { return }
        emails[user] = Email(text: text, time: time)
    }
}
