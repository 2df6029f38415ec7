public import UsageModel

/// What an operator does about a flag.
public enum OperatorAction: Sendable, Equatable {
    /// "I have seen it."
    case ack
    case snooze(until: Timestamp)
    /// Ends a snooze before its time.
    case unsnooze
    /// Nil takes the owner away.
    case assign(to: String?)
    case note(String)
    /// On a flag that is over already, the verdict alone.
    case close(as: FlagVerdict)
}

/// Why an action was refused.
public enum OperatorActionError: Error, Equatable, Sendable {
    case noSuchFlag(FlagID)
    /// The flag is over.
    case ended(FlagID, FlagState)
    case notSnoozed(FlagID)
    /// The snooze would end at or before now, or beyond the year 9999.
    case snoozeEnd(Timestamp)
    /// Only `saved`, `lost` and `false_alarm` are an operator's verdicts.
    case verdict(FlagVerdict)
}

extension OperatorActionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSuchFlag(let id): "there is no flag \(id)"
        case .ended(let id, let state): "flag \(id) is \(state.rawValue); only a note and a verdict can be added"
        case .notSnoozed(let id): "flag \(id) is not snoozed"
        case .snoozeEnd(let until): "a snooze cannot end at \(until.rfc3339); it must end later than now"
        case .verdict(let verdict): "a flag is closed as saved, lost or false_alarm, not as \(verdict.rawValue)"
        }
    }
}

extension FlagBook {
    /// The move that `action` makes. The caller logs and applies it and then looks at the company,
    /// since closing one flag may free another and a snooze sets a deadline.
    ///
    /// - Parameter operator: who, as the socket's peer credentials say.
    public func move(
        for action: OperatorAction, on id: FlagID, by person: String, at now: Timestamp
    ) throws(OperatorActionError) -> (company: CompanyID, move: FlagMove) {
        guard let flag = flag(id) else { throw .noSuchFlag(id) }
        func move(_ kind: MoveKind) -> FlagMove {
            var move = FlagMove(
                kind: kind, rule: flag.rule, ruleVersion: flag.ruleVersion, at: now, observed: now)
            move.flag = id
            move.by = person
            return move
        }
        func moveOfRaised(_ kind: MoveKind) throws(OperatorActionError) -> FlagMove {
            guard flag.state.isRaised else { throw .ended(id, flag.state) }
            return move(kind)
        }
        var result: FlagMove
        switch action {
        case .ack: result = try moveOfRaised(.acked)
        case .snooze(let until):
            result = try moveOfRaised(.snoozed)
            guard until > now, until <= .greatest else { throw .snoozeEnd(until) }
            result.until = until
        case .unsnooze:
            result = try moveOfRaised(.woken)
            guard flag.snoozedUntil != nil else { throw .notSnoozed(id) }
        case .assign(let owner):
            result = try moveOfRaised(.assigned)
            result.owner = owner
        case .note(let text):
            result = move(.noted)
            result.note = text
        case .close(let verdict):
            guard verdict != .removed else { throw .verdict(verdict) }
            result = move(flag.state.isRaised ? .closed : .judged)
            result.verdict = verdict
        }
        return (flag.company, result)
    }
}
