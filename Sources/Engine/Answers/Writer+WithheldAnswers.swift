import Portraits
import Rules
import UsageModel

/// Answers about silent sources of events and what they withhold.
extension Writer {
    /// As many companies as one page may cost: the writer waits meanwhile.
    private static let companiesPerPage = 2_000

    /// The raises that would stand if no source were silent. A page ends after `limit` rows or after as
    /// many companies as may be asked about; its cursor is the company's number.
    func withheldList(_ query: FlagsQuery) throws(QuestionError) -> JSON {
        guard let after = UInt32(query.page.cursor ?? "0") else { throw query.page.badCursor }
        let only: CompanyID? = try query.company.map { (name) throws(QuestionError) in try company(named: name) }
        var rows: [JSON] = []
        var asked = 0
        var next: UInt32?
        if watch.isHolding {
            for company in portraits.companies() where company.number > after && (only ?? company) == company {
                guard let hold = hold(of: company) else { continue }
                if asked == Self.companiesPerPage || rows.count >= query.page.limit {
                    next = company.number - 1
                    break
                }
                asked += 1
                for move in withheld(at: company, hold) where isWanted(move, query) {
                    rows.append(row(move, of: company, hold))
                }
            }
        }
        return .object([
            .init("flags", .array(rows)), .init("next", next.map { .string(String($0)) } ?? .null),
        ])
    }

    private func isWanted(_ move: FlagMove, _ query: FlagsQuery) -> Bool {
        (query.kind == nil || move.raise?.kind.rawValue == query.kind)
            && (query.owner == nil || move.raise?.owner == query.owner)
    }

    private func withheld(at company: CompanyID, _ hold: Hold) -> [FlagMove] {
        guard let portrait = portraits.portrait(company) else { return [] }
        let entry = heldCompanies[company] ?? HeldCompany(hold, lastActivity: portrait.lastActivity)
        let scope = LookScope.held(missingFrom: portraits.zone(of: company).day(of: entry.missingFrom))
        return desk.rehearse(
            at: portrait, from: entry.through, through: max(queryNow, entry.through), scope: scope, names: names
        ) { portraits.moment(for: company, at: $0) }
    }

    private func row(_ move: FlagMove, of company: CompanyID, _ hold: Hold) -> JSON {
        let source = watch.sources[hold.source]
        return .object([
            .init("company", .string(names.name(company))), .init("rule", .string(move.rule)),
            .init("kind", .optional(move.raise?.kind.rawValue)),
            .init("severity", .optional(move.raise?.severity.rawValue)), .init("since", .string(move.at.rfc3339)),
            .init("source", .string(source.flag.source)),
            .init("silent_since", .optional(source.silence?.since.rfc3339)),
            .init("summary", .optional(move.raise?.summary)),
        ])
    }

    /// What `flags explain` says of the flag of a source, which has nobody to call.
    func sourceExplanation(_ flag: Flag, _ moves: [FlagMove]) -> [JSON.Member] {
        let span = FlagExplanation.span(from: flag.openedAt, to: flag.endedAt ?? queryNow)
        let state = flag.state.rawValue + (flag.endedAt == nil ? " for " : " after ") + span
        return [
            .init("now", .string(queryNow.rfc3339)), .init("sentence", .string("\(flag.summary) – \(state)")),
            .init("opened", .string(flag.openedAt.rfc3339)), .init("observed", .string(flag.observed.rfc3339)),
            .init("ended", .optional(flag.endedAt?.rfc3339)),
            .init("evidence", .array((moves.first?.evidence ?? []).map(\.json))),
            .init("rule_version", .string(flag.ruleVersion)), .init("rule_text", .string(flag.ruleText)),
        ]
    }

    /// The silent source that keeps `rule` from being raised at the company; nil when none does.
    func withholdingSource(of rule: FlagRule, at company: CompanyID) -> (name: String, since: Timestamp)? {
        guard let hold = hold(of: company), let since = watch.sources[hold.source].silence?.since else { return nil }
        let zone = portraits.zone(of: company)
        let missingFrom = heldCompanies[company]?.missingFrom ?? hold.missingFrom
        guard rule.absence.reachesRaise(on: zone.day(of: queryNow), missingFrom: zone.day(of: missingFrom)) else {
            return nil
        }
        return (watch.sources[hold.source].flag.source, since)
    }

    /// What `tenure status` says of the sources with a heartbeat.
    var sourcesStatus: JSON {
        .array(
            watch.sources.map { source in
                .object([
                    .init("name", .string(source.flag.source)),
                    .init("heartbeat_s", .int(source.flag.heartbeat / millisecondsPerSecond)),
                    .init("data_to", .optional(portraits.dataTo(source.id)?.rfc3339)),
                    .init("silent_since", .optional(source.silence?.since.rfc3339)),
                ])
            })
    }
}
