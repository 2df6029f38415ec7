public import UsageModel

/// A `move` record whose payload is not a flag move.
public enum FlagMoveError: Error, Equatable, Sendable {
    /// The member is absent or is not of its type.
    case member(String)
}

extension FlagMoveError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .member(let name): "flag move: member \"\(name)\" is missing or malformed"
        }
    }
}

extension FlagMove {
    /// The payload of a `move` record: members that say nothing are left out.
    public var json: JSON {
        var members: [JSON.Member] = []
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        add("move", .string(kind.rawValue))
        add("flag", flag.map { .string($0.description) })
        add("rule", rule.isEmpty ? nil : .string(rule))
        add("version", ruleVersion.isEmpty ? nil : .string(ruleVersion))
        add("at", .string(at.rfc3339))
        add("observed", .string(observed.rfc3339))
        add("by", by.map(JSON.string))
        add("reason", reason.map(JSON.string))
        if let raise {
            add("kind", .string(raise.kind.rawValue))
            add("severity", .string(raise.severity.rawValue))
            add("summary", .string(raise.summary))
            add("owner", raise.owner.map(JSON.string))
            add("due", raise.due.map { .string($0.rfc3339) })
        }
        add("since", since.map { .string($0.rfc3339) })
        let kept = raise?.atRaise ?? atRaise
        add("at_raise", kept.isEmpty ? nil : .object(kept.map { JSON.Member($0.expression, $0.value.json) }))
        add("suppression", suppression.map { .string($0.rawValue) })
        add("until", until.map { .string($0.rfc3339) })
        add("under", under.map { .string($0.description) })
        add("as", verdict.map { .string($0.rawValue) })
        add("owner", owner.map(JSON.string))
        add("note", note.map(JSON.string))
        add("stage", stage.map(JSON.string))
        add("from_stage", fromStage.map(JSON.string))
        if raise == nil { add("severity", severity.map { .string($0.rawValue) }) }
        add("touched_at", touchedAt.map { .string($0.rfc3339) })
        if let rest {
            add("outcome_at", .string(rest.outcomeAt.rfc3339))
            add("quiet_since", .string(rest.quietSince.rfc3339))
        }
        add("evidence", evidence.isEmpty ? nil : .array(evidence.map(\.json)))
        add("witnesses", witnesses.isEmpty ? nil : .array(witnesses.map { .int($0) }))
        add("text", ruleText.map(JSON.string))
        return .object(members)
    }

    /// Reads what `json` wrote; members it does not know are passed over, so that an older program can
    /// read a newer one's moves.
    public init(json: JSON) throws(FlagMoveError) {
        let reader = MoveReader(json: json)
        guard let kind = MoveKind(rawValue: try reader.text("move")) else { throw .member("move") }
        self.init(
            kind: kind, rule: try reader.optionalText("rule") ?? "",
            ruleVersion: try reader.optionalText("version") ?? "", at: try reader.time("at"),
            observed: try reader.time("observed"))
        flag = try reader.flag("flag")
        by = try reader.optionalText("by")
        reason = try reader.optionalText("reason")
        since = try reader.optionalTime("since")
        suppression = try reader.word("suppression")
        until = try reader.optionalTime("until")
        under = try reader.flag("under")
        verdict = try reader.word("as")
        note = try reader.optionalText("note")
        stage = try reader.optionalText("stage")
        fromStage = try reader.optionalText("from_stage")
        ruleText = try reader.optionalText("text")
        evidence = try reader.evidence("evidence")
        witnesses = try reader.numbers("witnesses")
        if kind == .raised {
            raise = try RaiseDetails(reader)
        } else {
            atRaise = try reader.raiseValues("at_raise")
            owner = try reader.optionalText("owner")
            severity = try reader.word("severity")
        }
        touchedAt = try reader.optionalTime("touched_at")
        if kind == .resting {
            rest = Rest(outcomeAt: try reader.time("outcome_at"), quietSince: try reader.time("quiet_since"))
        }
        try checkMembers()
    }

    /// What the fold relies on is there.
    private func checkMembers() throws(FlagMoveError) {
        switch kind {
        case .resting, .resumed, .stage: return
        case .raised:
            if flag == nil { throw .member("flag") }
            if since == nil { throw .member("since") }
        case .suppressed:
            if suppression == nil { throw .member("suppression") }
            if since == nil { throw .member("since") }
        case .folded: if under == nil { throw .member("under") }
        case .snoozed: if until == nil { throw .member("until") }
        case .closed, .judged: if verdict == nil { throw .member("as") }
        case .overdue: if severity == nil { throw .member("severity") }
        case .followedUp: if touchedAt == nil { throw .member("touched_at") }
        default: break
        }
        if rule.isEmpty { throw .member("rule") }
    }
}

extension RaiseDetails {
    fileprivate init(_ reader: MoveReader) throws(FlagMoveError) {
        guard let kind: FlagKind = try reader.word("kind") else { throw .member("kind") }
        guard let severity: Severity = try reader.word("severity") else { throw .member("severity") }
        self.init(
            kind: kind, severity: severity, summary: try reader.text("summary"),
            owner: try reader.optionalText("owner"), due: try reader.optionalTime("due"),
            atRaise: try reader.raiseValues("at_raise"))
    }
}

extension Value {
    /// As moves and answers hold it: unknown is null.
    public var json: JSON {
        switch self {
        case .unknown: .null
        case .number(let value): .double(value)
        case .text(let text): .string(text)
        case .truth(let value): .bool(value)
        }
    }

    init?(json: JSON) {
        switch json {
        case .null: self = .unknown
        case .number: self = json.doubleValue.map(Value.number) ?? .unknown
        case .string(let text): self = .text(text)
        case .bool(let value): self = .truth(value)
        case .array, .object: return nil
        }
    }
}

extension Evidence {
    /// As answers show it: an unknown comparison's `holds` is null.
    public var json: JSON {
        [
            "term": .string(term), "metric": .optional(metric), "value": value, "threshold": threshold,
            "holds": holds.map(JSON.bool) ?? .null,
        ]
    }
}

/// Members of a move by name and type.
private struct MoveReader {
    let json: JSON

    func text(_ name: String) throws(FlagMoveError) -> String {
        guard let text = json[name]?.stringValue else { throw .member(name) }
        return text
    }

    func optionalText(_ name: String) throws(FlagMoveError) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw .member(name) }
        return text
    }

    func word<Word: RawRepresentable<String>>(_ name: String) throws(FlagMoveError) -> Word? {
        guard let text = try optionalText(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw .member(name) }
        return word
    }

    func time(_ name: String) throws(FlagMoveError) -> Timestamp {
        guard let time = Timestamp(rfc3339: try text(name)) else { throw .member(name) }
        return time
    }

    func optionalTime(_ name: String) throws(FlagMoveError) -> Timestamp? {
        json[name] == nil ? nil : try time(name)
    }

    func flag(_ name: String) throws(FlagMoveError) -> FlagID? {
        guard let text = try optionalText(name) else { return nil }
        guard let flag = FlagID(text) else { throw .member(name) }
        return flag
    }

    func numbers(_ name: String) throws(FlagMoveError) -> [UInt64] {
        guard let value = json[name] else { return [] }
        guard let elements = value.arrayValue else { throw .member(name) }
        var numbers: [UInt64] = []
        for element in elements {
            guard let number = element.uint64Value else { throw .member(name) }
            numbers.append(number)
        }
        return numbers
    }

    func raiseValues(_ name: String) throws(FlagMoveError) -> [RaiseValue] {
        guard let value = json[name] else { return [] }
        guard let members = value.members else { throw .member(name) }
        var values: [RaiseValue] = []
        for member in members {
            guard let constant = Value(json: member.value) else { throw .member(name) }
            values.append(RaiseValue(expression: member.name, value: constant))
        }
        return values
    }

    func evidence(_ name: String) throws(FlagMoveError) -> [Evidence] {
        guard let value = json[name] else { return [] }
        guard let elements = value.arrayValue else { throw .member(name) }
        var evidence: [Evidence] = []
        for element in elements {
            guard let term = element["term"]?.stringValue else { throw .member(name) }
            evidence.append(
                Evidence(
                    term: term, metric: element["metric"]?.stringValue, value: element["value"] ?? .null,
                    threshold: element["threshold"] ?? .null, holds: element["holds"]?.boolValue))
        }
        return evidence
    }
}
