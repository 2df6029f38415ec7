import UsageModel

/// What is known across companies, in pages of users with neighbouring numbers.
extension Identities {
    /// Bits of an entry's first byte: what follows.
    private enum Entry {
        static let target: UInt8 = 1 << 0
        static let group: UInt8 = 1 << 1
        static let email: UInt8 = 1 << 2
    }

    /// Only users of whom anything is known.
    func write(page: UInt32, to out: ByteBuffer) {
        let first = page << CheckpointPart.usersPerPageBits
        let countAt = out.count
        out.append(UInt32(0))
        var count: UInt32 = 0
        for number in first..<first + UInt32(CheckpointPart.usersPerPage) {
            let user = UserID(number: number)
            let target = target(of: user)
            let group = group(of: user)
            let email = emails[user]
            guard target != 0 || group != nil || email != nil else { continue }
            count += 1
            out.append(user)
            out.append(
                (target != 0 ? Entry.target : 0) | (group != nil ? Entry.group : 0) | (email != nil ? Entry.email : 0))
            if target != 0 { out.append(target) }
            if let group {
                out.append(group.company)
                out.append(group.time)
            }
            if let email {
                out.append(email.text)
                out.append(email.time)
            }
        }
        out.patch(count, at: countAt)
    }

    mutating func read(page reader: inout ByteReader, userCount: Int) throws(DamagedBytes) {
        for _ in 0..<(try reader.count()) {
            let user: UserID = try reader.identifier()
            let known = try reader.number(UInt8.self)
            guard Int(user.number) <= userCount else { throw DamagedBytes("a user without a name") }
            if known & Entry.target != 0 {
                let target: UserID = try reader.identifier()
                guard Int(target.number) <= userCount else { throw DamagedBytes("an alias of nobody") }
                setTarget(target, of: user)
            }
            if known & Entry.group != 0 { setGroup(try reader.identifier(), of: user, time: try reader.time()) }
            if known & Entry.email != 0 { setEmail(try reader.text(), of: user, time: try reader.time()) }
        }
    }
}
