public import UsageModel

/// The part of a company's digest that flags and stage make.
///
/// Only what the moves mean goes in: names instead of numbers, instants, states, kept values. Flag
/// numbers, positions in the log and when something was noticed depend on what other companies did
/// and on how the input was cut, so they stay out; replay takes them from the moves as they are.
extension FlagBook {
    /// Empty for a company that never had a move.
    public func canonicalBytes(of company: CompanyID) -> [UInt8] {
        guard let state = companyFlags(company) else { return [] }
        let flags = flags(of: company)
        var writer = CanonicalWriter()
        writer.add(names.stage(state.stage))
        writer.add(state.stageSince)
        writer.add(state.rest?.mark.outcomeAt)
        writer.add(state.rest?.mark.quietSince)
        writer.add(state.isResting)
        let standings = state.standings.map { (rule: names.rules.name($0.slot), standing: $0) }
            .sorted { $0.rule.utf8.lexicographicallyPrecedes($1.rule.utf8) }
        writer.add(standings.count)
        for (rule, standing) in standings { writer.add(standing, rule: rule, state: state, flags: flags) }
        writer.add(flags.count)
        for flag in flags { writer.add(flag) }
        return writer.bytes
    }
}

/// Unambiguous bytes: every text with its length, every optional with a mark.
private struct CanonicalWriter {
    var bytes: [UInt8] = []

    mutating func add(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

    mutating func add(_ value: Int) { add(UInt64(bitPattern: Int64(value))) }

    mutating func add(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func add(_ text: String?) {
        add(text != nil)
        guard let text else { return }
        add(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ time: Timestamp?) {
        add(time != nil)
        if let time { add(UInt64(bitPattern: time.milliseconds)) }
    }

    mutating func add(_ standing: RuleStanding, rule: String, state: CompanyFlags, flags: [Flag]) {
        add(rule)
        bytes.append(standing.phase.rawValue)
        add(standing.suppression?.rawValue)
        add(standing.since)
        add(standing.until)
        add(flags.first { $0.id == standing.under }?.rule)
        add(standing.endedAt)
        add(standing.snoozedUntil)
        guard let open = state.openFlag(standing.slot) else { return add(false) }
        add(true)
        add(open.version)
        add(open.clearingSince)
        add(open.atRaise.count)
        for kept in open.atRaise {
            add(kept.expression)
            add(kept.value.json.text)
        }
    }

    mutating func add(_ flag: Flag) {
        add(flag.rule)
        add(flag.ruleVersion)
        add(flag.kind.rawValue)
        add(flag.severity.rawValue)
        add(flag.summary)
        add(flag.owner)
        add(flag.state.rawValue)
        add(flag.openedAt)
        add(flag.since)
        add(flag.due)
        add(flag.endedAt)
        add(flag.verdict?.rawValue)
        add(flag.ackedBy)
        add(flag.actedOnAt)
        add(flag.overdueSince)
        add(flag.followedUpAt)
        add(flag.retractedAt)
        add(flag.moves.count)
    }
}
