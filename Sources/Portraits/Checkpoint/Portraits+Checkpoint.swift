public import UsageModel

/// Checkpoints of the state, taken while it goes on.
///
/// `beginCheckpoint` fixes the moment. From then on `writeBeforeChange` is called with every part that had changed since
/// the checkpoint before and is about to change again, and `nextCheckpointPart` hands out the others; each must be
/// written with `write(_:to:)` before the call that names it returns, or before the next record or question.
extension Portraits {
    /// Notes that something of `company` is about to change that no record of its own says: its flags.
    public func willChange(_ company: CompanyID) {
        guard let state = fold.pointee.state(company) else { return }
        fold.pointee.changeCounts.base[Int(company.number)] &+= 1
        state.pointee.noteChange()
    }

    /// Another number than before whenever a record of the company, a move of its flags or an alias has come since the
    /// start; of a company with a record.
    @inline(__always)
    public func changeCount(of company: CompanyID) -> UInt32 { fold.pointee.changeCounts[Int(company.number)] }

    /// Another number than before whenever a record without a company has come: an alias, settings, a zone, rules.
    public var changesOfAll: Int { fold.pointee.changesOfAll }

    /// Writes are due of all parts that changed up to here.
    public func beginCheckpoint() { store.changes.pointee.begin() }

    /// Looks for the next part that is to be written as it is now.
    ///
    /// - Parameter lookCount: how many parts and pages may be looked at; less is left of it on return.
    public func nextCheckpointPart(_ lookCount: inout Int) -> CheckpointStep {
        while true {
            while let row = savedRows.popFirst() {
                if take(&store.userPages.pointee.pointer(to: row).pointee.mark) { return .write(.row(UInt32(row))) }
            }
            if let company = savedCompany.take(), takeMark(of: .days(company)) { return .write(.days(company)) }
            guard lookCount > 0 else { return .goOnLater }
            lookCount -= 1
            switch store.changes.pointee.next() {
            case nil: return .end
            case .rows(let page): beginRows(of: page)
            case .part(let part):
                // Its days behind it: they are read into what has just been read then.
                if case .company(let number) = part { savedCompany = number }
                if takeMark(of: part) { return .write(part) }
            }
        }
    }

    /// Whether what bears `mark` is still to be written; it is taken to be from here on.
    private func take(_ mark: inout PartMark) -> Bool {
        guard store.changes.pointee.mustSave(mark) else { return false }
        mark = .unchanged
        return true
    }

    private func takeMark(of part: CheckpointPart) -> Bool {
        switch part {
        case .company(let number): take(&fold.pointee.companies.base[Int(number)].unsafelyUnwrapped.pointee.mark)
        case .days(let number): take(&fold.pointee.companies.base[Int(number)].unsafelyUnwrapped.pointee.daysMark)
        case .users(let page): take(&fold.pointee.pageMarks.base[Int(page)])
        case .row(let row): take(&store.userPages.pointee.pointer(to: Int(row)).pointee.mark)
        case .homes(let page): take(&store.homes.pointee.mark(ofPage: page).pointee)
        }
    }

    /// Each page is many misses of the processor's cache.
    private func beginRows(of page: UInt32) {
        let pages = store.userPages
        savedRows = UserPages.rows(of: page)
        pages.pointee.noteSaving(ofPage: page)
        if let page = store.changes.pointee.upcomingPage {
            pages.pointee.prefetch(page: UInt32(UserPages.rows(of: page).lowerBound))
        }
        for row in savedRows {
            let row = pages.pointee.pointer(to: row)
            if store.changes.pointee.mustSave(row.pointee.mark) { row.pointee.days.prefetchRest(store.userArena) }
        }
    }

    /// The checkpoint is durable, or (`isKept` false) was given up: then its parts are due with the next one.
    public func endCheckpoint(isKept: Bool) {
        let saved = store.changes.pointee.end()
        savedRows = 0..<0
        savedCompany = nil
        guard !isKept else { return }
        for part in saved.parts { noteChange(of: part) }
        var first: UInt32 = 0
        while let page = saved.pages.next(from: first) {
            store.userPages.pointee.renewChange(ofPage: page)
            first = page + 1
        }
    }

    private func noteChange(of part: CheckpointPart) {
        switch part {
        case .company(let number): fold.pointee.state(CompanyID(number: number))?.pointee.noteChange()
        case .days(let number): fold.pointee.state(CompanyID(number: number))?.pointee.noteOlderDaysChange()
        case .users(let page): noteChange(ofPage: page)
        case .row(let row): _ = store.userPages.pointee.change(Int(row))
        case .homes(let page): store.homes.pointee.noteChange(ofPage: page)
        }
    }

    /// Companies that changed since the last checkpoint began, or since one was read; in order of number.
    public var changedCompanies: [CompanyID] {
        store.changes.pointee.changed.compactMap { part in
            if case .company(let number) = part { CompanyID(number: number) } else { nil }
        }.sorted { $0.number < $1.number }
    }

    // MARK: Writing and reading

    public func write(_ part: CheckpointPart, to out: ByteBuffer) {
        switch part {
        case .company(let number): fold.pointee.state(CompanyID(number: number))?.pointee.write(to: out)
        case .days(let number): fold.pointee.state(CompanyID(number: number))?.pointee.writeOlderDays(to: out)
        case .row(let row): store.write(row: Int(row), to: out)
        case .users(let page): fold.pointee.identities.write(page: page, to: out)
        case .homes(let page): store.homes.pointee.write(page: page, to: out)
        }
    }

    public func writeGlobal(to out: ByteBuffer) { fold.pointee.writeGlobal(to: out) }

    /// Into portraits that are as new. The global record comes first, then parts in any order, each once, then
    /// `endReading`. Only `endReading` needs names, so that they may be restored meanwhile.
    ///
    /// - Parameters:
    ///   - nameTotal: how many names of all kinds the log has.
    ///   - partTotal: more parts than there can be.
    public func readGlobal(_ reader: inout ByteReader, nameTotal: Int, partTotal: Int) throws(DamagedBytes) {
        try fold.pointee.readGlobal(&reader)
        let counted = fold.pointee.reading.counted
        guard counted.companies + counted.users <= nameTotal else { throw Self.namesMissing }
        guard counted.pages <= partTotal else { throw DamagedBytes("more pages of users than parts") }
        fold.pointee.reading.isAwaitingDays = Array(repeating: false, count: counted.companies + 1)
        store.homes.pointee.begin(counted.users)
        store.userPages.pointee.makeRoom(pageCount: counted.pages)
        rowReading.begin(counted)
    }

    /// Parts of several shares may be read at the same time, those of one share one after the other.
    public func read(_ part: CheckpointPart, _ reader: inout ByteReader) throws(DamagedBytes) {
        switch part {
        case .company(let number):
            try rowReading.claimPages(of: try fold.pointee.readCompany(CompanyID(number: number), &reader))
        case .days(let number): try fold.pointee.readDays(of: CompanyID(number: number), &reader)
        case .row(let row): try rowReading.read(Int(row), of: part.share, &reader)
        case .users:
            try fold.pointee.identities.read(page: &reader, userCount: fold.pointee.reading.counted.users)
        case .homes(let page):
            fold.pointee.reading.homeSum &+= try store.homes.pointee.read(
                page: page, &reader, fold.pointee.reading.counted)
        }
    }

    public func endReading() throws(DamagedBytes) {
        let counted = fold.pointee.reading.counted
        guard counted.companies <= names.count(.company), counted.users <= names.count(.user) else {
            throw Self.namesMissing
        }
        try fold.pointee.endReading(rowReading)
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
        case .identify, .group: if !user.isNone { noteChange(ofPage: CheckpointPart.page(of: user)) }
        case .alias:
            let old = resolve(user: record.sentUser)
            noteChange(ofPage: CheckpointPart.page(of: old))
            noteChange(ofPage: CheckpointPart.page(of: user))
            for company in companies(knowing: record.sentUser) { willChange(company) }
        default: break
        }
    }

    /// Of what is known of users across companies.
    private func noteChange(ofPage page: UInt32) {
        fold.pointee.pageMarks.extend(toCount: Int(page) + 1, filler: .unchanged)
        store.changes.pointee.note(.users(page), bearing: &fold.pointee.pageMarks.base[Int(page)])
    }
}
