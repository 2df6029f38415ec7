public import Portraits
public import UsageModel

/// Judging flags again, as of their raise, by what came to be known later.
public struct Hindsight {
    /// What a flag's condition was as of the raise.
    public struct Finding: Sendable, Equatable {
        /// Definite only where it is so for all that is possible.
        public var verdict: Verdict
        public var evidence: [Evidence]
    }

    private let book: FlagBook
    private let names: NameTable

    /// Flags raised longer ago are beyond what is kept of users by day.
    public static let days = Int32(Horizon.userDays)

    public init(book: FlagBook, names: NameTable) {
        self.book = book
        self.names = names
    }

    /// Judges the condition of `flag` as of its raise; nil when `rules` do not hold the version of the
    /// rule that raised it.
    ///
    /// - Parameter witnesses: late records, for the times of what happened on the day of the raise.
    public func finding(
        on flag: Flag, rules: RuleSet, portrait: CompanyPortrait, seenAt moment: Moment, witnesses: [LateRecord] = []
    ) -> Finding? {
        guard let rule = rules.flag(named: flag.rule), rule.version == flag.ruleVersion else { return nil }
        let before = witnesses.filter { $0.isActivity && $0.isBefore(flag.openedAt) }
        let past = portrait.past(
            at: flag.openedAt, seenAt: moment,
            witnessed: PastPortrait.Witnessed(
                activity: before.compactMap(\.time).max(),
                userActivity: before.filter(\.hasUser).compactMap(\.time).max()))
        let reading = PastReading(
            rule.when.program, past: past, at: flag.openedAt, companyName: names.name(flag.company),
            flags: openFlags(at: flag, rules), stage: stage(at: flag))
        return Finding(verdict: reading.truth(rule.when.root), evidence: reading.evidence(of: rule.when))
    }

    /// Which flags were open when `flag` was raised, by index of their rules. What was retracted should not
    /// have been open, and what ended in the very millisecond may or may not have been.
    private func openFlags(at flag: Flag, _ rules: RuleSet) -> [Verdict] {
        var verdicts = [Verdict](repeating: .false, count: rules.flags.count)
        for other in book.flags(of: flag.company) where other.id < flag.id {
            guard let rule = rules.flag(named: other.rule), other.endedAt.map({ $0 >= flag.openedAt }) ?? true else {
                continue
            }
            let isCertain = other.retractedAt == nil && other.endedAt != flag.openedAt
            verdicts[rule.index] = isCertain ? .true : .unknown
        }
        return verdicts
    }

    /// Only the present stage is kept.
    private func stage(at flag: Flag) -> PastReading.PastStage? {
        guard let stage = book.stage(of: flag.company), stage.since < flag.openedAt else { return nil }
        return PastReading.PastStage(name: stage.name, since: stage.since)
    }
}

extension Hindsight {
    /// The flags that `late` records prove wrong, each with the move that says so: flags of the last 128
    /// days whose condition was definitely false as of the raise. Once a flag; none is erased.
    ///
    /// - Parameter rules: the rule set that holds the version that raised a flag; nil where it is not kept.
    public func retractions(
        of company: CompanyID, late: [LateRecord], portrait: CompanyPortrait, moment: Moment, observed: Timestamp,
        rules: (Flag) -> RuleSet?
    ) -> [FlagMove] {
        book.flags(of: company).compactMap { flag in
            let cause = late.filter { $0.isBefore(flag.openedAt) }
            guard flag.retractedAt == nil, !cause.isEmpty,
                moment.today - portrait.zone.day(of: flag.openedAt) < Self.days, let rules = rules(flag),
                let finding = finding(
                    on: flag, rules: rules, portrait: portrait, seenAt: moment, witnesses: cause),
                finding.verdict == .false
            else { return nil }
            var move = FlagMove(
                kind: .retracted, rule: flag.rule, ruleVersion: flag.ruleVersion, at: moment.now, observed: observed)
            move.flag = flag.id
            move.reason = RetractionCause(records: cause).words + ": as of the raise the condition was false"
            move.evidence = finding.evidence
            move.witnesses = cause.suffix(Self.witnessesNamed).reversed().map(\.seq)
            return move
        }
    }

    /// As many as a raise names.
    private static let witnessesNamed = 3
}

/// Why a flag is retracted, for people.
private struct RetractionCause {
    let records: [LateRecord]

    var words: String {
        guard let last = records.last else { return "" }
        let others = records.count - 1
        return words(for: last) + (others > 0 ? ", and \(others == 1 ? "another" : "\(others) others")" : "")
    }

    private func words(for record: LateRecord) -> String {
        guard let time = record.time else { return "alias \(record.seq), which made one user of two" }
        let name = record.kind.isEvent ? "event" : "\(record.kind) record"
        return "\(name) \(record.seq) of \(InstantText.text(time)), which came \(lateness(record.arrival - time)) late"
    }

    /// In whole days, hours or minutes, whichever the reader can grasp.
    private func lateness(_ milliseconds: Int64) -> String {
        let units: [(length: Int64, sign: String)] = [(millisecondsPerDay, "d"), (millisecondsPerHour, "h")]
        for (length, sign) in units where milliseconds >= 2 * length { return "\(milliseconds / length) \(sign)" }
        return "\(max(1, milliseconds / 60_000)) min"
    }
}
