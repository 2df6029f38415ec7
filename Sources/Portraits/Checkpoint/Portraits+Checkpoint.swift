public import UsageModel

/// Checkpoints of the state, taken while it goes on.
///
/// `beginCheckpoint` fixes the moment. From then on `writeBeforeChange` is called with every part that had changed since
/// the checkpoint before and is about to change again, and `nextCheckpointPart` hands out the others; each must be
/// written with `write(_:to:)` before the call that names it returns, or before the next record applies.
extension Portraits {
    /// Notes that something of `company` is about to change that no record of its own says: its flags.
    public func willChange(_ company: CompanyID) {
        guard let state = fold.pointee.state(company) else { return }
        fold.pointee.changeCounts.base[Int(company.number)] &+= 1
        if state.pointee.changedIn != fold.pointee.changes.generation { noteChange(of: state) }
    }

    /// Another number than before whenever a record of the company, a move of its flags or an alias has come since the
    /// start; of a company with a record.
    @inline(__always)
    public func changeCount(of company: CompanyID) -> UInt32 { fold.pointee.changeCounts[Int(company.number)] }

    /// Another number than before whenever a record without a company has come: an alias, settings, a zone, rules.
    public var changesOfAll: Int { fold.pointee.changesOfAll }

    /// Writes are due of all parts that changed up to here.
    public func beginCheckpoint() { fold.pointee.changes.begin() }

    /// The next part that is to be written as it is now; nil when none is left.
    public func nextCheckpointPart() -> CheckpointPart? {
        while let part = fold.pointee.changes.next() {
            guard fold.pointee.changes.mustSave(changedIn(part)) else { continue }
            setChangedIn(part, PartChanges.unchanged)
            return part
        }
        return nil
    }

    /// The checkpoint is durable, or (`isKept` false) was given up: then its parts are due with the next one.
    public func endCheckpoint(isKept: Bool) {
        let generation = fold.pointee.changes.generation
        for part in fold.pointee.changes.end() where !isKept && changedIn(part) != generation {
            setChangedIn(part, generation)
            fold.pointee.changes.note(part)
        }
    }

    /// Companies that changed since the last checkpoint began, or since one was read; in order of number.
    public var changedCompanies: [CompanyID] {
        fold.pointee.changes.changed.compactMap { part in
            if case .company(let number) = part { CompanyID(number: number) } else { nil }
        }.sorted { $0.number < $1.number }
    }

    // MARK: Writing and reading

    public func write(_ part: CheckpointPart, to out: ByteBuffer) {
        switch part {
        case .company(let number): fold.pointee.state(CompanyID(number: number))?.pointee.write(to: out)
        case .users(let page): fold.pointee.identities.write(page: page, to: out)
        }
    }

    public func writeGlobal(to out: ByteBuffer) { fold.pointee.writeGlobal(to: out) }

    /// Into portraits that are as new. The global record comes first, then parts in any order, each once, then
    /// `endReading`. Only `endReading` needs names, so that they may be restored meanwhile.
    ///
    /// - Parameter nameTotal: how many names of all kinds the log has.
    public func readGlobal(_ reader: inout ByteReader, nameTotal: Int) throws(DamagedBytes) {
        try fold.pointee.readGlobal(&reader)
        let counted = fold.pointee.counted
        guard counted.companies + counted.users <= nameTotal else { throw Self.namesMissing }
        store.homes.pointee.reserve(counted.users)
    }

    public func read(_ part: CheckpointPart, _ reader: inout ByteReader) throws(DamagedBytes) {
        switch part {
        case .company(let number): try fold.pointee.readCompany(CompanyID(number: number), &reader)
        case .users: try fold.pointee.identities.read(page: &reader, userCount: fold.pointee.counted.users)
        }
    }

    public func endReading() throws(DamagedBytes) {
        let counted = fold.pointee.counted
        guard counted.companies <= names.count(.company), counted.users <= names.count(.user) else {
            throw Self.namesMissing
        }
        fold.pointee.settleMemberships()
    }

    private static let namesMissing = DamagedBytes("more companies or users than the log has names for")

    // MARK: What changes

    /// Sees to it that what `record` is about to change is written first, where a checkpoint waits for it.
    @inline(__always)
    func noteChanges(by record: Record) {
        if record.kind.isEvent {
            willChange(record.company)
        } else {
            noteChanges(byControl: record)
        }
    }

    @inline(never)
    private func noteChanges(byControl record: Record) {
        if record.company.isNone { fold.pointee.changesOfAll += 1 } else { willChange(record.company) }
        let user = resolve(user: record.user)
        switch record.kind {
        case .identify, .group: if !user.isNone { noteChange(ofPageOf: user) }
        case .alias:
            let old = resolve(user: record.sentUser)
            noteChange(ofPageOf: old)
            noteChange(ofPageOf: user)
            for company in companies(knowing: record.sentUser) { willChange(company) }
        default: break
        }
    }

    @inline(never)
    private func noteChange(of state: UnsafeMutablePointer<CompanyState>) {
        noteChange(of: .company(state.pointee.company.number), bearing: state.pointee.changedIn)
    }

    private func noteChange(ofPageOf user: UserID) {
        let part = CheckpointPart.users(of: user.number)
        let changedIn = changedIn(part)
        if changedIn != fold.pointee.changes.generation { noteChange(of: part, bearing: changedIn) }
    }

    private func noteChange(of part: CheckpointPart, bearing changedIn: UInt32) {
        if fold.pointee.changes.mustSave(changedIn) { writeBeforeChange?(part) }
        setChangedIn(part, fold.pointee.changes.generation)
        fold.pointee.changes.note(part)
    }

    private func changedIn(_ part: CheckpointPart) -> UInt32 {
        switch part {
        case .company(let number): fold.pointee.state(CompanyID(number: number))?.pointee.changedIn ?? 0
        case .users(let page):
            Int(page) < fold.pointee.pagesChangedIn.count ? fold.pointee.pagesChangedIn[Int(page)] : 0
        }
    }

    private func setChangedIn(_ part: CheckpointPart, _ generation: UInt32) {
        switch part {
        case .company(let number): fold.pointee.state(CompanyID(number: number))?.pointee.changedIn = generation
        case .users(let page):
            fold.pointee.pagesChangedIn.extend(toCount: Int(page) + 1, filler: PartChanges.unchanged)
            fold.pointee.pagesChangedIn[Int(page)] = generation
        }
    }
}
