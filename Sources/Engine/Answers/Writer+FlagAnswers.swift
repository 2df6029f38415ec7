import EventLog
import Portraits
import Rules
import UsageModel

/// Answers about flags and rules.
extension Writer {
    func flagList(_ query: FlagsQuery) throws(QuestionError) -> JSON {
        if query.withheld { return try withheldList(query) }
        try Self.check(kind: query.kind)
        let company: CompanyID? = try query.company.map { (name) throws(QuestionError) in try self.company(named: name)
        }
        let book = desk.book
        let flags: [Flag]
        if let company {
            flags = query.all ? book.flags(of: company) : book.openFlags(of: company)
        } else {
            let ids = query.all ? (0..<UInt64(book.flagCount)).map { FlagID(number: $0 + 1) } : book.openFlags
            flags = ids.compactMap { book.flag($0) }
        }
        var chosen = flags.filter { flag in
            (query.kind == nil || flag.kind.rawValue == query.kind) && (query.owner == nil || flag.owner == query.owner)
        }
        // What is open is a list of things to do; all that ever was is a history, in order of raising.
        if !query.all { chosen.sort(by: Self.isMoreUrgent) }
        return try query.page.list("flags", chosen) { listed($0) }
    }

    static func check(kind: String?) throws(QuestionError) {
        guard let kind, FlagKind(rawValue: kind) == nil else { return }
        throw .badRequest(
            "kind \"\(kind)\" is none of \(FlagKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    /// The more severe first; of equals what is due earlier, then what opened last.
    static func isMoreUrgent(_ left: Flag, _ right: Flag) -> Bool {
        let dues = (left.due ?? .greatest, right.due ?? .greatest)
        return (left.severity.rank, dues.0, right.id) < (right.severity.rank, dues.1, left.id)
    }

    /// A flag as lists have it.
    func listed(_ flag: Flag) -> JSON {
        let source = SourceFlag.source(of: flag).map { [JSON.Member("source", .string($0))] } ?? []
        return .object(
            [
                .init("id", .string(flag.id.description)),
                .init("company", flag.company.isNone ? .null : .string(names.name(flag.company))),
                .init("rule", .string(flag.rule)), .init("kind", .string(flag.kind.rawValue)),
                .init("severity", .string(flag.severity.rawValue)), .init("state", .string(flag.state.rawValue)),
                .init("since", .string(flag.since.rfc3339)), .init("summary", .string(flag.summary)),
                .init("owner", .optional(flag.owner)), .init("due", .optional(flag.due?.rfc3339)),
                .init("overdue_since", .optional(flag.overdueSince?.rfc3339)),
                .init("followed_up_at", .optional(flag.followedUpAt?.rfc3339)),
                .init("retracted_at", .optional(flag.retractedAt?.rfc3339)),
                .init("verdict", .optional(flag.verdict?.rawValue)),
            ] + source)
    }

    /// A flag as the company's own card has it.
    func onCard(_ flag: Flag) -> JSON {
        let cardMembers: Set = ["id", "rule", "kind", "severity", "state", "since", "summary"]
        return .object((listed(flag).members ?? []).filter { cardMembers.contains($0.name) })
    }

    /// Why a flag was raised, what has become of it since, and whom to call; what was is read back from the log.
    func flagDetail(_ id: String) throws(QuestionError) -> JSON {
        let flag = try flag(id)
        var moves: [FlagMove] = []
        var history: [JSON] = []
        for seq in flag.moves {
            let json = try recordJSON(at: seq)
            guard let move = try? FlagMove(json: json) else { throw .refused("record \(seq) is no flag move") }
            moves.append(move)
            history.append(
                .object((json.members ?? []).filter { !["evidence", "witnesses", "text"].contains($0.name) }))
        }
        var witnesses: [JSON] = []
        for seq in moves.first?.witnesses ?? [] { witnesses.append(try recordJSON(at: seq)) }
        if flag.company.isNone {
            return .object(
                (listed(flag).members ?? []) + sourceExplanation(flag, moves) + [
                    .init("witnesses", .array(witnesses)), .init("history", .array(history)),
                ])
        }
        let portrait = try portrait(named: names.name(flag.company))
        let touch = try portrait.lastTouch.map { (touch) throws(QuestionError) in try recordJSON(at: touch.seq) }
        let explanation = FlagExplanation(
            writer: self, portrait: portrait, flag: flag, moves: moves, lastTouch: touch)
        return .object(
            (listed(flag).members ?? []) + explanation.members + [
                .init("witnesses", .array(witnesses)), .init("history", .array(history)),
            ])
    }

    func flag(_ id: String) throws(QuestionError) -> Flag {
        guard let number = FlagID(id) else {
            throw .badRequest("\"\(id)\" is no flag's number; flags are written F12")
        }
        guard let flag = desk.book.flag(number) else {
            throw .notFound("there is no flag \(number); `tenure flags --all` lists them all")
        }
        return flag
    }

    private func recordJSON(at seq: UInt64) throws(QuestionError) -> JSON {
        do {
            return try withRecord(at: seq) { record, bytes in
                var batch = RecordBatch()
                var copy = record
                copy.id = batch.add(UnsafeRawBufferPointer(rebasing: bytes[record.id.indices]))
                copy.payload = batch.add(UnsafeRawBufferPointer(rebasing: bytes[record.payload.indices]))
                return RecordDescription(record: copy, seq: seq, batch: batch, names: names.reader).json
            }
        } catch {
            throw .refused("\(error)")
        }
    }

    var rulesAnswer: JSON {
        let rules = desk.rules
        let rows = rules.fileOrder.map { index in
            let rule = rules.flags[index]
            let counts = desk.book.counts(ofRule: rule.name)
            return JSON.object([
                .init("name", .string(rule.name)), .init("kind", .string(rule.kind.rawValue)),
                .init("severity", .string(rule.severity.rawValue)), .init("when", .string(rule.when.text)),
                .init("clear", .optional(rule.clear?.text)), .init("version", .string(rule.version)),
                .init("open", .int(counts.open)), .init("raised", .int(counts.raised)),
                .init("acted_on", .int(counts.actedOn)), .init("false_alarms", .int(counts.falseAlarms)),
                .init("saved", .int(counts.saved)), .init("lost", .int(counts.lost)),
                .init("retracted", .int(counts.retracted)),
                .init("absence_driven", .bool(rule.absence.raise != nil)),
            ])
        }
        return .object([
            .init("version", .string(rules.version)), .init("file", .string(desk.fileName)),
            .init("rules", .array(rows)), .init("text", .string(rules.text)),
        ])
    }
}

extension Severity {
    /// 0 is the most severe.
    var rank: Int {
        switch self {
        case .high: 0
        case .medium: 1
        case .low: 2
        }
    }
}
