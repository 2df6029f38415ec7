import UsageModel

/// A move that does not follow from those before it: the log is not what the daemon wrote, or the
/// move was proposed against another state.
public enum FlagBookError: Error, Equatable, Sendable {
    /// A raise carries `found` although `expected` is the next number.
    case flagOutOfOrder(found: FlagID?, expected: FlagID)
    /// The rule already has an open flag in this company.
    case alreadyRaised(rule: String)
    /// The move needs an open flag of the rule in this company, and there is none.
    case notRaised(rule: String, move: MoveKind)
    /// The move lacks what its kind needs.
    case incomplete(rule: String, move: MoveKind)
}

extension FlagBookError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .flagOutOfOrder(let found, let expected):
            "a raise carries \(found?.description ?? "no number"), but the next flag is \(expected)"
        case .alreadyRaised(let rule): "rule \"\(rule)\" is raised while its flag is open"
        case .notRaised(let rule, let move): "move \"\(move.rawValue)\" of rule \"\(rule)\", which has no open flag"
        case .incomplete(let rule, let move): "move \"\(move.rawValue)\" of rule \"\(rule)\" lacks a member"
        }
    }
}
