public import UsageModel

/// All flags, standings of rules and stages of all companies: the fold of the log's moves.
///
/// Applying the same moves in the same order gives the same book on every machine. It evaluates
/// nothing; `FlagEvaluator` proposes moves against it. Belongs to the writer's thread.
///
/// Memory: 12 bytes a company number, some 70 a company that ever had a move, some 100 more for each
/// rule that ever spoke there, and some 300 and its texts for each flag ever raised.
public struct FlagBook {
    /// By company number: its place in `companies` + 1; 0 for none.
    private var places: [UInt32] = []
    private var companies: [CompanyFlags] = []
    /// By `FlagID.number` − 1.
    private var flags: [Flag] = []
    /// By place: the company's flags, ascending.
    private var flagsByPlace: [[FlagID]] = []
    /// By company number, as far as any had a move: when its last flag was raised. Most events ask for it.
    private var lastRaises: [Timestamp] = []
    /// When the last flag of all was raised.
    private var lastRaise = Timestamp(milliseconds: .min)
    /// All flags that are neither cleared nor closed, ascending.
    private var open: [FlagID] = []
    /// Names only ever join, so copies of a book may share them.
    let names = FlagNames()
    /// By rule number; shorter than the rules when the last ones never spoke.
    private var countsByRule: [RuleCounts] = []
    /// One copy of each version's text, however many flags it raised.
    private var texts: [String: String] = [:]

    public init() {}
}

// MARK: - Questions

extension FlagBook {
    /// The number that the next raise gets.
    public var nextFlag: FlagID { FlagID(number: UInt64(flags.count) + 1) }

    /// O(1).
    public func flag(_ id: FlagID) -> Flag? {
        id.number >= 1 && id.number <= UInt64(flags.count) ? flags[Int(id.number) - 1] : nil
    }

    /// All flags that the company ever had, in order of raising.
    public func flags(of company: CompanyID) -> [Flag] {
        guard let place = place(of: company) else { return [] }
        return flagsByPlace[place].compactMap { flag($0) }
    }

    /// The company's flags that are neither cleared nor closed, in order of raising. O(those).
    public func openFlags(of company: CompanyID) -> [Flag] {
        guard let place = place(of: company) else { return [] }
        return companies[place].open.map(\.id).sorted().compactMap { flag($0) }
    }

    /// Whether a flag of the company was raised after `time`. O(1); a comparison and no more where nobody's was.
    public func hasFlag(of company: CompanyID, raisedAfter time: Timestamp) -> Bool {
        let index = Int(company.number)
        return time < lastRaise && !company.isNone && index < lastRaises.count && time < lastRaises[index]
    }

    /// Asks for the memory that tells `hasFlag(of:raisedAfter:)`.
    @inline(__always)
    public func prefetchLastRaise(of company: CompanyID) {
        lastRaises.withUnsafeBufferPointer { raises in
            guard Int(company.number) < raises.count, let start = raises.baseAddress else { return }
            prefetch(start + Int(company.number))
        }
    }

    /// Whether a flag of the company was ever raised. O(1).
    public func hasFlags(of company: CompanyID) -> Bool { hasFlag(of: company, raisedAfter: .least) }

    /// All flags that are neither cleared nor closed, in order of raising.
    public var openFlags: [FlagID] { open }

    /// How many flags were ever raised.
    public var flagCount: Int { flags.count }

    /// The company's stage and since when; nil when it has none.
    public func stage(of company: CompanyID) -> (name: String, since: Timestamp)? {
        guard let place = place(of: company), companies[place].stage != 0, let since = companies[place].stageSince
        else { return nil }
        return (names.stages.name(companies[place].stage), since)
    }

    /// Whether the company's rules rest since it churned.
    public func isResting(_ company: CompanyID) -> Bool { companyFlags(company)?.isResting ?? false }

    /// Rules of the company that wait: pending, suppressed, or closed until false once. By name.
    public func waitingRules(of company: CompanyID) -> [WaitingRule] {
        guard let place = place(of: company) else { return [] }
        return companies[place].standings.filter { $0.phase != .inactive && $0.phase != .raised }.map {
            WaitingRule(
                rule: names.rules.name($0.slot), phase: $0.phase, since: $0.since, suppression: $0.suppression,
                until: $0.until, under: $0.under)
        }.sorted { $0.rule < $1.rule }
    }

    /// How often the rule named `rule` spoke.
    public func counts(ofRule rule: String) -> RuleCounts {
        guard let number = names.rules.find(rule), Int(number) < countsByRule.count else { return RuleCounts() }
        return countsByRule[Int(number)]
    }
}

// MARK: - The fold

extension FlagBook {
    /// Applies one move of `company`, which stands (or will stand) at `seq` of the log.
    ///
    /// A move that does not fit is refused and changes nothing. O(rules that have spoken there).
    public mutating func apply(_ move: FlagMove, company: CompanyID, seq: UInt64) throws(FlagBookError) {
        switch move.kind {
        case .stage:
            let stage = names.stages.number(move.stage ?? "")
            companies[makePlace(of: company)].enter(stage: stage, at: move.at)
        case .resting:
            guard let rest = move.rest else { throw .incomplete(rule: move.rule, move: .resting) }
            companies[makePlace(of: company)].restRules(rest)
        case .resumed: companies[makePlace(of: company)].resumeRules()
        default: try applyToRule(move, company: company, seq: seq)
        }
    }

    private mutating func applyToRule(
        _ move: FlagMove, company: CompanyID, seq: UInt64
    ) throws(FlagBookError) {
        if move.kind == .raised, move.flag != nextFlag {
            throw .flagOutOfOrder(found: move.flag, expected: nextFlag)
        }
        let slot = names.rules.number(move.rule)
        let place = makePlace(of: company)
        let concerned = try concernedFlag(move, company: company, open: companies[place].openFlag(slot)?.id)
        try companies[place].apply(move, slot: slot)
        if move.kind == .raised, let raise = move.raise {
            addFlag(move, raise, company: company, place: place, seq: seq)
        } else if let concerned {
            update(concerned, with: move, slot: slot, seq: seq)
        }
    }

    /// The flag that a move other than a raise is about: the rule's open one, which it must name if it
    /// names any; a note, a verdict and a retraction may also be about one that is over.
    private func concernedFlag(
        _ move: FlagMove, company: CompanyID, open: FlagID?
    ) throws(FlagBookError) -> FlagID? {
        guard move.kind != .raised, let named = move.flag else { return open }
        if named == open { return open }
        guard move.kind.mayConcernEndedFlag, let flag = flag(named), flag.company == company, flag.rule == move.rule
        else {
            throw .notRaised(rule: move.rule, move: move.kind)
        }
        return named
    }

    private mutating func addFlag(
        _ move: FlagMove, _ raise: RaiseDetails, company: CompanyID, place: Int, seq: UInt64
    ) {
        let slot = names.rules.number(move.rule)
        let id = nextFlag
        let flag = Flag(
            id: id, company: company, rule: names.rules.name(slot), kind: raise.kind,
            summary: raise.summary, ruleVersion: move.ruleVersion,
            ruleText: sharedText(move.ruleText ?? "", version: move.ruleVersion), openedAt: move.at,
            observed: move.observed, since: move.since ?? move.at, due: raise.due, severity: raise.severity,
            owner: raise.owner, moves: [seq])
        flags.append(flag)
        flagsByPlace[place].append(id)
        let index = Int(company.number)
        lastRaises[index] = max(lastRaises[index], move.at)
        lastRaise = max(lastRaise, move.at)
        open.append(id)
        while countsByRule.count <= Int(slot) { countsByRule.append(RuleCounts()) }
        countsByRule[Int(slot)].raised += 1
        countsByRule[Int(slot)].open += 1
    }

    private mutating func update(_ id: FlagID, with move: FlagMove, slot: Int32, seq: UInt64) {
        var flag = flags[Int(id.number) - 1]
        flag.moves.append(seq)
        if move.by != nil || move.kind == .followedUp, flag.actedOnAt == nil {
            flag.actedOnAt = move.touchedAt ?? move.at
            countsByRule[Int(slot)].actedOn += 1
        }
        switch move.kind {
        case .acked: flag.ackedBy = move.by
        case .assigned: flag.owner = move.owner
        case .snoozed: flag.snoozedUntil = move.until
        case .woken: flag.snoozedUntil = nil
        case .folded: flag.under = move.under
        case .unfolded: flag.under = nil
        case .cleared, .closed: end(&flag, with: move, slot: slot)
        case .judged: judge(&flag, as: move.verdict, slot: slot)
        case .overdue:
            flag.overdueSince = move.at
            flag.severity = move.severity ?? flag.severity
        case .followedUp: flag.followedUpAt = move.touchedAt
        case .retracted:
            flag.retractedAt = move.at
            countsByRule[Int(slot)].retracted += 1
        default: break
        }
        if flag.state.isRaised {
            flag.state =
                flag.under != nil ? .folded : flag.snoozedUntil != nil ? .snoozed : flag.ackedBy != nil ? .acked : .open
        }
        flags[Int(id.number) - 1] = flag
    }

    private mutating func end(_ flag: inout Flag, with move: FlagMove, slot: Int32) {
        flag.state = move.kind == .cleared ? .cleared : .closed
        flag.endedAt = move.at
        flag.snoozedUntil = nil
        flag.under = nil
        countsByRule[Int(slot)].open -= 1
        if move.kind == .cleared { countsByRule[Int(slot)].cleared += 1 }
        judge(&flag, as: move.verdict, slot: slot)
        if let place = open.binarySearch(flag.id) { open.remove(at: place) }
    }

    /// The last verdict counts.
    private mutating func judge(_ flag: inout Flag, as verdict: FlagVerdict?, slot: Int32) {
        if let earlier = flag.verdict { countsByRule[Int(slot)][earlier] -= 1 }
        if let verdict { countsByRule[Int(slot)][verdict] += 1 }
        flag.verdict = verdict
    }

    private mutating func sharedText(_ text: String, version: String) -> String {
        if let shared = texts[version], shared == text { return shared }
        texts[version] = text
        return text
    }
}

// MARK: - For checkpoints

extension FlagBook {
    /// Whether `text` is what the texts say of `version`.
    func isSharedText(_ text: String, version: String) -> Bool { texts[version] == text }

    /// Empty for a version that raised nothing.
    func sharedText(ofVersion version: String) -> String { texts[version] ?? "" }

    func writeCountsAndTexts(to out: ByteBuffer) {
        out.append(UInt32(countsByRule.count))
        for counts in countsByRule {
            for path in RuleCounts.all { out.append(UInt64(counts[keyPath: path])) }
        }
        out.append(UInt32(texts.count))
        for (version, text) in texts.sorted(by: { $0.key < $1.key }) {
            out.append(version)
            out.append(text)
        }
    }

    mutating func readCountsAndTexts(_ reader: inout ByteReader) throws(DamagedBytes) {
        for _ in 0..<(try reader.count()) {
            var counts = RuleCounts()
            for path in RuleCounts.all {
                counts[keyPath: path] = Int(truncatingIfNeeded: try reader.number(UInt64.self))
            }
            countsByRule.append(counts)
        }
        for _ in 0..<(try reader.count()) {
            let version = try reader.text()
            texts[version] = try reader.text()
        }
    }

    /// Puts back what a company had, its flags by number alone.
    mutating func restore(_ state: CompanyFlags, of company: CompanyID, flags: [FlagID], lastRaise: Timestamp?) {
        let place = makePlace(of: company)
        companies[place] = state
        flagsByPlace[place] = flags
        guard let lastRaise else { return }
        lastRaises[Int(company.number)] = lastRaise
        self.lastRaise = max(self.lastRaise, lastRaise)
    }

    /// Puts back all flags, in order of number.
    mutating func restore(_ flags: [Flag]) {
        self.flags = flags
        open = flags.filter { $0.state.isRaised }.map(\.id)
    }
}

// MARK: - Numbers and places, for the evaluator

extension FlagBook {
    /// The company's fold; nil when it never had a move. O(1).
    func companyFlags(_ company: CompanyID) -> CompanyFlags? { place(of: company).map { companies[$0] } }

    /// Companies that ever had a move, ascending by number.
    var companiesWithMoves: some Sequence<CompanyID> {
        places.indices.lazy.filter { places[$0] != 0 }.map { CompanyID(number: UInt32($0)) }
    }

    private func place(of company: CompanyID) -> Int? {
        let index = Int(company.number)
        guard index < places.count, places[index] != 0 else { return nil }
        return Int(places[index]) - 1
    }

    private mutating func makePlace(of company: CompanyID) -> Int {
        if let place = place(of: company) { return place }
        let index = Int(company.number)
        if index >= places.count {
            let added = index + 1 - places.count
            places.append(contentsOf: repeatElement(0, count: added))
            lastRaises.append(contentsOf: repeatElement(Timestamp(milliseconds: .min), count: added))
        }
        companies.append(CompanyFlags())
        flagsByPlace.append([])
        places[index] = UInt32(companies.count)
        return companies.count - 1
    }
}

extension MoveKind {
    fileprivate var mayConcernEndedFlag: Bool { self == .noted || self == .judged || self == .retracted }
}

extension RuleCounts {
    /// How many flags have `verdict`.
    fileprivate subscript(verdict: FlagVerdict) -> Int {
        get { self[keyPath: Self.path(of: verdict)] }
        set { self[keyPath: Self.path(of: verdict)] = newValue }
    }

    private static func path(of verdict: FlagVerdict) -> WritableKeyPath<RuleCounts, Int> {
        switch verdict {
        case .saved: \.saved
        case .lost: \.lost
        case .falseAlarm: \.falseAlarms
        case .removed: \.removed
        }
    }
}

extension [FlagID] {
    /// Where `id` stands in this ascending array.
    fileprivate func binarySearch(_ id: FlagID) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == id ? low : nil
    }
}
