import UsageModel

/// What is known of users across companies: aliases, memberships, last groups, e-mails.
///
/// An alias is one statement about a person, so it holds wherever the old id turns up: companies
/// that know the old id merge it at once, and from then on every event under the old id, in any
/// company, follows to the new one.
struct Identities: ~Copyable {
    /// By user number: whom the user was merged into, 0 for nobody.
    private var targets = Rows<UInt32>()
    /// By user number: the company that knows the user, 0 for none; where several do, `several` and
    /// the index of the first of its memberships.
    private var companies = Rows<UInt32>()
    private var memberships = Rows<Membership>()
    /// Index + 1 of the first free membership.
    private var freeMembership: UInt32 = 0

    private static let several: UInt32 = 1 << 31
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

    private struct Membership: BitwiseCopyable {
        var company: CompanyID
        /// Index + 1 of the next one, 0 for none.
        var next: UInt32
    }

    init() {}

    func deallocate() {
        targets.deallocate()
        companies.deallocate()
        memberships.deallocate()
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
        if lastGroup(of: new) == nil, let group = lastGroup(of: old) {
            setGroup(group, of: new, time: groups[Int(old.number)].time)
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

    // MARK: Memberships

    mutating func addMembership(of user: UserID, in company: CompanyID) {
        precondition(company.number < Self.several, "company numbers have 31 bits")
        let index = Int(user.number)
        companies.extend(toCount: index + 1, filler: 0)
        let known = companies[index]
        if known == 0 {
            companies[index] = company.number
        } else {
            let next =
                known & Self.several != 0
                ? (known & ~Self.several) + 1 : add(Membership(company: CompanyID(number: known), next: 0)) + 1
            companies[index] = add(Membership(company: company, next: next)) | Self.several
        }
    }

    /// The index at which it stands now.
    private mutating func add(_ membership: Membership) -> UInt32 {
        guard freeMembership != 0 else {
            memberships.append(membership)
            return UInt32(memberships.count - 1)
        }
        let free = freeMembership - 1
        freeMembership = memberships[Int(free)].next
        memberships[Int(free)] = membership
        return free
    }

    /// The companies that know `user`; afterwards none is noted.
    mutating func takeMemberships(of user: UserID) -> [CompanyID] {
        guard Int(user.number) < companies.count else { return [] }
        let known = companies[Int(user.number)]
        companies[Int(user.number)] = 0
        guard known & Self.several != 0 else { return known == 0 ? [] : [CompanyID(number: known)] }
        var found: [CompanyID] = []
        var next = (known & ~Self.several) + 1
        while next != 0 {
            let membership = memberships[Int(next) - 1]
            found.append(membership.company)
            memberships[Int(next) - 1].next = freeMembership
            freeMembership = next
            next = membership.next
        }
        return found
    }

    // MARK: Groups and e-mails

    func lastGroup(of user: UserID) -> CompanyID? {
        let index = Int(user.number)
        guard index < groups.count, !groups[index].company.isNone else { return nil }
        return groups[index].company
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
