public import UsageModel

/// The book as a checkpoint keeps it: what concerns all companies in the global record, and with each company its
/// standings and all its flags.
extension FlagBook {
    public func writeGlobal(to out: ByteBuffer) {
        out.append(UInt64(flagCount))
        for names in [names.rules, names.stages] {
            out.append(UInt32(names.count))
            for number in 0..<names.count { out.append(names.name(Int32(number))) }
        }
        writeCountsAndTexts(to: out)
        write(companyOf: .none, to: out)
    }

    /// Nothing for a company that never had a move.
    public func write(_ company: CompanyID, to out: ByteBuffer) {
        out.append(companyFlags(company) != nil)
        if companyFlags(company) != nil { write(companyOf: company, to: out) }
    }

    private func write(companyOf company: CompanyID, to out: ByteBuffer) {
        (companyFlags(company) ?? CompanyFlags()).write(to: out)
        let flags = flags(of: company)
        out.append(UInt32(flags.count))
        for flag in flags { write(flag, to: out) }
    }

    private func write(_ flag: Flag, to out: ByteBuffer) {
        out.append(flag.id.number)
        out.append(flag.rule)
        out.append(flag.kind.rawValue)
        out.append(flag.severity.rawValue)
        out.append(flag.summary)
        out.append(flag.ruleVersion)
        let isShared = isSharedText(flag.ruleText, version: flag.ruleVersion)
        out.append(isShared)
        if !isShared { out.append(flag.ruleText) }
        out.append(flag.openedAt)
        out.append(flag.observed)
        out.append(flag.since)
        for time in [
            flag.due, flag.snoozedUntil, flag.endedAt, flag.overdueSince, flag.followedUpAt, flag.retractedAt,
            flag.actedOnAt,
        ] {
            out.append(time)
        }
        out.append(flag.state.rawValue)
        out.append(flag.owner)
        out.append(flag.ackedBy)
        out.append(flag.verdict?.rawValue)
        out.append(flag.under?.number ?? 0)
        out.append(UInt32(flag.moves.count))
        for seq in flag.moves { out.append(seq) }
    }
}

/// Puts a book together again from what a checkpoint keeps.
public struct FlagBookReader {
    private var book = FlagBook()
    private var flags: [Flag?] = []

    /// The global record, which comes before all companies.
    public init(_ reader: inout ByteReader) throws(DamagedBytes) {
        let flagCount = try reader.number(UInt64.self)
        // Each flag was raised by a record of its own.
        guard flagCount < 1 << 48 else { throw DamagedBytes("more flags than a log has records") }
        flags = Array(repeating: nil, count: Int(flagCount))
        for _ in 0..<(try reader.count()) { _ = book.names.rules.number(try reader.text()) }
        for _ in 0..<(try reader.count()) { _ = book.names.stages.number(try reader.text()) }
        try book.readCountsAndTexts(&reader)
        try readCompany(.none, &reader)
    }

    /// What `FlagBook.write` wrote of `company`.
    public mutating func read(_ company: CompanyID, _ reader: inout ByteReader) throws(DamagedBytes) {
        if try reader.flag() { try readCompany(company, &reader) }
    }

    private mutating func readCompany(_ company: CompanyID, _ reader: inout ByteReader) throws(DamagedBytes) {
        let state = try CompanyFlags(&reader, names: book.names)
        var ids: [FlagID] = []
        for _ in 0..<(try reader.count()) {
            let flag = try read(flagOf: company, &reader)
            guard flag.id.number >= 1, flag.id.number <= UInt64(flags.count), flags[Int(flag.id.number) - 1] == nil
            else {
                throw DamagedBytes("\(flag.id) is there twice, or beyond the last flag")
            }
            flags[Int(flag.id.number) - 1] = flag
            ids.append(flag.id)
        }
        let lastRaise = ids.compactMap { flags[Int($0.number) - 1]?.openedAt }.max()
        if !company.isNone || !ids.isEmpty || !state.isNew {
            book.restore(state, of: company, flags: ids, lastRaise: lastRaise)
        }
    }

    private func read(flagOf company: CompanyID, _ reader: inout ByteReader) throws(DamagedBytes) -> Flag {
        let id = FlagID(number: try reader.number())
        let rule = try reader.text()
        let kind: FlagKind = try reader.word()
        let severity: Severity = try reader.word()
        let summary = try reader.text()
        let version = try reader.text()
        let text = try reader.flag() ? book.sharedText(ofVersion: version) : try reader.text()
        let openedAt = try reader.time()
        let observed = try reader.time()
        let since = try reader.time()
        var flag = Flag(
            id: id, company: company, rule: rule, kind: kind, summary: summary, ruleVersion: version, ruleText: text,
            openedAt: openedAt, observed: observed, since: since, due: try reader.optionalTime(), severity: severity,
            owner: nil, moves: [])
        flag.snoozedUntil = try reader.optionalTime()
        flag.endedAt = try reader.optionalTime()
        flag.overdueSince = try reader.optionalTime()
        flag.followedUpAt = try reader.optionalTime()
        flag.retractedAt = try reader.optionalTime()
        flag.actedOnAt = try reader.optionalTime()
        flag.state = try reader.word()
        flag.owner = try reader.optionalText()
        flag.ackedBy = try reader.optionalText()
        if try reader.flag() { flag.verdict = try reader.word() }
        let under = try reader.number(UInt64.self)
        flag.under = under == 0 ? nil : FlagID(number: under)
        for _ in 0..<(try reader.count()) { flag.moves.append(try reader.number()) }
        return flag
    }

    /// The book; every flag must have been read.
    public consuming func finish() throws(DamagedBytes) -> FlagBook {
        var all: [Flag] = []
        all.reserveCapacity(flags.count)
        for flag in flags {
            guard let flag else { throw DamagedBytes("flags are missing") }
            all.append(flag)
        }
        book.restore(all)
        return book
    }
}

extension CompanyFlags {
    /// Nothing was ever noted here.
    fileprivate var isNew: Bool { standings.isEmpty && open.isEmpty && stage == 0 && stageSince == nil && rest == nil }

    fileprivate func write(to out: ByteBuffer) {
        out.append(stage)
        out.append(stageSince)
        out.append(rest?.mark.outcomeAt)
        out.append(rest?.mark.quietSince)
        out.append(isResting)
        out.append(UInt32(standings.count))
        for standing in standings {
            out.append(standing.slot)
            out.append(standing.phase.rawValue)
            out.append(standing.suppression?.rawValue)
            for time in [standing.since, standing.until, standing.endedAt, standing.snoozedUntil] { out.append(time) }
            out.append(standing.under?.number ?? 0)
        }
        out.append(UInt32(open.count))
        for flag in open {
            out.append(flag.slot)
            out.append(flag.id.number)
            out.append(flag.kind.rawValue)
            out.append(flag.severity.rawValue)
            out.append(flag.openedAt)
            out.append(flag.due)
            out.append(flag.isFollowedUp)
            out.append(flag.version)
            out.append(UInt32(flag.atRaise.count))
            for kept in flag.atRaise {
                out.append(kept.expression)
                out.append(kept.value)
            }
            out.append(flag.clearingSince)
            out.append(flag.under?.number ?? 0)
        }
    }

    fileprivate init(_ reader: inout ByteReader, names: FlagNames) throws(DamagedBytes) {
        self.init()
        let stage = try reader.number(Int32.self)
        guard stage >= 0, Int(stage) < names.stages.count else { throw DamagedBytes("a stage without a name") }
        let stageSince = try reader.optionalTime()
        let outcomeAt = try reader.optionalTime()
        let quietSince = try reader.optionalTime()
        let isResting = try reader.flag()
        var rest: RestState?
        if let outcomeAt, let quietSince {
            rest = RestState(mark: FlagMove.Rest(outcomeAt: outcomeAt, quietSince: quietSince), isResting: isResting)
        }
        var standings: [RuleStanding] = []
        for _ in 0..<(try reader.count()) { standings.append(try RuleStanding(&reader, names: names)) }
        var open: [OpenFlag] = []
        for _ in 0..<(try reader.count()) { open.append(try OpenFlag(&reader, names: names)) }
        self.init(standings: standings, open: open, stage: stage, stageSince: stageSince, rest: rest)
    }
}

extension RuleStanding {
    fileprivate init(_ reader: inout ByteReader, names: FlagNames) throws(DamagedBytes) {
        self.init(slot: try reader.slot(names))
        guard let phase = RulePhase(rawValue: try reader.number()) else { throw DamagedBytes("a phase that is none") }
        self.phase = phase
        if try reader.flag() { suppression = try reader.word() }
        since = try reader.optionalTime()
        until = try reader.optionalTime()
        endedAt = try reader.optionalTime()
        snoozedUntil = try reader.optionalTime()
        under = try reader.flagID()
    }
}

extension OpenFlag {
    fileprivate init(_ reader: inout ByteReader, names: FlagNames) throws(DamagedBytes) {
        self.init(
            slot: try reader.slot(names), id: FlagID(number: try reader.number()), kind: try reader.word(),
            severity: try reader.word(), openedAt: try reader.time(), due: try reader.optionalTime(),
            isFollowedUp: try reader.flag(), version: try reader.text(), atRaise: [])
        for _ in 0..<(try reader.count()) {
            atRaise.append(RaiseValue(expression: try reader.text(), value: try reader.value()))
        }
        clearingSince = try reader.optionalTime()
        under = try reader.flagID()
    }
}

extension ByteReader {
    fileprivate mutating func slot(_ names: FlagNames) throws(DamagedBytes) -> Int32 {
        let slot = try number(Int32.self)
        guard slot >= 0, Int(slot) < names.rules.count else { throw DamagedBytes("a rule without a name") }
        return slot
    }

    /// Nil for 0.
    fileprivate mutating func flagID() throws(DamagedBytes) -> FlagID? {
        let number = try number(UInt64.self)
        return number == 0 ? nil : FlagID(number: number)
    }

    fileprivate mutating func value() throws(DamagedBytes) -> Value {
        switch try number(UInt8.self) {
        case 1: .number(Double(bitPattern: try number()))
        case 2: .text(try text())
        case 3: .truth(try flag())
        default: .unknown
        }
    }
}

extension ByteBuffer {
    fileprivate func append(_ value: Value) {
        switch value {
        case .unknown: append(UInt8(0))
        case .number(let number):
            append(UInt8(1))
            append(number.bitPattern)
        case .text(let text):
            append(UInt8(2))
            append(text)
        case .truth(let isTrue):
            append(UInt8(3))
            append(isTrue)
        }
    }
}
